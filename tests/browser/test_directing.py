"""A run on its way, directed from the page: paused, told something, stopped, tried again; by keyboard and thumb."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.people import PHONE, SLOW_MS, enter, post, program, raise_alert, sign_in, wait_until_live
from tests.browser.people import alert as alert_of
from tests.browser.test_chats import open_chat
from tests.browser.test_looks import TOO_SMALL, NewContext, assert_fits, broken_rules
from tests.services.server import Server


def runs(page: Page) -> Locator:
    return page.get_by_role("group", name="On its way").get_by_role("listitem")


def press(page: Page, name: str) -> None:
    page.get_by_role("group", name="On its way").get_by_role("button", name=name).press("Enter")


def test_a_reply_is_paused_told_something_stopped_and_tried_again(
    page: Page, new_context: NewContext, shared_server: Server
) -> None:
    address = open_chat(page, shared_server, "Directing")
    observer = new_context(viewport=PHONE, has_touch=True).new_page()
    sign_in(observer, shared_server, "observer", to=address)
    wait_until_live(observer)
    post(page, "Block 203.0.113.150 for ten minutes")
    expect(runs(page)).to_have_text(re.compile(r"Aria\s+waits for approval\s+“Block 203\.0\.113\.150"), timeout=SLOW_MS)
    press(page, "Let Aria pause")
    expect(runs(page)).to_contain_text("paused")
    expect(page.get_by_role("button", name="Let Aria go on"), "the focus stays where it was").to_be_focused()
    expect(runs(observer)).to_contain_text("paused")
    expect(runs(observer).get_by_role("button")).to_have_count(0)
    press(page, "Let Aria go on")
    expect(runs(page)).to_contain_text("waits for approval")
    page.get_by_label("Tell Aria something on its way").press("Enter")
    page.get_by_role("textbox", name="Words for Aria").fill("It is our own scanner.")
    page.get_by_role("textbox", name="Words for Aria").press("Enter")
    messages = page.get_by_role("region", name="Messages")
    expect(messages).to_contain_text("It is our own scanner.")
    press(page, "Stop Aria")
    expect(runs(page)).to_contain_text("stopped", timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Let Aria try again")).to_be_focused()
    press(page, "Let Aria try again")
    expect(runs(page)).to_contain_text("waits for approval", timeout=SLOW_MS)
    expect(messages).to_contain_text("Ravi Menon stopped Aria")


def test_a_crew_is_stopped_and_sent_again_with_a_thumb(new_context: NewContext, shared_server: Server) -> None:
    with program(shared_server, "commander") as client:
        incident = raise_alert(client, alert_of("203.0.113.151", title="Sent twice"))
    page = new_context(viewport=PHONE, has_touch=True, color_scheme="dark", reduced_motion="reduce").new_page()
    enter(page, shared_server, "responder", incident)
    expect(runs(page)).to_contain_text("waits for approval", timeout=SLOW_MS)
    page.get_by_label(re.compile("^Tell .* something on its way")).tap()
    assert broken_rules(page) == []
    assert_fits(page)
    assert page.evaluate(TOO_SMALL) == []
    page.get_by_role("button", name=re.compile("^Stop ")).tap()
    again = page.get_by_role("button", name=re.compile("try again$"))
    expect(again).to_be_visible(timeout=SLOW_MS)
    again.tap()
    expect(runs(page)).to_contain_text("waits for approval", timeout=SLOW_MS)
    expect(page.get_by_role("button", name=re.compile("^Stop "))).to_be_visible()
