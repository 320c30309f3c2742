"""The composer helps with addresses and commands, and who asked to be called is called once."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.people import SLOW_MS, declare, enter, post, program, room_of, wait_until_live
from tests.services.server import Server

# A browser that allows what it is asked for, and keeps what it was to tell; nobody looks at its tabs.
LISTENING = """
  window.Notification = class extends EventTarget {
    static get permission() { return localStorage.getItem("allowed") ?? "default"; }
    static async requestPermission() { localStorage.setItem("allowed", "granted"); }
    constructor(title) { super(); localStorage.setItem("told", `${localStorage.getItem("told") ?? ""}${title};`); }
  };
  document.hasFocus = () => false;
"""


def test_the_menu_offers_what_there_is_and_says_what_is_not(page: Page, shared_server: Server) -> None:
    incident = declare(shared_server, "Written to with a menu")
    enter(page, shared_server, "commander", incident)
    box = page.get_by_label("Message to the room")
    menu = page.get_by_role("listbox", name="Addresses and commands")
    box.press_sequentially("@")
    expect(menu.get_by_role("option", name=re.compile("^@team .*not available"))).to_be_disabled()
    box.press("Enter")
    expect(box).to_have_value("@AI ")
    box.fill("")
    box.press_sequentially("/sev")
    box.press("Enter")
    expect(box).to_have_value("/severity ")
    box.press_sequentially("cr")
    box.press("Tab")
    box.press("Enter")
    expect(page.locator("incident-header .severity")).to_have_text("Critical", timeout=SLOW_MS)
    expect(box).to_have_value("")
    box.fill("/severity enormous")
    box.press("Enter")
    expect(page.locator("message-composer")).to_contain_text("/severity takes one of: critical, high")
    box.fill("/var/log/auth.log is what I read")
    box.press("Enter")
    expect(page.locator("room-stream")).to_contain_text("/var/log/auth.log is what I read")


def test_who_asked_to_be_called_is_called_once_for_all_tabs(
    page: Page, context: BrowserContext, shared_server: Server
) -> None:
    context.add_init_script(LISTENING)
    incident = declare(shared_server, "Somebody is called")
    with program(shared_server, "commander") as client:
        enter(page, shared_server, "responder", incident)
        offer = page.get_by_role("group", name="Notifications")
        expect(offer).to_be_hidden()
        post(page, "I am here.")
        offer.get_by_role("button", name="Notify me").click(timeout=SLOW_MS)
        expect(offer).to_be_hidden()
        other = context.new_page()
        other.goto(page.url)
        wait_until_live(other)
        body = {"content": "@Ravi can you look at the bastion?"}
        client.post(f"/api/v1/sessions/{room_of(client, incident)}/messages", json=body, timeout=60)
    for tab in (page, other):
        expect(tab).to_have_title(re.compile(r"^\(\d\) Somebody is called"))
    page.wait_for_function("() => localStorage.getItem('told')")
    post(other, "I look.")
    expect(page.locator("room-stream")).to_contain_text("I look.")
    assert page.evaluate("localStorage.getItem('told')") == "Casey Moreno mentions you: Somebody is called;"
    expect(other.locator('link[rel="icon"]')).to_have_attribute("href", re.compile("^data:image/png"))
