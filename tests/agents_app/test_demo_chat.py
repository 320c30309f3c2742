"""The offline demo model in a plain chat: says who it is, remembers, reckons, searches, and asks before it blocks."""

import pytest
from asgiref.sync import async_to_sync

from agents_app.engine.advance import advance
from agents_app.models import Agent, BlockedIndicator, Run
from sessions_app import actors
from sessions_app.models import Message
from sessions_app.services import messages
from sessions_app.vocabulary import MessageSend
from tests import factories
from tests.agents_app.crew_alerts import BRUTE_FORCE
from tests.agents_app.crew_room import CrewRoom

pytestmark = pytest.mark.django_db(transaction=True)


class Chat:
    """A person in the incident's room, and the assistant's replies."""

    def __init__(self) -> None:
        self.second = factories.user("second", role="approver")
        self.room = CrewRoom.open(BRUTE_FORCE.alert, log=BRUTE_FORCE.log, source="wazuh")

    def say(self, text: str) -> str:
        room_id = self.room.incident.room_id
        assert room_id is not None
        messages.post(session_id=room_id, body=MessageSend(content=text), by=actors.person(self.room.approver))
        return self.reply()

    def reply(self) -> str:
        run = self.run
        async_to_sync(advance)(run.pk, owner="test")
        said = Message.objects.filter(run=run, message_type="text").order_by("-seq").first()
        return said.content if said else ""

    def assistant(self) -> Agent:
        return Agent.objects.get(organization=self.room.incident.organization, role="assistant")

    @property
    def run(self) -> Run:
        return Run.objects.filter(lane="chat").latest("id")


@pytest.fixture
def chat() -> Chat:
    return Chat()


def test_it_says_who_it_is(chat: Chat) -> None:
    answer = chat.say("Hello, who are you?")
    assert "offline-demo" in answer
    marks = Message.objects.get(content=answer).metadata
    assert (marks["model"], marks["demo"]) == ("offline-demo", True)


def test_it_recalls_what_was_said_earlier(chat: Chat) -> None:
    assert chat.say("My name is Rosa Kern").startswith("Noted, Rosa Kern.")
    chat.say("The firewall team is on call tonight")
    assert "Rosa Kern" in chat.say("What is my name?")
    assert "The firewall team is on call tonight" in chat.say("What did I say before?")


@pytest.mark.parametrize(
    "remark",
    [
        "I have called the owner of the host.",
        "We saw 203.0.113.77 in the proxy logs before, it is on my list.",
        "I look at the bastion.",
    ],
)
def test_what_people_say_to_each_other_in_a_room_is_noted_in_a_word(chat: Chat, remark: str) -> None:
    assert chat.say(remark) == "Noted."
    assert not chat.run.tool_calls.exists()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is 17 * 23?", "17 * 23 = 391"),
        ("how much is (3 + 4) x 12", "(3 + 4) * 12 = 84"),
        ("12 plus 30", "12 + 30 = 42"),
        ("What is 1,000 / 8", "1000 / 8 = 125"),
    ],
)
def test_it_reckons_with_the_calculator(chat: Chat, question: str, answer: str) -> None:
    assert chat.say(question).startswith(answer)
    assert [call.tool for call in chat.run.tool_calls.all()] == ["calculator"]


def test_it_searches_the_evidence_for_words_asked_about(chat: Chat) -> None:
    answer = chat.say("How many lines with guest are there?")
    expected = [line for line in BRUTE_FORCE.log.splitlines() if "guest" in line]
    assert answer.startswith(f"{len(expected)} lines of the evidence hold “guest”")
    assert expected[0] in answer


def test_it_describes_an_address(chat: Chat) -> None:
    answer = chat.say("What do you know about 203.0.113.77?")
    assert answer.startswith("203.0.113.77 is of kind ip, outside our networks. 42 lines")


def test_it_asks_approval_for_a_containment_request_and_tells_the_outcome(chat: Chat) -> None:
    chat.say("block 192.0.2.200 for 30 minutes")
    assert (chat.run.status, chat.run.waiting_for) == ("waiting", "approval")
    (approval,) = chat.room.pending()
    assert (approval.args["indicator"], approval.args["minutes"]) == ("192.0.2.200", 30)
    assert BlockedIndicator.objects.count() == 0


def test_a_rejection_is_told_with_its_words(chat: Chat) -> None:
    chat.say("block 192.0.2.200 for 30 minutes")
    chat.room.approver = chat.second
    chat.room.decide(chat.room.pending()[0], "reject", "wait for the network team")
    assert "wait for the network team" in chat.reply()


def test_an_address_of_our_own_is_refused_by_policy_and_it_says_so(chat: Chat) -> None:
    assert "It was not done (block_indicator for 10.3.0.7: rejected)" in chat.say("block 10.3.0.7 for 5 minutes")


def test_in_a_chat_outside_an_incident_it_does_the_same_and_says_what_is_not_there(chat: Chat) -> None:
    incident = chat.room.incident
    assert incident.room is not None
    plain = factories.room(incident.organization, agent=chat.assistant())
    incident.room = plain
    assert "offline-demo" in chat.say("Hello, who are you?")
    chat.say("The firewall team is on call tonight")
    assert "on call tonight" in chat.say("What did I say before?")
    assert chat.say("What is 17 * 23?") == "17 * 23 = 391"
    assert chat.say("How many lines with guest are there?").startswith("I could not look. This room belongs to no inc")
    chat.say("block 192.0.2.200 for 30 minutes")
    assert (chat.run.status, chat.run.waiting_for) == ("waiting", "approval")


def test_it_reads_around_the_incident_when_asked(chat: Chat) -> None:
    assert chat.say("Are there related incidents?") == "No other incident of this organisation is related to this one."
    other = factories.incident(chat.room.incident.organization, title="Guessing last week")
    other.indicators.create(organization=other.organization, kind="ip", value="203.0.113.77")
    assert "- Guessing last week (high, open): both name the ip 203.0.113.77" in chat.say("Any similar incidents?")
    told = chat.say("What should we do? Is there a runbook?")
    assert told.startswith("From the product's runbook “Password guessing and brute force”")
    assert "## Done when" in told
    told = chat.say("What happened around auth.log:3 ?")
    assert "Oct 15 21:02:14 web-7" in told
    assert told.split(" ", 1)[0].isdigit()
