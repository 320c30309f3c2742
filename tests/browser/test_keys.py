"""Keys for who would rather not leave the keyboard; who does not want them switches them off."""

import re

from playwright.sync_api import Page, expect

from tests.browser.people import SLOW_MS, declare, sign_in, wait_until_live
from tests.services.server import Server


def test_keys_walk_write_go_back_and_can_be_switched_off(page: Page, shared_server: Server) -> None:
    declare(shared_server, "Walked over by keys")
    declare(shared_server, "Walked onto by keys")
    sign_in(page, shared_server, "responder", to="/?q=by+keys")
    page.wait_for_function("() => Boolean(customElements.get('key-help'))")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Walked onto by keys")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Walked over by keys")).to_be_visible()
    wait_until_live(page)

    page.keyboard.press("k")
    expect(page.locator("room-stream li:focus")).to_be_visible()
    page.keyboard.press("m")
    box = page.get_by_label("Message to the room")
    expect(box).to_be_focused()
    page.keyboard.type("j m ? are letters here")
    expect(box).to_have_value("j m ? are letters here")
    page.keyboard.press("Escape")
    expect(box).not_to_be_focused()

    page.keyboard.press("?")
    help_of_keys = page.get_by_role("dialog", name="Keyboard")
    expect(help_of_keys).to_contain_text("No key approves anything.")
    help_of_keys.get_by_label("Keys without Ctrl").uncheck()
    page.keyboard.press("Escape")
    expect(help_of_keys).to_be_hidden()
    page.keyboard.press("m")
    expect(box).not_to_be_focused()

    page.get_by_label(re.compile("^Menu of")).click()
    page.get_by_role("button", name="Keyboard").click()
    help_of_keys.get_by_label("Keys without Ctrl").check()
    page.keyboard.press("Escape")
    expect(help_of_keys).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page.get_by_role("heading", name="Incidents", exact=True)).to_be_visible(timeout=SLOW_MS)
