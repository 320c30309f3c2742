"""What else waits for a person: questions, outcomes nobody saw, and what can't be undone."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser import asked
from tests.browser.people import SLOW_MS, declare, enter, program, room_of
from tests.services.server import Server

# All in one moment, and in one place.
PRESS_THIS_THEN_EACH_OTHER = """(pressed) => {
    const click = { detail: 1, clientX: 200, clientY: 200, bubbles: true, cancelable: true };
    const others = [...document.querySelectorAll("outcome-card button")].filter((button) => button !== pressed);
    for (const button of [pressed, ...others]) button.dispatchEvent(new MouseEvent("click", click));
}"""


def told(server: Server, incident: str, kind: str) -> list[dict[str, object]]:
    with program(server, "commander") as client:
        room = room_of(client, incident)
        answer = client.get(f"/api/v1/sessions/{room}/events?after=0&limit=200", headers={"Accept": "application/json"})
    return [event["data"] for event in answer.json()["data"] if event["type"] == kind]


def cards(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=re.compile(name))


def test_a_question_is_answered_by_an_option_or_in_words(page: Page, shared_server: Server) -> None:
    incident = declare(shared_server, "An agent wonders")
    enter(page, shared_server, "responder", incident)
    asked.ask(shared_server, incident, asked.QUESTION, waiting_for="answer")
    questions = cards(page, "Question from")
    expect(questions).to_have_count(2, timeout=SLOW_MS)
    expect(questions.first).to_contain_text("Is 203.0.113.9 one of yours?")
    chosen = questions.first.get_by_role("button", name="Nobody knows")
    chosen.focus()
    with program(shared_server, "commander") as client:
        client.post(f"/api/v1/incidents/{incident}/indicators", json={"value": "203.0.113.9"})
    expect(page.locator("indicator-list")).to_contain_text("203.0.113.9", timeout=SLOW_MS)
    expect(chosen, "what happens in the room takes nothing away from under a finger").to_be_focused()
    chosen.press("Enter")
    expect(questions).to_have_count(1, timeout=SLOW_MS)
    questions.first.get_by_role("button", name="Answer", exact=True).click()
    expect(questions.first).to_contain_text("Write an answer first.")
    questions.first.get_by_role("textbox", name="Answer").fill("It is the scanner of our auditor.")
    questions.first.get_by_role("button", name="Answer", exact=True).click()
    expect(questions).to_have_count(0, timeout=SLOW_MS)
    decided = page.get_by_role("list", name="Decided last")
    expect(decided).to_contain_text("Ravi Menon answered Operator Ines")
    answers = [event["answer"] for event in told(shared_server, incident, "question.answered")]
    assert answers == ["Nobody knows", "It is the scanner of our auditor."]


def test_an_outcome_nobody_saw_has_three_answers(page: Page, shared_server: Server) -> None:
    incident = declare(shared_server, "A process died")
    enter(page, shared_server, "approver", incident)
    asked.ask(shared_server, incident, asked.UNKNOWN, waiting_for="outcome")
    outcomes = cards(page, "Unclear outcome")
    expect(outcomes).to_have_count(3, timeout=SLOW_MS)
    for target, answer in (
        ("31", "It happened"),
        ("32", "Skip it, and tell the agent"),
        ("33", "It did not: run it again"),
    ):
        card = outcomes.filter(has_text=f"203.0.113.{target}")
        card.get_by_label("Note").fill(f"I looked at the firewall for {target}.")
        card.get_by_role("button", name=answer).click()
        expect(card).to_have_count(0, timeout=SLOW_MS)
    resolved = told(shared_server, incident, "execution.resolved")
    assert [each["resolution"] for each in resolved] == ["happened", "skip", "retry"]


def test_the_second_click_of_a_double_click_answers_nothing_else(page: Page, shared_server: Server) -> None:
    """The first takes its card away, and the next one stands under the finger by then."""
    incident = declare(shared_server, "Three processes died")
    enter(page, shared_server, "approver", incident)
    asked.ask(shared_server, incident, asked.UNKNOWN, waiting_for="outcome")
    outcomes = cards(page, "Unclear outcome")
    expect(outcomes).to_have_count(3, timeout=SLOW_MS)
    outcomes.first.get_by_role("button", name="It happened").evaluate(PRESS_THIS_THEN_EACH_OTHER)
    expect(outcomes).to_have_count(2, timeout=SLOW_MS)
    outcomes.first.get_by_role("button", name="It happened").click()
    expect(outcomes).to_have_count(1, timeout=SLOW_MS)
    assert len(told(shared_server, incident, "execution.resolved")) == 2


def test_who_reads_only_can_settle_nothing(page: Page, shared_server: Server) -> None:
    incident = declare(shared_server, "A process died unseen")
    enter(page, shared_server, "observer", incident)
    asked.ask(shared_server, incident, asked.UNKNOWN, waiting_for="outcome")
    card = cards(page, "Unclear outcome").first
    expect(card).to_contain_text("An approver or a commander says what became of it.", timeout=SLOW_MS)
    expect(card.get_by_role("button", name="It happened")).to_be_disabled()


def test_what_cannot_be_undone_wants_its_target_typed(page: Page, shared_server: Server) -> None:
    incident = declare(shared_server, "No way back")
    enter(page, shared_server, "approver", incident)
    asked.ask(shared_server, incident, asked.DESTRUCTIVE, waiting_for="approval")
    card = cards(page, "Request to approve")
    expect(card).to_contain_text("Destructive risk", timeout=SLOW_MS)
    target = card.get_by_label("This can't be undone. To approve, type: 203.0.113.41")
    card.get_by_role("button", name="Approve").click()
    expect(card).to_contain_text("Type the name exactly as it stands above.")
    target.fill("203.0.113.4")
    card.get_by_role("button", name="Approve").click()
    expect(card).to_contain_text("Type the name exactly as it stands above.")
    target.fill("203.0.113.41")
    target.press("Enter")
    expect(card, "Enter in a field decides nothing").to_be_visible()
    card.get_by_role("button", name="Approve").click()
    expect(page.get_by_text(re.compile("approved by Ade Okafor")).first).to_be_visible(timeout=SLOW_MS)
    assert len(told(shared_server, incident, "approval.approved")) == 1
