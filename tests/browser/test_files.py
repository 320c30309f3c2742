"""Files with a message: chosen, pasted, dropped, taken out again, too large; and what the room then shows."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.people import PHONE, declare, enter
from tests.browser.test_looks import NewContext, assert_fits, broken_rules
from tests.services.server import Server

LOG = b"Nov 20 03:00:01 gate sshd[1]: Failed password for root from 203.0.113.84 port 1 ssh2\n"
# A browser lets no test put a file on the clipboard: the event carries it, as a real one would.
BRINGS = """([selector, type, name, text]) => {
    const brought = new DataTransfer();
    brought.items.add(new File([text], name, {type: "text/plain"}));
    const where = document.querySelector(selector);
    const how = type === "paste" ? {clipboardData: brought} : {dataTransfer: brought};
    const Kind = type === "paste" ? ClipboardEvent : DragEvent;
    where.dispatchEvent(new Kind(type, {bubbles: true, cancelable: true, ...how}));
}"""


def choose(page: Page, name: str, content: bytes) -> None:
    file: Any = {"name": name, "mimeType": "text/plain", "buffer": content}
    page.get_by_label("Attach files").last.set_input_files([file])


def test_files_go_with_a_message_and_come_back_from_it(
    page: Page, new_context: NewContext, shared_server: Server
) -> None:
    incident = declare(shared_server, "Files in the room")
    enter(page, shared_server, "responder", incident)
    waiting = page.get_by_role("list", name="Files that go with it")
    choose(page, "auth.log", LOG)
    expect(waiting.get_by_role("listitem")).to_contain_text(["auth.log"])
    choose(page, "long.log", b"x" * 11 * 1024 * 1024)
    expect(waiting).to_contain_text("It has 11.0 MB; a file may have 10.0 MB.")
    box = page.get_by_label("Message to the room")
    box.fill("What happened here?")
    box.press("Enter")
    expect(page.get_by_text("Take out the file that could not be sent.")).to_be_visible()
    assert broken_rules(page) == []
    page.get_by_role("button", name="Remove long.log").click()
    page.evaluate(BRINGS, ["#composer-text", "paste", "pasted.txt", "pasted\n"])
    page.evaluate(BRINGS, [".pane-middle", "drop", "dropped.txt", "dropped\n"])
    expect(waiting.get_by_role("listitem")).to_contain_text(["auth.log", "pasted.txt", "dropped.txt"])
    box.press("Enter")
    message = page.get_by_role("listitem").filter(has_text="What happened here?").last
    expect(message.get_by_role("link")).to_have_text(["auth.log", "pasted.txt", "dropped.txt"])
    expect(waiting).to_be_hidden()
    with page.expect_download() as coming:
        message.get_by_role("link", name="auth.log").click()
    assert coming.value.path().read_bytes() == LOG
    expect(page.get_by_role("region", name="Decisions, agents and evidence")).to_contain_text("dropped.txt")
    choose(page, "alone.txt", b"alone\n")
    expect(waiting).to_contain_text("alone.txt")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("link", name="alone.txt").first).to_be_visible()
    assert broken_rules(page) == []

    phone = new_context(viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="dark").new_page()
    enter(phone, shared_server, "commander", incident)
    choose(phone, "a-rather-long-name-of-a-file-from-a-phone.log", LOG)
    expect(phone.get_by_role("list", name="Files that go with it")).to_contain_text("from-a-phone.log")
    assert_fits(phone)
    phone.get_by_label("Message to the room").press_sequentially("@")
    expect(phone.get_by_role("listbox", name="Addresses and commands")).to_be_visible()
    assert broken_rules(phone) == []
    phone.keyboard.press("Escape")
    phone.get_by_role("button", name=re.compile("^Decide")).click()
    right = phone.get_by_role("region", name="Decisions, agents and evidence")
    right.get_by_role("link", name="dropped.txt").click()
    expect(phone.get_by_role("region", name="Lines of dropped.txt")).to_be_visible()
    assert_fits(phone)
    assert broken_rules(phone) == []
    phone.keyboard.press("?")
    expect(phone.get_by_role("dialog", name="Keyboard")).to_be_visible()
    assert broken_rules(phone) == []
