"""People arrange an incident among themselves, in two browsers: what one does the other sees."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.people import SLOW_MS, enter, program, sign_in, wait_for
from tests.browser.test_looks import broken_rules
from tests.services.server import Server


def test_two_people_work_an_incident_that_becomes_part_of_another(
    page: Page, new_context: Callable[..., BrowserContext], shared_server: Server
) -> None:
    with program(shared_server, "responder") as client:
        made = [client.post("/api/v1/incidents", json={"title": title, "severity": "low"}).json()["id"]
                for title in ("Odd mail <b>here</b>", "The whole of it")]  # fmt: skip
        source, target = made
        client.post(f"/api/v1/incidents/{source}/tasks", json={"title": "Ask the sender"})
    other = new_context().new_page()
    enter(page, shared_server, "commander", source)
    enter(other, shared_server, "responder", source)

    page.get_by_role("button", name="Take command", exact=True).click()
    expect(other.locator("incident-header")).to_contain_text("commander", timeout=SLOW_MS, ignore_case=True)
    expect(other.get_by_text("changed commander from nobody to").first).to_be_visible()
    expect(page.get_by_role("button", name="Take command", exact=True)).to_be_hidden()

    page.get_by_text("Add a task", exact=True).click()
    new = page.locator("task-list .task-new")
    new.get_by_label("What is to be done").fill("Rotate the key")
    new.get_by_label("Due (UTC)").fill("2027-01-02T03:04")
    new.get_by_role("button", name="Add", exact=True).click()
    theirs = other.get_by_role("region", name="Tasks").get_by_role("listitem").filter(has_text="Rotate the key")
    expect(theirs).to_contain_text("due 2027-01-02 03:04 UTC", timeout=SLOW_MS)
    theirs.get_by_role("button", name="Done").click()
    mine = page.get_by_role("region", name="Tasks").get_by_role("listitem").filter(has_text="Rotate the key")
    expect(mine.get_by_role("button", name="Open again")).to_be_visible(timeout=SLOW_MS)

    entries = page.get_by_role("region", name="Timeline entries").get_by_role("listitem")
    entry = entries.filter(has_text="marked a task as done")
    entry.hover()
    entry.get_by_role("button", name="Pin").click()
    expect(other.get_by_role("region", name="Pinned")).to_contain_text("marked a task as done", timeout=SLOW_MS)

    briefing = other.locator("room-briefing")
    briefing.get_by_text("Where we stand").first.click()
    expect(briefing).to_contain_text("task: Ask the sender")
    assert broken_rules(page) == []

    page.get_by_text("Merge this into another", exact=True).click()
    page.locator("merge-box").get_by_role("combobox").select_option("The whole of it")
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page).to_have_url(re.compile(target))
    expect(page.get_by_role("region", name="Tasks")).to_contain_text("Ask the sender")
    expect(other.get_by_role("link", name="The whole of it")).to_be_visible(timeout=SLOW_MS)
    expect(other.get_by_label("Message to the room")).to_be_hidden()
    page.get_by_role("button", name="Take it out again").click()
    expect(other.get_by_label("Message to the room")).to_be_visible(timeout=SLOW_MS)
    expect(other.get_by_role("region", name="Tasks")).to_contain_text("Ask the sender", timeout=SLOW_MS)


def test_a_report_being_written_survives_a_reload_and_shows_what_it_will_look_like(
    page: Page, shared_server: Server
) -> None:
    with program(shared_server, "responder") as client:
        incident = client.post("/api/v1/incidents", json={"title": "Odd mail", "severity": "low"}).json()["id"]
        wait_for(client, incident, "incident.reported")
    sign_in(page, shared_server, "responder", to=f"/incidents/{incident}/report/")
    page.get_by_role("link", name="Edit", exact=True).click()
    box = page.get_by_label("Markdown")
    expect(page.get_by_role("heading", name="What happened")).to_be_visible(timeout=SLOW_MS)
    for part in (box, page.get_by_role("button", name="Save", exact=True)):
        expect(part).to_be_in_viewport(ratio=1)
    box.fill("# Ours\n\nIt was **spam**.")
    expect(page.get_by_role("heading", name="Ours")).to_be_visible(timeout=SLOW_MS)
    page.reload()
    expect(box).to_have_value("# Ours\n\nIt was **spam**.")
    expect(page.get_by_text("Your unsaved words are back.")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("article")).to_contain_text("It was spam.")
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_text("Your unsaved words are back.")).to_be_hidden()
    assert broken_rules(page) == []
    page.goto(f"{shared_server.url}/incidents/{incident}/")
    expect(page.get_by_text("Ravi Menon saved the report").first).to_be_visible(timeout=SLOW_MS)
