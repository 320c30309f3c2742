"""A stranger with the address, the demo sign-in and a phone: the demo incident is resolved by what the screen says.

With `WARROOM_SCREENSHOTS=docs/images` the pictures of the README are taken on the way.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from tests.browser.people import PHONE, SLOW_MS, approval_card, sign_in, wait_until_live
from tests.services.server import Server

PICTURES = os.environ.get("WARROOM_SCREENSHOTS", "")
DESK: ViewportSize = {"width": 1440, "height": 900}
BEFORE_THE_EYES = """(node) => {
    const { left, top, width, height } = node.getBoundingClientRect();
    return node.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}"""


@pytest.mark.long
def test_a_stranger_resolves_the_demo_incident_on_a_phone(
    new_context: Callable[..., BrowserContext], server: Server
) -> None:
    """Nothing is scrolled and no tab is guessed: each next thing to press stands before the eyes."""
    page = new_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    sign_in(page, server, "commander")
    row = page.get_by_role("listitem").filter(has_text="sign-ins")
    expect(row).to_contain_text("waits for approval", timeout=SLOW_MS)
    row.get_by_role("link").tap()
    wait_until_live(page)
    look = page.get_by_role("button", name="Look and decide")
    expect(look).to_be_in_viewport(timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Jump to latest")).to_be_hidden()
    picture(page, "phone")
    look.tap()
    card = approval_card(page)
    expect(card).to_contain_text("203.0.113.45")
    tap_what_is_seen(page, "Approve")
    expect(page.get_by_role("list", name="Decided last")).to_contain_text("approved by Casey Moreno", timeout=SLOW_MS)

    page.get_by_role("button", name=re.compile("^Room")).tap()
    resolve = page.get_by_role("button", name="Look and resolve")
    expect(resolve).to_be_in_viewport(timeout=SLOW_MS)
    resolve.tap()
    tap_what_is_seen(page, "Resolve the incident")
    expect(page.get_by_text("The incident is resolved.")).to_be_in_viewport(timeout=SLOW_MS)
    expect(page.locator("incident-header .status")).to_have_text("Resolved")
    expect(page.get_by_role("group", name="Waits for you")).to_be_hidden()


def tap_what_is_seen(page: Page, name: str) -> None:
    """Without the scrolling that a test would do by itself."""
    button = page.get_by_role("button", name=name, exact=True)
    expect(button).to_be_in_viewport(ratio=1)
    assert button.evaluate(BEFORE_THE_EYES), f"{name} is covered"
    button.tap()


def picture(page: Page, name: str) -> None:
    """For the README: this page on the phone, and the same room at a desk in both themes."""
    if not PICTURES:
        return
    folder = Path(PICTURES)
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"room-{name}.png")
    state = page.context.storage_state()
    assert page.context.browser is not None
    themes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for theme in themes:
        desk = page.context.browser.new_context(
            viewport=DESK, color_scheme=theme, storage_state=state, reduced_motion="reduce"
        )
        at_desk = desk.new_page()
        at_desk.goto(page.url)
        wait_until_live(at_desk)
        expect(at_desk.locator(".plan-node").first).to_be_visible()
        at_desk.screenshot(path=folder / f"room-{theme}.png")
        desk.close()
