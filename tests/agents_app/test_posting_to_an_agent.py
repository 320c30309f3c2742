"""A person's post starts the run that answers: how many, in which mode, and by whom."""

import pytest

from agents_app.models import Run, RunInbox
from sessions_app.errors import Refused
from sessions_app.models import ChatSession, Message
from tests import factories
from tests.agents_app.talking import post, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> ChatSession:
    return factories.room()


def _refusal(room: ChatSession, **fields: object) -> str:
    with pytest.raises(Refused) as refused:
        post(room, **fields)  # type: ignore[arg-type]
    return refused.value.code


def test_the_sessions_agent_answers(room: ChatSession) -> None:
    run = post(room, "What is going on?")
    assert (run.status, run.mode, run.lane) == ("queued", "react", "chat")
    assert run.agent == room.agent
    assert run.prompt
    assert run.prompt.content == "What is going on?"
    assert told(room) == ["message.created", "run.queued"]


def test_a_fifth_unfinished_reply_is_refused_and_its_post_taken_back(room: ChatSession) -> None:
    for _ in range(4):
        post(room)
    assert _refusal(room) == "TOO_MANY_RUNS"
    assert Message.objects.filter(session=room).count() == 4
    assert post(room, user=factories.user(role="responder")).status == "queued"
    assert post(factories.room()).status == "queued"


def test_a_crew_at_work_hears_of_it_too(room: ChatSession) -> None:
    crew = factories.run(room, mode="crew", lane="crew", status="waiting")
    factories.run(room, mode="crew", lane="crew", status="succeeded")
    run = post(room, "The mail server is ours.")
    [heard] = RunInbox.objects.all()
    assert (heard.run, heard.message) == (crew, run.prompt)


def test_what_to_do_when_an_agent_is_busy_is_the_posters_choice(room: ChatSession) -> None:
    first = post(room)
    assert _refusal(room, on_busy="reject") == "RUN_ACTIVE"
    second = post(room, on_busy="interrupt")
    first.refresh_from_db()
    assert (first.status, second.status) == ("cancelled", "queued")


def test_config_goes_by_message_over_session_over_agent(room: ChatSession) -> None:
    room.agent.config = {"temperature": 0.1, "max_tokens": 10, "top_p": 0.5}
    room.agent.save()
    room.config = {"temperature": 0.2, "max_tokens": 20}
    room.save()
    run = post(room, config={"temperature": 0.3})
    assert run.config == {"temperature": 0.3, "max_tokens": 20, "top_p": 0.5}


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"execution_mode": "plan_exec"}, "SERVICE_UNAVAILABLE"), ({"config": {"colour": 1}}, "INVALID_CONFIG")],
)
def test_what_can_not_be_done_is_refused_and_nothing_stored(
    room: ChatSession, fields: dict[str, object], code: str
) -> None:
    assert _refusal(room, **fields) == code
    assert not Message.objects.exists()
    assert not Run.objects.exists()


def test_an_agent_that_is_switched_off_says_so(room: ChatSession) -> None:
    room.agent.enabled = False
    room.agent.save()
    assert _refusal(room) == "AGENT_NOT_AVAILABLE"
