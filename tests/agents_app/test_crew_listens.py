"""People steer the crew: rejections with words, silence, and messages while it works."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents_app.models import Approval, BlockedIndicator
from agents_app.services import crew
from sessions_app import actors
from tests.agents_app.control import expire_due
from tests.agents_app.crew_alerts import BRUTE_FORCE
from tests.agents_app.crew_room import CrewRoom
from tests.agents_app.scripts import Script

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


@pytest.fixture
def room() -> CrewRoom:
    room = CrewRoom.open(BRUTE_FORCE.alert, log=BRUTE_FORCE.log, source="wazuh")
    room.work()
    return room


def test_without_words_it_watches_instead_and_says_so(room: CrewRoom) -> None:
    room.decide(room.pending()[0], "reject")
    assert room.work().status == "succeeded"
    assert BlockedIndicator.objects.count() == 0
    assert "approver rejected the block of 203.0.113.77 without a word" in room.report
    assert "Watch 203.0.113.77 instead of blocking it" in room.report


def test_words_against_it_are_quoted_in_summary_and_report_with_what_was_done_instead(room: CrewRoom) -> None:
    words = "That is the partner's scanner, do not block it"
    room.decide(room.pending()[0], "reject", words)
    assert room.work().status == "succeeded"
    assert f"saying “{words}”" in room.incident.round_summaries.get(version=2).summary
    assert f"approver rejected the block of 203.0.113.77, saying “{words}”" in room.report
    assert "Instead: Describe the indicator “203.0.113.77”; Watch 203.0.113.77 instead of blocking it." in room.report
    assert [message.content for message in room.messages("notice")] == ["Watch 203.0.113.77 instead of blocking it"]


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("Too long, 10 minutes are enough", {"indicator": "203.0.113.77", "minutes": 10}),
        ("block 192.0.2.200 instead", {"indicator": "192.0.2.200", "minutes": 30}),
        ("Leave that one. Block 192.0.2.200 for 2 hours instead", {"indicator": "192.0.2.200", "minutes": 120}),
    ],
)
def test_words_that_name_another_course_are_followed(room: CrewRoom, words: str, asked: dict[str, object]) -> None:
    room.decide(room.pending()[0], "reject", words)
    assert room.work().waiting_for == "approval"
    (approval,) = room.pending()
    assert {name: approval.args[name] for name in asked} == asked
    room.decide(approval, "approve")
    assert room.work().status == "succeeded"
    assert [row.indicator for row in BlockedIndicator.objects.all()] == [asked["indicator"]]
    assert words in room.report


@pytest.mark.parametrize("words", ["look at guest first", "check 192.0.2.200"])
def test_words_that_name_something_to_look_at_are_looked_at(room: CrewRoom, words: str) -> None:
    room.decide(room.pending()[0], "reject", words)
    assert room.work().status == "succeeded"
    assert room.calls("search_evidence")[-1].args["query"] in words
    assert BlockedIndicator.objects.count() == 0


@pytest.mark.parametrize(
    ("words", "done"),
    [
        ("That was me, only 10 minutes ago", "Watch 203.0.113.77 instead of blocking it"),
        ("Call the network team first", "Who takes on what approver asks for? “Call the network team first”"),
        ("Don't block 203.0.113.77 but isolate web-7", "“Don't block 203.0.113.77 but isolate web-7”"),
        ("what did guest do on web-7", "Search the evidence for “guest”"),
        ("watch 192.0.2.200 instead", "Watch 192.0.2.200 instead of blocking 203.0.113.77"),
        ("watch the domain instead", "“watch the domain instead”"),
        ("Wait", "Wait with the block of 203.0.113.77 until a person asks for it"),
        ("not this one, ask the owner", "“not this one, ask the owner”"),
        ("wait for the owner, then block 192.0.2.200", "“wait for the owner, then block 192.0.2.200”"),
    ],
)
def test_whatever_the_words_it_does_not_ask_again_and_the_report_says_what_was_done_instead(
    room: CrewRoom, words: str, done: str
) -> None:
    room.decide(room.pending()[0], "reject", words)
    assert room.work().status == "succeeded"
    assert len(room.calls("block_indicator")) == 1
    assert done in room.report.partition("Instead: ")[2].partition("\n")[0]


def test_a_crew_sent_again_does_not_ask_for_what_was_refused(room: CrewRoom) -> None:
    room.decide(room.pending()[0], "reject", "That is the partner's scanner")
    room.work()
    crew.start(incident_id=room.incident.pk, by=actors.person(room.approver))
    assert room.work().status == "succeeded"
    assert room.calls("block_indicator") == []
    assert "saying “That is the partner's scanner”; it was not blocked. It was not asked again" in room.report


def test_words_cannot_make_it_block_our_own_network(room: CrewRoom) -> None:
    room.decide(room.pending()[0], "reject", "block 10.3.0.7 instead")
    assert room.work().status == "succeeded"
    assert [call.args["indicator"] for call in room.calls("block_indicator")] == ["203.0.113.77"]


def test_when_nobody_decides_in_time_it_goes_on_and_the_report_says_so(room: CrewRoom) -> None:
    Approval.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    expire_due()
    assert room.work().status == "succeeded"
    assert "The request for the block of 203.0.113.77 is expired" in room.report


def test_a_message_is_taken_at_the_next_step_acknowledged_and_followed(room: CrewRoom) -> None:
    room.write("Please look at guest as well")
    room.decide(room.pending()[0], "approve")
    assert room.work().status == "succeeded"
    (told,) = room.events("team.intervention")
    assert (told.data["member"], told.data["content"]) == ("approver", "Please look at guest as well")
    assert "The crew has read what approver wrote" in room.messages("notice")[0].content
    assert room.calls("search_evidence")[-1].args["query"] == "guest"
    assert "approver wrote to the crew: “Please look at guest as well”" in room.report


def test_rejection_and_messages_reach_captain_expert_and_report(
    room: CrewRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script()
    monkeypatch.setattr("agents_app.engine.demo_model.model", script.model)
    room.write("Mind the change window")
    room.decide(room.pending()[0], "reject", "not during the change window")
    room.work()
    for role in ("captain", "expert", "reporter"):
        data = script.data(role)[0]
        assert data["people"][0]["text"] == "Mind the change window"
        (action,) = data["rounds"][1]["tasks"][0]["actions"]
        assert action["decision"]["words"] == "not during the change window"
