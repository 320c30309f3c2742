"""Finding what was said, and going there: by keyboard, on a phone, and however long ago it was."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.people import PHONE, program, sign_in, wait_until_live
from tests.browser.test_looks import TOO_SMALL, assert_fits, broken_rules
from tests.services.server import Server

NewContext = Callable[..., BrowserContext]
LISTENS = "customElements.whenDefined('search-palette').then(() => true)"
OLD = "The 钓鱼邮件 came from <b>billing</b>@evil.example, said the first of us"


@pytest.fixture(scope="module")
def chat(shared_server: Server) -> str:
    """A chat whose first message lies far behind what its page begins with."""
    with program(shared_server, "commander") as client:
        room = str(client.post("/api/v1/sessions", json={"title": "A long night", "activate": True}).json()["id"])
        for words in (OLD, *(f"Hour {hour}\n\n{'Still nothing new. ' * 60}" for hour in range(12))):
            say(client, room, words)
        for number in range(220):  # stands in the log like anything else, and is cheap
            config = {"config": {"temperature": number % 10 / 10}}
            assert client.patch(f"/api/v1/sessions/{room}", json=config).status_code == 200
        for words in ("The night is over", "The last word so far"):
            say(client, room, words)
    return room


def say(client: httpx.Client, room: str, words: str) -> None:
    answer = client.post(f"/api/v1/sessions/{room}/messages", json={"content": words}, timeout=60)
    assert answer.status_code == 200, answer.text


def palette(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Search")


def test_a_word_is_found_and_leads_to_where_it_was_said(page: Page, shared_server: Server, chat: str) -> None:
    sign_in(page, shared_server, "commander")
    page.evaluate(LISTENS)
    page.keyboard.press("/")
    above = page.get_by_role("search", name="Everything", exact=True).get_by_role("searchbox")
    expect(above).to_be_focused()
    above.fill("/not taken for a shortcut")
    page.keyboard.press("Control+k")
    box = palette(page).get_by_role("combobox", name="Search incidents, chats and messages")
    expect(box).to_be_focused()
    box.fill("qqqq")
    expect(palette(page).get_by_role("status")).to_have_text("Nothing found for “qqqq”.")
    box.fill("long night")
    expect(palette(page).get_by_role("option", name=re.compile("A long night"))).to_have_attribute(
        "aria-selected", "true"
    )
    assert broken_rules(page) == []
    box.fill("钓鱼")
    found = palette(page).get_by_role("group", name="Messages").get_by_role("option", name=re.compile("Casey Moreno"))
    expect(found.get_by_text("钓鱼", exact=True)).to_have_js_property("tagName", "MARK")
    while found.get_attribute("aria-selected") != "true":
        box.press("ArrowDown")
    box.press("Enter")
    expect(page).to_have_url(re.compile(rf"/chats/{chat}/\?message=[0-9a-f-]+#message-"))
    wait_until_live(page)
    said = page.locator("room-stream li[data-target]")
    expect(said).to_contain_text(OLD)
    expect(said).to_be_in_viewport()
    expect(page.locator("room-stream")).not_to_contain_text("The last word so far")


def test_one_reads_on_from_an_old_message_or_answers_at_the_end(page: Page, shared_server: Server, chat: str) -> None:
    sign_in(page, shared_server, "commander", to="/search?q=billing")
    page.get_by_role("link", name="A long night").last.click()
    wait_until_live(page)
    scroller = page.get_by_role("region", name="Messages")
    expect(scroller).to_contain_text(OLD)
    with page.expect_response(re.compile("/events")):
        scroller.evaluate("node => node.scrollTo(0, node.scrollHeight)")
    expect(scroller).to_contain_text("The night is over")
    assert scroller.evaluate("node => node.scrollTop + node.clientHeight < node.scrollHeight - 50"), (
        "nobody is carried on"
    )
    page.reload()
    wait_until_live(page)
    page.get_by_label("Message to the room").fill("An answer from the past")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page).to_have_url(re.compile(rf"/chats/{chat}/$"))
    expect(page.locator("room-stream li[data-own]").filter(has_text="An answer from the past")).to_have_count(1)
    expect(scroller).to_contain_text("The last word so far")
    expect(scroller).not_to_contain_text(OLD)


def test_on_a_phone_the_whole_screen_searches(new_context: NewContext, shared_server: Server, chat: str) -> None:
    context = new_context(viewport=PHONE, color_scheme="dark", has_touch=True, is_mobile=True, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, shared_server, "observer")
    page.evaluate(LISTENS)
    page.get_by_role("banner").get_by_role("link", name="Search").click()
    palette(page).get_by_role("combobox").fill("evil.example")
    expect(palette(page).get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(palette(page)).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(palette(page).get_by_role("option").first).to_be_visible()
    assert broken_rules(page) == []
    assert page.evaluate(TOO_SMALL) == []
    page.goto(f"{shared_server.url}/search?q=evil")
    assert broken_rules(page) == []
    assert page.evaluate(TOO_SMALL) == []
    assert_fits(page)
    page.get_by_role("link", name="A long night").first.click()
    wait_until_live(page)
    assert_fits(page)


def test_a_room_is_taken_along_as_a_file(page: Page, shared_server: Server, chat: str, tmp_path: Path) -> None:
    sign_in(page, shared_server, "observer", to=f"/chats/{chat}/")
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as started:
        page.get_by_role("link", name="Markdown, to read").click()
    assert started.value.suggested_filename == f"a-long-night-{chat[:8]}.md"
    started.value.save_as(tmp_path / "room.md")
    assert f"```text\n{OLD}\n```" in (tmp_path / "room.md").read_text()
