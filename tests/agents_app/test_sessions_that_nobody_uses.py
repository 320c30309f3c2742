"""A chat that nobody has written in for long expires by itself; a room where anything is open does not."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils import timezone

from agents_app.dispatch import periodic
from agents_app.models import Run
from sessions_app.models import ChatSession, Event
from sessions_app.services import sessions
from tests import factories
from tests.callers import person

pytestmark = pytest.mark.django_db

LATER = timedelta(hours=settings.WARROOM_SESSION_IDLE_HOURS, minutes=1)


def expire(after: timedelta = LATER) -> int:
    now = timezone.now() + after
    return sum(sessions.expire(pk, now=now) for pk in sessions.idle(now=now))


def status(room: ChatSession) -> str:
    return ChatSession.objects.get(pk=room.pk).status


def test_an_idle_chat_expires_once_and_its_room_is_told() -> None:
    room, young = factories.room(), factories.room(status="created")
    assert expire(timedelta(hours=1)) == 0
    ChatSession.objects.filter(pk=young.pk).update(last_active_at=timezone.now() + LATER)
    assert (expire(), expire()) == (1, 0)
    assert (status(room), status(young)) == ("expired", "created")
    told = Event.objects.get(session=room)
    assert (told.type, told.data["status"]) == ("session.expired", "expired")
    assert "long time" in told.data["reason"]


@pytest.mark.parametrize("state", ["open", "investigating", "contained", "resolved"])
def test_the_war_room_of_an_incident_stays_until_that_is_closed(state: str) -> None:
    incident = factories.incident(status=state)
    assert expire() == 0
    incident.status = "closed"
    incident.save()
    assert expire() == 1


@pytest.mark.parametrize("unfinished", Run.UNFINISHED)
def test_a_chat_in_which_something_is_unfinished_stays(unfinished: str) -> None:
    room = factories.room()
    run = factories.run(room, status=unfinished)
    assert (expire(), status(room)) == (0, "active")
    run.status = "succeeded"
    run.save()
    assert expire() == 1


def test_ended_and_expired_ones_stay_as_they_are() -> None:
    ended, expired = factories.room(status="ended"), factories.room(status="expired")
    assert expire() == 0
    caller = person(factories.user())
    answer = caller.delete(f"sessions/{expired.pk}")
    assert (answer.status_code, answer.json()["error_code"]) == (410, "SESSION_EXPIRED")
    assert (status(ended), status(expired)) == ("ended", "expired")
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("state", "code", "number"),
    [("created", "SESSION_NOT_ACTIVE", 409), ("ended", "SESSION_ENDED", 410), ("expired", "SESSION_EXPIRED", 410)],
)
@pytest.mark.django_db(transaction=True)
def test_what_is_said_in_a_session_that_is_not_active_says_why_not(state: str, code: str, number: int) -> None:
    room, caller = factories.room(status=state), person(factories.user())
    answer = caller.post(f"sessions/{room.pk}/messages", {"content": "Hello"})
    assert (answer.status_code, answer.json()["error_code"]) == (number, code)
    if state != "created":
        for refused in (
            caller.patch(f"sessions/{room.pk}", {"title": "x"}),
            caller.post(f"sessions/{room.pk}/activate"),
        ):
            assert (refused.status_code, refused.json()["error_code"]) == (number, code)
    assert caller.get(f"sessions/{room.pk}/messages").status_code == 200


def test_ending_a_chat_cancels_what_is_queued_in_it() -> None:
    room, caller = factories.room(), person(factories.user())
    run = factories.run(room, status="queued")
    assert caller.delete(f"sessions/{room.pk}").json() == {"status": "ended", "session_id": str(room.pk)}
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert list(Event.objects.order_by("seq").values_list("type", flat=True)) == ["run.cancelled", "session.ended"]


@pytest.mark.django_db(transaction=True)
async def test_the_clock_does_it() -> None:
    room = await sync_to_async(factories.room)()
    await ChatSession.objects.filter(pk=room.pk).aupdate(last_active_at=timezone.now() - LATER)
    await periodic.tick(0)
    assert (await ChatSession.objects.aget(pk=room.pk)).status == "expired"
