"""F14: script and markup in every text a person, an alert, a file or a tool can bring stays text, on every page."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.people import SLOW_MS, approval_card, enter, post, program, raise_alert, sign_in
from tests.services.server import Server

MARKUP = (
    "<script>window.pwned=1</script><img src=x onerror=window.pwned=1><svg onload=window.pwned=1></svg>"
    "</script><script>window.pwned=1</script>--><iframe src=https://evil.example/></iframe>"
    "![i](https://evil.example/i.png)[l](javascript:window.pwned=1){{7*7}}<a href=javascript:window.pwned=1>a</a>"
)
HIDDEN = "\u202e\u200b\x1b[31m"
ADDRESS = "203.0.113.91"


@pytest.fixture
def watched(page: Page) -> Page:
    """A page that must not ask anybody else for anything, open a dialog, or run what it was told."""
    page.on("request", _only_home)
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    return page


def _only_home(request: Request) -> None:
    assert urlsplit(request.url).hostname in ("127.0.0.1", None), request.url


def test_markup_from_everywhere_is_inert_on_every_page(watched: Page, shared_server: Server) -> None:
    page = watched
    with program(shared_server, "commander") as client:
        incident = raise_alert(client, hostile_alert())
        upload = {"file": (f"{MARKUP[:60]}.log", f"{MARKUP}\n{HIDDEN} from {ADDRESS}\n".encode())}
        assert client.post(f"/api/v1/incidents/{incident}/evidence", files=upload).status_code == 201
    enter(page, shared_server, "commander", incident)
    post(page, f"{MARKUP} **bold** {HIDDEN}")
    expect(page.locator("room-stream strong").get_by_text("bold")).to_be_visible(timeout=SLOW_MS)
    card = approval_card(page)
    card.get_by_label("Words for the agent").fill(MARKUP)
    card.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("The report is ready").first).to_be_visible(timeout=SLOW_MS)
    for summary in page.locator("room-stream summary").all():
        summary.click()
    assert_inert(page)
    page.reload()
    assert_inert(page)
    evidence = page.locator("evidence-list li a").last
    evidence.click()
    expect(page.get_by_role("region", name=re.compile("Lines of"))).to_contain_text("<script>")
    assert_inert(page)
    for path in (f"/incidents/{incident}/report/", "/", f"/?q={MARKUP}"):
        page.goto(shared_server.url + path)
        assert_inert(page)


def test_a_card_shows_what_would_hide(page: Page, shared_server: Server) -> None:
    with program(shared_server, "commander") as client:
        incident = raise_alert(client, hostile_alert(title=f"Odd sign-ins {HIDDEN}", source_ip="203.0.113.92"))
    enter(page, shared_server, "commander", incident)
    card = approval_card(page)
    assert not re.search("[\u202e\u200b\x1b]", card.inner_text())


def test_an_address_given_for_after_sign_in_stays_on_this_site(page: Page, shared_server: Server) -> None:
    page.goto(f"{shared_server.url}/sign-in/?next=https://evil.example/")
    page.get_by_label("Username").fill("observer")
    page.get_by_label("Password").fill(shared_server.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{shared_server.url}/")


def hostile_alert(**more: str) -> dict[str, object]:
    told = {
        "title": f"Sign-ins {MARKUP}", "severity": "high", "host": f"web-1{MARKUP}", "user": f"root{MARKUP}",
        "source_ip": ADDRESS, "message": f"{MARKUP} {HIDDEN} Accepted password from {ADDRESS}", "url": "https://evil.example/<b>",
    }  # fmt: skip
    return {**told, **more}


def assert_inert(page: Page) -> None:
    assert page.evaluate("window.pwned") is None
    alive = "main :is(iframe, img, script:not([type='application/json']), [onerror], [onload], a[href^='javascript'])"
    assert page.locator(alive).count() == 0


def test_the_admin_shows_markup_as_text(page: Page, shared_server: Server) -> None:
    with program(shared_server, "commander") as client:
        raise_alert(client, hostile_alert(title=f"Admin {MARKUP}", source_ip="203.0.113.93"))
    sign_in(page, shared_server, "admin")
    page.goto(f"{shared_server.url}/admin/sessions_app/incident/")
    expect(page.get_by_text("Admin <script>").first).to_be_visible()
    assert page.evaluate("window.pwned") is None
