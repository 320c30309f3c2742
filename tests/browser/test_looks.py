"""What everybody must be able to use: phones, both themes, keyboards and screen readers (WCAG 2.2 AA, by axe)."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.people import (
    PHONE,
    alert,
    approval_card,
    decide,
    enter,
    open_menu,
    program,
    raise_alert,
    sign_in,
    wait_for,
)
from tests.services.server import Server

NewContext = Callable[..., BrowserContext]
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
TOP = "node => node.getBoundingClientRect().top"
TOO_SMALL = """() => [...document.querySelectorAll(
    'button, summary, select, input:not([type=hidden], [type=checkbox]), textarea')]
    .filter((node) => node.checkVisibility() && !node.closest('.visually-hidden'))
    .map((node) => [node.getBoundingClientRect(), node.outerHTML.slice(0, 120)])
    .filter(([box]) => box.width > 0 && (box.height < 43.5 || box.width < 43.5))
    .map(([box, html]) => `${box.width}x${box.height} ${html}`)"""


@pytest.fixture(scope="module")
def incident(shared_server: Server) -> str:
    with program(shared_server, "commander") as client:
        return raise_alert(client, alert("203.0.113.81", title="What everybody must be able to read"))


@pytest.fixture(scope="module")
def reported(shared_server: Server) -> str:
    """An incident whose crew has finished."""
    with program(shared_server, "approver") as client:
        made = raise_alert(client, alert("203.0.113.82", title="What everybody must be able to read on paper"))
        decide(client, made, "approve")
        wait_for(client, made, "incident.reported")
    return made


def broken_rules(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": LEVELS}})
    assert found.response["passes"], "axe looked at nothing"
    broken = [(rule, node) for rule in found.response["violations"] for node in rule["nodes"]]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule, node in broken]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [{"width": 1440, "height": 900}, PHONE], ids=["desk", "phone"])
def test_every_page_keeps_the_rules_of_access(
    new_context: NewContext, shared_server: Server, incident: str, reported: str, theme: str, size: dict[str, int]
) -> None:
    page = new_context(viewport=size, color_scheme=theme, has_touch=size is PHONE, reduced_motion="reduce").new_page()
    page.goto(f"{shared_server.url}/sign-in/")
    assert broken_rules(page) == []
    enter(page, shared_server, "commander", incident)
    for pane in ("Plan", "Room", "Decide") if size is PHONE else ("",):
        if pane:
            page.get_by_role("button", name=re.compile(f"^{pane}")).click()
        assert broken_rules(page) == []
    assert_decided_without_scrolling(page)
    open_menu(page)
    assert broken_rules(page) == []
    for path in ("/", f"/incidents/{incident}/report/", f"/incidents/{reported}/", f"/incidents/{reported}/report/"):
        page.goto(shared_server.url + path)
        assert broken_rules(page) == []
        if path == f"/incidents/{reported}/" and size is not PHONE:
            assert page.get_by_role("heading", level=1).first.evaluate("h1 => h1.scrollHeight <= h1.clientHeight")
            expect(page.get_by_role("button", name="Attach", exact=True)).to_be_in_viewport(ratio=1)


def assert_decided_without_scrolling(page: Page) -> None:
    """What will run, what it does, and both answers stand before the eyes of who is to decide."""
    card = approval_card(page)
    for part in (card.get_by_text("Exactly this will run"), card.get_by_text("What it will do")):
        expect(part).to_be_in_viewport(ratio=1)
    for answer in ("Approve", "Reject"):
        expect(card.get_by_role("button", name=answer)).to_be_in_viewport(ratio=1)
    reason = card.get_by_text("Reason the agent gives").evaluate(TOP)
    assert card.get_by_role("button", name="Approve").evaluate(TOP) < reason, "however long the agent's words are"


def test_a_phone_scrolls_one_way_only_and_has_room_for_a_thumb(
    new_context: NewContext, shared_server: Server, incident: str, reported: str
) -> None:
    page = new_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    enter(page, shared_server, "commander", incident)
    for pane in ("Plan", "Room", "Decide"):
        page.get_by_role("button", name=re.compile(f"^{pane}")).click()
        assert_fits(page)
        assert page.evaluate(TOO_SMALL) == []
    for path in ("/", f"/incidents/{incident}/report/", f"/incidents/{reported}/", f"/incidents/{reported}/report/"):
        page.goto(shared_server.url + path)
        assert_fits(page)
        if path == f"/incidents/{reported}/":
            folded = page.locator("room-stream li[data-folded]")
            expect(folded.get_by_role("heading", name="Summary")).to_be_visible()
            expect(folded.get_by_role("heading", level=1)).to_be_hidden()


def assert_fits(page: Page) -> None:
    page.wait_for_load_state()  # of a page that has just been left for, the styles may still be on their way
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_theme_is_switched_at_once_and_kept(new_context: NewContext, shared_server: Server) -> None:
    page = new_context(color_scheme="light").new_page()
    sign_in(page, shared_server, "observer")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    open_menu(page)
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate(background) != light
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(background) != light
    open_menu(page)
    page.get_by_role("button", name="System theme").click()
    assert page.evaluate(background) == light


def test_panes_are_moved_by_keyboard_and_remembered(page: Page, shared_server: Server, incident: str) -> None:
    enter(page, shared_server, "observer", incident)
    border = page.get_by_role("separator", name="Width of the plan")
    before = int(border.get_attribute("aria-valuenow") or 0)
    border.press("ArrowRight")
    expect(border).to_have_attribute("aria-valuenow", str(before + 24))
    page.reload()
    expect(border).to_have_attribute("aria-valuenow", str(before + 24))


def test_only_finished_messages_are_announced(page: Page, shared_server: Server, incident: str) -> None:
    enter(page, shared_server, "responder", incident)
    log = page.get_by_role("log", name="New in the room")
    with program(shared_server, "commander") as client:
        room = client.get(f"/api/v1/incidents/{incident}").json()["session_id"]
        client.post(f"/api/v1/sessions/{room}/messages", json={"content": "Who answers?"}, timeout=60)
    expect(log).to_contain_text("Casey Moreno: Who answers?")
    lines = [line.strip() for line in log.inner_text().splitlines() if line.strip()]
    assert len(lines) == len(set(lines)), "each once, whole"
