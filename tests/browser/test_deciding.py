"""A person decides in the browser, and the crew does what was decided."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.people import PHONE, SLOW_MS, alert, approval_card, enter, program, raise_alert, sign_in, wait_for
from tests.services.server import Server


def test_approving_the_demo_incident_puts_the_address_on_the_feed(page: Page, server: Server) -> None:
    sign_in(page, server, "commander")
    page.get_by_role("link", name=re.compile("sign-ins")).first.click()
    card = approval_card(page)
    expect(card).to_contain_text("203.0.113.45")
    assert not card.evaluate("card => card.contains(document.activeElement)"), "a card never takes the focus"
    page.locator(".pane-right").evaluate("pane => pane.scrollTo(0, pane.scrollHeight)")
    card.get_by_role("button", name="Approve").click()
    expect(page.get_by_text(re.compile("approved by Casey Moreno")).first).to_be_visible(timeout=SLOW_MS)
    expect(card).to_have_count(0)
    expect(page.get_by_text("The report is ready").first).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Resolve the incident")).to_be_in_viewport(ratio=1)
    with program(server, "commander") as client:
        feed = client.get("/api/v1/blocklists").json()[0]["url"]
        assert "203.0.113.45" in client.get(feed).text
    page.get_by_role("link", name="Block list").click()
    expect(page.get_by_text(feed)).to_be_visible()
    page.go_back()
    ready = page.get_by_role("region", name="Ready to resolve")
    ready.get_by_label("Words for the room").fill("The account has a new password.")
    ready.get_by_role("button", name="Resolve the incident").click()
    expect(page.get_by_text("The account has a new password.").first).to_be_visible(timeout=SLOW_MS)
    expect(page.locator("incident-header .status")).to_have_text("Resolved")
    expect(page.get_by_text("Casey Moreno resolved the incident").first).to_be_visible()
    expect(ready).to_have_count(0)


# On *Reject*, and on whatever else the asking for words has moved under the finger.
DOUBLE_CLICK = """card => ["[value=reject]", "[value=reject]", "[value=approve]", "[data-action=later]"]
    .forEach(button => card.querySelector(button).click())"""


def test_a_rejection_with_words_reaches_the_crew_and_the_report(page: Page, shared_server: Server) -> None:
    with program(shared_server, "commander") as client:
        incident = raise_alert(client, alert("203.0.113.61", title="Backup account guessed"))
    enter(page, shared_server, "approver", incident)
    card = approval_card(page)
    card.evaluate(DOUBLE_CLICK)
    expect(card).to_contain_text("Say why, so that the crew can change course.")
    expect(card.get_by_role("button", name="Reject without words")).to_be_visible()
    expect(card.get_by_label("Words for the agent")).to_be_focused()
    page.keyboard.type("That is the scanner of our own auditor.")
    card.get_by_role("button", name="Reject", exact=True).click()
    decided = "rejected by Ade Okafor"
    expect(page.get_by_text(re.compile(decided)).first).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("The report is ready").first).to_be_visible(timeout=SLOW_MS)
    page.reload()
    expect(page.get_by_text(re.compile(decided)).first).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("link", name="Report").click()
    article = page.get_by_role("article")
    expect(article).to_contain_text("That is the scanner of our own auditor.")
    page.emulate_media(media="print")
    expect(article).to_be_visible()
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()


def test_on_a_phone_what_was_decided_stands_in_view(
    new_context: Callable[..., BrowserContext], shared_server: Server
) -> None:
    with program(shared_server, "commander") as client:
        incident = raise_alert(client, alert("203.0.113.64", title="A phone rings at night"))
    page = new_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    enter(page, shared_server, "approver", incident)
    page.get_by_role("button", name=re.compile("^Decide")).click()
    approve = approval_card(page).get_by_role("button", name="Approve")
    approve.scroll_into_view_if_needed()
    approve.click()
    decided = page.get_by_role("list", name="Decided last").get_by_role("listitem")
    line = decided.filter(has_text="approved by Ade Okafor")
    expect(line).to_be_in_viewport(timeout=SLOW_MS)
    expect(line).to_be_focused()


def test_one_who_may_not_decide_sees_why(page: Page, shared_server: Server) -> None:
    with program(shared_server, "commander") as client:
        incident = raise_alert(client, alert("203.0.113.62", title="Another account guessed"))
    enter(page, shared_server, "observer", incident)
    card = approval_card(page)
    expect(card.get_by_role("button", name="Approve")).to_be_disabled()
    expect(card).to_contain_text("Not yours to decide")


def test_deciding_works_without_javascript(new_context: Callable[..., BrowserContext], shared_server: Server) -> None:
    with program(shared_server, "commander") as client:
        incident = raise_alert(client, alert("203.0.113.63", title="A third account guessed"))
        wait_for(client, incident, "approval.requested")
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, shared_server, "approver2", to=f"/incidents/{incident}/")
    card = approval_card(page)
    expect(card).to_contain_text('"203.0.113.63"')
    card.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("your decision is stored")).to_be_visible()
    expect(page.get_by_role("group", name=re.compile("Request to approve"))).to_have_count(0)
