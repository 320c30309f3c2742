"""The API's page in a browser: readable by everybody, in any theme and width, without a script of anybody else."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.services.server import Server


# Colours depend on the theme alone, and what fits on the width alone; axe takes its time over a page of this length.
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_it_reads_well(shared_server: Server, page: Page, theme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto(f"{shared_server.url}/api/v1/docs")
    expect(page.get_by_role("heading", name="The API of this war room")).to_be_visible()
    page.locator("#post-approval-decision > summary").click()
    expect(page.locator("#post-approval-decision").get_by_text("APPROVAL_STALE")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    assert found.violations_count == 0, found.generate_report()


def test_examples_are_shown_in_one_language_at_a_time(shared_server: Server, page: Page) -> None:
    page.goto(f"{shared_server.url}/api/v1/docs")
    token = page.locator("#example-token")
    expect(token.get_by_text("curl -sS").first).to_be_visible()
    page.get_by_label("Python").check()
    expect(token.get_by_text("curl -sS").first).to_be_hidden()
    expect(token.get_by_text("call(").first).to_be_visible()
