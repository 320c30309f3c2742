"""A chat outside an incident, as a person lives it: started, answered, set up, ended, by two people and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import post, program, sign_in, stream, wait_until_live
from tests.browser.test_looks import PHONE, TOO_SMALL, NewContext, assert_fits, broken_rules
from tests.services.server import Server


def open_chat(page: Page, server: Server, title: str) -> str:
    with program(server, "responder") as client:
        made = client.post("/api/v1/sessions", json={"agent_name": "Aria", "title": title, "activate": True})
    address = f"/chats/{made.json()['id']}/"
    sign_in(page, server, "responder", to=address)
    wait_until_live(page)
    return address


def test_a_chat_is_started_answered_and_found_again(page: Page, shared_server: Server) -> None:
    sign_in(page, shared_server, "responder")
    page.get_by_role("link", name="Chats", exact=True).click()
    page.get_by_text("New chat").click()
    page.get_by_label("What it is about").fill("Sums")
    page.get_by_label("Your first message").fill("How much is 6*7?")
    page.get_by_role("button", name="Start").click()
    wait_until_live(page)
    expect(page.get_by_role("heading", name="Sums")).to_be_visible()
    expect(page.get_by_role("region", name="Messages")).to_contain_text("42", timeout=30_000)
    post(page, "And who are you?")
    expect(page.get_by_role("region", name="Messages")).to_contain_text("before anything is blocked", timeout=30_000)
    said = stream(page)
    page.reload()
    wait_until_live(page)
    assert stream(page) == said
    page.get_by_role("link", name="Chats", exact=True).click()
    expect(page.get_by_role("listitem").filter(has_text="Sums")).to_contain_text("Agent")


def test_settings_are_the_rooms_and_everybody_there_sees_them(
    page: Page, new_context: NewContext, shared_server: Server
) -> None:
    address = open_chat(page, shared_server, "Settings")
    other = new_context().new_page()
    sign_in(other, shared_server, "commander", to=address)
    wait_until_live(other)
    page.locator("room-config summary").click()
    page.get_by_label("Temperature").fill("0.4")
    page.get_by_label("Model", exact=True).select_option("offline-demo\toffline-demo")
    page.get_by_role("button", name="Use from the next reply on").click()
    for each in (page, other):
        expect(each.locator('room-config [data-field="in-use"]')).to_have_text("offline-demo · temperature 0.4")
    post(page, "How much is 2*3?")
    expect(page.get_by_role("region", name="Messages")).to_contain_text("6", timeout=30_000)
    page.reload()
    wait_until_live(page)
    expect(page.locator("room-config summary")).to_contain_text("temperature 0.4")


def test_an_ended_chat_closes_its_composer_for_everybody(
    page: Page, new_context: NewContext, shared_server: Server
) -> None:
    address = open_chat(page, shared_server, "Soon over")
    other = new_context().new_page()
    sign_in(other, shared_server, "commander", to=address)
    wait_until_live(other)
    page.get_by_role("button", name="End this chat").click()
    expect(page.get_by_text("This room is ended; it can still be read.")).to_be_visible()
    expect(other.get_by_label("Message to the room")).to_be_hidden()
    expect(other.locator("chat-header .status")).to_have_text("Ended")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [{"width": 1440, "height": 900}, PHONE], ids=["desk", "phone"])
def test_chats_keep_the_rules_of_access(
    new_context: NewContext, shared_server: Server, theme: str, size: dict[str, int]
) -> None:
    page = new_context(viewport=size, color_scheme=theme, has_touch=size is PHONE, reduced_motion="reduce").new_page()
    open_chat(page, shared_server, f"Looks {theme} {size['width']}")
    post(page, "How much is 6*7?")
    expect(page.get_by_role("region", name="Messages")).to_contain_text("42", timeout=30_000)
    page.locator("room-config summary").click()
    assert broken_rules(page) == []
    assert_fits(page)
    if size is PHONE:
        assert page.evaluate(TOO_SMALL) == []
    page.goto(f"{shared_server.url}/chats/")
    page.get_by_text("New chat").click()
    assert broken_rules(page) == []
    assert_fits(page)
    if size is PHONE:
        assert page.evaluate(TOO_SMALL) == []
