"""An engineer asks in private: from the composer and the drawer, past a failure, to the last round and beyond."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.people import PHONE, alert, enter, program, raise_alert
from tests.browser.test_looks import TOO_SMALL, NewContext, assert_fits, broken_rules
from tests.fakes.openai_server import FakeOpenAI
from tests.services.server import Server

ASKED = "zebra question"
DESK: ViewportSize = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def incident(shared_server: Server) -> str:
    with program(shared_server, "commander") as client:
        return raise_alert(client, alert("203.0.113.91", title="Asked about in private"))


def drawer(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Private chat")


def ask(page: Page, question: str) -> None:
    drawer(page).get_by_label("Private question").fill(question)
    drawer(page).get_by_role("button", name="Ask", exact=True).click()


def test_at_ai_opens_the_drawer_and_only_its_writer_sees_what_is_said(
    page: Page, new_context: NewContext, shared_server: Server, incident: str
) -> None:
    enter(page, shared_server, "responder", incident)
    other = new_context().new_page()
    enter(other, shared_server, "commander", incident)
    page.get_by_label("Message to the room").fill(f"@AI {ASKED}: how much is 6*7?")
    page.get_by_role("button", name="Send", exact=True).click()
    messages = drawer(page).get_by_role("region", name="Private messages")
    expect(drawer(page)).to_contain_text("agents do not see this")
    expect(messages).to_contain_text("42", timeout=30_000)
    expect(drawer(page)).to_contain_text("Round 1 of 10")
    expect(page.get_by_role("region", name="Messages", exact=True)).not_to_contain_text("zebra")

    # A thumb and words, kept over a reload; shared, and then the others have it too.
    messages.get_by_role("button", name="A bad answer").click()
    messages.get_by_label("What was wrong with it?").last.fill("Too short.")
    messages.get_by_role("button", name="Say it").click()
    messages.get_by_role("button", name="Share to room").last.click()
    shared = other.get_by_role("region", name="Messages", exact=True)
    expect(shared).to_contain_text(re.compile("42.*Shared from a private chat with Aria", re.DOTALL))
    expect(shared).not_to_contain_text("zebra")
    # Asked before the drawer has caught up with its chat: it stands there once.
    page.reload()
    page.get_by_label("Message to the room").fill("@AI how much is 4*5?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(messages).to_contain_text("20", timeout=30_000)
    expect(messages.get_by_text("how much is 4*5?")).to_have_count(1)
    expect(messages.get_by_role("button", name="A bad answer").first).to_have_attribute("aria-pressed", "true")
    expect(messages.get_by_role("button", name="Shared")).to_be_disabled()

    # Eight more rounds by another door; the eleventh question is kept for the chat that follows at a click.
    with program(shared_server, "responder") as client:
        for _ in range(8):
            sent = client.post("/api/v1/engineer-chat/send", json={"incident_id": incident, "message": "And 2*3?"})
            client.post(f"/api/v1/runs/{sent.json()['run_id']}/cancel")
    expect(drawer(page)).to_contain_text("This chat has had its rounds.")
    drawer(page).press("Escape")
    expect(drawer(page)).to_be_hidden()
    page.get_by_label("Message to the room").fill("@AI how much is 5*5?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(drawer(page)).to_contain_text("Your question is kept: “how much is 5*5?”")
    page.reload()
    page.get_by_role("link", name="Ask privately").click()
    expect(drawer(page)).to_contain_text("Your question is kept: “how much is 5*5?”")
    drawer(page).get_by_role("button", name="Begin a new chat").click()
    expect(messages).to_contain_text("25", timeout=30_000)
    expect(drawer(page)).to_contain_text("Round 1 of 10")
    drawer(page).get_by_label("Earlier chats").select_option(index=1)
    expect(messages).to_contain_text(ASKED)


def test_a_failure_is_told_and_tried_again(page: Page, start_server: Callable[..., Server]) -> None:
    with FakeOpenAI() as models:
        models.only = ASKED
        server = start_server(OPENAI_BASE_URL=models.url, WARROOM_MODEL="fake-1")
        with program(server, "commander") as client:
            incident = client.get("/api/v1/incidents").json()["data"][0]["id"]
        enter(page, server, "responder", incident)
        page.get_by_role("link", name="Ask privately").click()
        models.fails(401)
        ask(page, ASKED)
        messages = drawer(page).get_by_role("region", name="Private messages")
        expect(messages).to_contain_text("There is no answer: The model's provider does not accept our key.")
        models.says("Here it is.")
        messages.get_by_role("button", name="Try again").click()
        expect(messages).to_contain_text("Here it is.", timeout=30_000)
        expect(messages.get_by_role("button", name="Try again")).to_be_hidden()
        expect(drawer(page)).to_contain_text("Round 1 of 10")


@pytest.mark.parametrize(
    ("theme", "size", "who"), [("light", DESK, "approver"), ("dark", PHONE, "approver2")], ids=["desk", "phone"]
)
def test_the_drawer_keeps_the_rules_of_access(
    new_context: NewContext, shared_server: Server, incident: str, theme: str, size: ViewportSize, who: str
) -> None:
    page = new_context(viewport=size, color_scheme=theme, has_touch=size is PHONE, reduced_motion="reduce").new_page()
    enter(page, shared_server, who, incident)
    page.get_by_role("link", name="Ask privately").click()
    ask(page, "How much is 6*7?")
    expect(drawer(page)).to_contain_text("42", timeout=30_000)
    assert broken_rules(page) == []
    assert_fits(page)
    if size is PHONE:
        assert page.evaluate(TOO_SMALL) == []
        box = drawer(page).bounding_box()
        assert box is not None
        assert (box["width"], box["height"]) == (size["width"], size["height"])
    page.goto(f"{shared_server.url}/incidents/{incident}/private/")
    expect(page.get_by_role("list", name="Your private chats, newest first")).to_contain_text("1 round")
    assert broken_rules(page) == []
    assert_fits(page)
