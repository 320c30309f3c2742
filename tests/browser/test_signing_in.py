"""The door: back to the page one asked for, and a lock-out that says how long."""

import re

from playwright.sync_api import Page, expect

from tests.browser.people import open_menu, sign_in
from tests.conftest import Console
from tests.services.server import Server


def test_signing_in_leads_to_the_page_one_asked_for(page: Page, shared_server: Server) -> None:
    sign_in(page, shared_server, "observer", to="/?severity=high")
    expect(page.get_by_label("Severity")).to_have_value("high")


def test_signing_out_closes_the_door(page: Page, shared_server: Server) -> None:
    sign_in(page, shared_server, "observer")
    open_menu(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(shared_server.url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_who_guesses_too_often_is_told_how_long_to_wait(page: Page, shared_server: Server, console: Console) -> None:
    console.expect("status of 429")
    page.goto(f"{shared_server.url}/sign-in/")
    for _ in range(5):
        page.get_by_label("Username").fill("auditor")
        page.get_by_label("Password").fill("not the password")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Try again in \d minutes?"))


def test_what_is_not_there_says_what_to_do_and_names_a_reference(
    page: Page, shared_server: Server, console: Console
) -> None:
    console.expect("status of 404")
    sign_in(page, shared_server, "outsider")
    page.goto(f"{shared_server.url}/incidents/0190aaaa-0000-7000-8000-000000000000/")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    expect(page.get_by_text("Reference")).to_be_visible()


def test_an_empty_list_offers_to_declare_and_to_load_the_demo(page: Page, shared_server: Server) -> None:
    sign_in(page, shared_server, "outsider")
    page.get_by_role("link", name="Declare an incident").click()
    page.get_by_label("What is happening").fill("Phones in the lobby ring by themselves")
    page.get_by_role("button", name="Declare", exact=True).click()
    expect(page.get_by_role("heading", name="Phones in the lobby ring by themselves")).to_be_visible()
