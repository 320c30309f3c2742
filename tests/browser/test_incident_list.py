"""The list of incidents while somebody looks at it: it goes on by itself, and nothing moves under the pointer."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.people import SLOW_MS, alert, approval_card, program, raise_alert, sign_in, wait_until_live
from tests.services.server import Server

LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"

ASK_TWICE = """async (url) => {
  const first = await fetch(url, { cache: "no-store" });
  const headers = { "If-None-Match": first.headers.get("ETag") };
  return [first.status, (await fetch(url, { headers, cache: "no-store" })).status];
}"""


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=title)


def test_new_incidents_wait_behind_a_button_and_counts_change_in_place(page: Page, shared_server: Server) -> None:
    with program(shared_server, "commander") as client:
        raise_alert(client, alert("203.0.113.21", title="Known before, list"))
        sign_in(page, shared_server, "commander", to="/?q=list&severity=high")
        first = row(page, "Known before, list")
        expect(first).to_be_visible()
        place = first.bounding_box()
        raise_alert(client, alert("203.0.113.22", title="Came later, list"))
        raise_alert(client, alert("203.0.113.23", title="Came at last, list"))
        raise_alert(client, alert("203.0.113.24", title="Nothing for this filter"))
        show = page.get_by_role("button", name=re.compile(r"^2 new - show$"))
        look_until(page, show)
        look_until(page, first.get_by_text("1 waits for approval"))
    assert first.bounding_box() == place, "nothing has moved"
    expect(page).to_have_title(re.compile(r"^\(\d+\) Incidents"))
    show.click()
    expect(page.get_by_role("list", name="Incidents, newest first").get_by_role("listitem")).to_have_count(3)
    expect(row(page, "Came at last, list").get_by_role("link")).to_be_focused()
    expect(show).to_be_hidden()
    expect(page).to_have_url(re.compile(r"q=list&severity=high"))


def test_a_row_says_what_came_since_one_looked(page: Page, shared_server: Server) -> None:
    with program(shared_server, "commander") as client:
        incident = raise_alert(client, alert("203.0.113.25", title="Read and unread"))
        sign_in(page, shared_server, "observer", to="/?q=Read+and+unread")
        expect(row(page, "Read and unread")).to_contain_text("not opened yet")
        row(page, "Read and unread").get_by_role("link").click()
        wait_until_live(page)
        approval_card(page)
        expect(page.locator("room-stream")).to_contain_text("waits for a person")
        page.goto(f"{shared_server.url}/?q=Read+and+unread")
        expect(row(page, "Read and unread")).to_be_visible()
        expect(row(page, "Read and unread")).not_to_contain_text(re.compile("not opened|update"))
        client.post(f"/api/v1/incidents/{incident}/indicators", json={"value": "203.0.113.26"})
        look_until(page, row(page, "Read and unread").get_by_text("1 update"))


def test_what_has_not_changed_costs_no_body(page: Page, shared_server: Server) -> None:
    sign_in(page, shared_server, "observer")
    assert page.evaluate(ASK_TWICE, "/incidents/rows/?q=nothing-is-called-so") == [200, 304]


def look_until(page: Page, sign: Locator) -> None:
    """Come back to the tab until it shows: what is asked for on coming back is what is asked for every 15 seconds."""
    page.evaluate(LOOK_AGAIN)
    for _ in range(30):
        try:
            return expect(sign).to_be_visible(timeout=2000)
        except AssertionError:
            page.evaluate(LOOK_AGAIN)
    expect(sign).to_be_visible(timeout=SLOW_MS)
