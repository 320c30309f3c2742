"""What is said in a room: written once with its event, read in order, refused where it must be."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib.sessions.backends.db import SessionStore
from rest_framework.test import APIRequestFactory, force_authenticate

from sessions_app import actors, extensions
from sessions_app.api.messages import History
from sessions_app.errors import Refused
from sessions_app.events import log
from sessions_app.models import ChatSession, Event, Message, User
from sessions_app.services import messages
from sessions_app.vocabulary import MessageSend
from tests.callers import person
from tests.factories import organization, room, user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_plugged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """What agents do when something is said, opened or closed has its own tests."""
    for name in ("on_post", "on_open", "on_close"):
        monkeypatch.setattr(extensions, name, [])


def say(session: ChatSession, by: User, content: str = "Hello", **fields: Any) -> messages.Posted:
    return messages.post(session_id=session.pk, body=MessageSend(content=content, **fields), by=actors.person(by))


def refusal(session: ChatSession, by: User, **fields: Any) -> str:
    with pytest.raises(Refused) as caught:
        say(session, by, **fields)
    assert not Message.objects.filter(session=session).exists()
    assert ChatSession.objects.get(pk=session.pk).head == 0
    return caught.value.code


def test_a_message_and_its_event_have_the_same_seq_and_say_the_same() -> None:
    session, casey = room(), user("casey", name="Casey")
    posted = say(session, casey, "**Look**", metadata={"client": "x"})
    event = Event.objects.get(session=session)
    assert (posted.message.seq, event.seq, event.type) == (1, 1, "message.created")
    assert event.data["id"] == str(posted.message.pk)
    assert (event.data["content"], event.data["html"]) == ("**Look**", "<p><strong>Look</strong></p>\n")
    assert (event.data["sender_name"], event.data["role"], event.data["metadata"]) == ("Casey", "user", {"client": "x"})


def test_an_agent_ends_a_message_it_streamed() -> None:
    session = log.lock(room().pk)
    streamed = UUID("018f3b1e-0000-7000-8000-000000000001")
    said = messages.say(
        session=session, speaker=actors.agent("Captain"), content="Done", event="message.end", message_id=streamed,
        round=2,
    )  # fmt: skip
    told = Event.objects.get(session=session)
    assert (said.pk, told.type, told.data["message_id"]) == (streamed, "message.end", str(streamed))
    assert (told.data["agent_name"], told.data["role"], told.data["round"]) == ("Captain", "assistant", 2)


@pytest.mark.parametrize(
    ("status", "code"),
    [("created", "SESSION_NOT_ACTIVE"), ("ended", "SESSION_ENDED"), ("expired", "SESSION_EXPIRED")],
)
def test_a_session_that_is_not_active_takes_no_message(status: str, code: str) -> None:
    assert refusal(room(status=status), user()) == code


def test_who_may_not_post_leaves_nothing_behind() -> None:
    session, gone = room(), user()
    gone.memberships.update(active=False)
    assert refusal(session, user(role="observer")) == "PERMISSION_DENIED"
    assert refusal(session, gone) == "SESSION_NOT_FOUND"
    assert refusal(session, user(org=organization("other"))) == "SESSION_NOT_FOUND"


def test_a_hook_adds_to_the_acknowledgement_or_undoes_the_post(monkeypatch: pytest.MonkeyPatch) -> None:
    session, casey = room(), user()
    seen: list[dict[str, Any]] = []

    def answer(message: Message, body: MessageSend, by: actors.Actor) -> dict[str, Any]:
        seen.append(body.config)
        return {"run_id": "r1"}

    monkeypatch.setattr(extensions, "on_post", [answer])
    assert say(session, casey, config={"maxTokens": 5}, metadata={"temperature": 1}).extra == {"run_id": "r1"}
    assert seen == [{"max_tokens": 5, "temperature": 1.0}]

    def refuse(message: Message, body: MessageSend, by: actors.Actor) -> None:
        raise Refused("TOO_MANY_RUNS")

    monkeypatch.setattr(extensions, "on_post", [answer, refuse])
    assert refusal(room(), casey) == "TOO_MANY_RUNS"


def test_a_wrong_config_is_refused_before_anything_is_stored() -> None:
    assert refusal(room(), user(), config={"temperature": -1}) == "INVALID_CONFIG"


def test_nobody_says_in_the_servers_name_whose_words_a_message_repeats() -> None:
    forged = {"shared_from": {"said_by": "Aria", "sender_type": "agent"}}
    assert refusal(room(), user(), metadata=forged) == "INVALID_REQUEST"


def test_an_attachment_must_be_a_file_of_the_incident() -> None:
    assert refusal(room(), user(), attachments=["018f3b1e-0000-7000-8000-000000000001"]) == "INVALID_REQUEST"


def history(caller: Any, session: ChatSession, **parameters: Any) -> dict[str, Any]:
    answer = caller.get(f"sessions/{session.pk}/messages", **parameters)
    assert answer.status_code == 200, answer.content
    return answer.json()


# The door posts and waits on the loop, with a thread of its own: it sees what is committed.
@pytest.mark.django_db(transaction=True)
def test_history_is_newest_first_by_cursor_and_a_message_that_comes_meanwhile_shifts_nothing() -> None:
    session, casey = room(), user()
    for number in range(5):
        say(session, casey, f"No {number}")
    caller = person(casey)
    first = history(caller, session, limit=2)
    say(session, casey, "No 5")
    second = history(caller, session, limit=2, cursor=first["next"])
    third = history(caller, session, limit=2, cursor=second["next"])
    assert [one["content"] for page in (first, second, third) for one in page["data"]] == [
        "No 4", "No 3", "No 2", "No 1", "No 0",
    ]  # fmt: skip
    assert third["next"] is None


@pytest.mark.django_db(transaction=True)
def test_history_by_limit_and_offset() -> None:
    session, casey = room(), user()
    for number in range(5):
        say(session, casey, f"No {number}")
    assert [one["content"] for one in history(person(casey), session, limit=2, offset=2)["data"]] == ["No 2", "No 1"]


def test_history_costs_the_same_number_of_queries_however_long_it_is(django_assert_num_queries: Any) -> None:
    session, casey = room(), user()
    request = APIRequestFactory().get("/")
    request.session = SessionStore()
    force_authenticate(request, casey)
    for _ in range(2):
        for number in range(5):
            say(session, casey, f"No {number}")
        with django_assert_num_queries(2):  # session, messages
            assert History.as_view()(request, session_id=session.pk).data["data"]


@pytest.mark.django_db(transaction=True)
def test_history_is_not_for_outsiders_and_ex_members() -> None:
    session, gone = room(), user()
    gone.memberships.update(active=False)
    for somebody in (user(org=organization("other"), role="commander"), gone):
        answer = person(somebody).get(f"sessions/{session.pk}/messages")
        assert (answer.status_code, answer.json()["error_code"]) == (404, "SESSION_NOT_FOUND")
    assert history(person(user(role="observer")), session) == {"data": [], "next": None}
