"""What a client draws a session from: true for one seq, whole, and small enough for one frame."""

import pytest

from sessions_app import actors, extensions, snapshot
from sessions_app.errors import NotFound
from sessions_app.events import executors, frames, log
from sessions_app.models import Incident, Participant
from tests import contract, factories
from tests.sessions_app.telling import said, say
from tests.sockets import opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_agents")]


@pytest.fixture
def bare(monkeypatch):
    """Only this app's own parts."""
    monkeypatch.setattr(extensions, "snapshot_parts", {})


@pytest.fixture
def person():
    return factories.user()


def test_a_session_of_an_incident_is_drawn_whole(bare, person):
    incident = factories.incident()
    Participant.objects.create(session=incident.room, user=person, role="responder")
    say(incident.room, "hello")
    parts, head, epoch = snapshot.take(incident.room.pk, by=actors.person(person))
    assert (head, epoch) == (1, incident.room.epoch)
    assert parts["session"]["head"] == 1
    assert parts["incident"]["id"] == str(incident.pk)
    assert [message["content"] for message in parts["messages"]] == ["hello"]
    assert parts["participants"] == [{"user_id": str(person.pk), "name": person.display_name, "role": "responder"}]
    assert parts["messages_next"] is None
    for name in ("runs", "plan", "approvals", "questions", "unknowns", "grants"):
        assert parts[name] == []


def test_the_summary_is_the_newest_rounds_words_and_the_overview_stands_beside_it(bare, person):
    incident = factories.incident(summary="It was 203.0.113.7.", summary_version=2, summary_seq=9)
    parts = snapshot.take(incident.room.pk, by=actors.person(person)).parts
    assert parts["summary"] == "It was 203.0.113.7."
    assert parts["overview"]["found"] == {"text": "It was 203.0.113.7.", "version": 2, "seq": 9}
    untold = snapshot.take(factories.incident().room.pk, by=actors.person(person)).parts
    assert (untold["summary"], untold["overview"]["found"]) == (None, None)


def test_only_the_newest_fifty_messages_come_along_with_the_cursor_of_the_rest(bare, person):
    room = factories.room()
    for number in range(52):
        say(room, f"{number}")
    parts = snapshot.take(room.pk, by=actors.person(person)).parts
    assert [message["content"] for message in parts["messages"]] == [f"{number}" for number in range(2, 52)]
    assert parts["messages_next"]


def test_what_the_app_above_adds_is_in_it(monkeypatch, person):
    monkeypatch.setattr(extensions, "snapshot_parts", {"runs": lambda session: [str(session.pk)]})
    room = factories.room()
    assert snapshot.take(room.pk, by=actors.person(person)).parts["runs"] == [str(room.pk)]


@pytest.mark.parametrize("interruptions", [1, 99])
def test_what_changes_while_it_is_drawn_is_drawn_again(monkeypatch, person, interruptions):
    """A room that never holds still is locked; on SQLite the interruption then waits, so here it stops by itself."""
    room, left = factories.room(), [interruptions]

    def interrupt(session):
        from django.db import connection

        if left[0] and not connection.in_atomic_block:
            left[0] -= 1
            say(room, "meanwhile")
        return []

    monkeypatch.setattr(extensions, "snapshot_parts", {"runs": interrupt})
    parts, head, _ = snapshot.take(room.pk, by=actors.person(person))
    assert head == log.position(room.pk)[1] == len(parts["messages"])


def test_a_session_of_others_is_as_if_it_were_not_there():
    stranger = factories.user(org=factories.organization("other"))
    room = factories.room()
    with pytest.raises(NotFound) as refused:
        snapshot.take(room.pk, by=actors.person(stranger))
    assert refused.value.code == "SESSION_NOT_FOUND"


async def test_a_room_full_of_long_messages_fits_into_one_frame(person):
    room = await executors.run(factories.room)
    await said(room, *["\x01" * 30_000] * 50)
    socket = await opened(person)
    subscribed = (await socket.enter(room))[0]
    assert len(subscribed["snapshot"]["messages"]) == 50
    assert all(message["truncated"] for message in subscribed["snapshot"]["messages"])
    assert frames.size(frames.encode(subscribed)) <= contract.OUTBOUND_BYTES
    await socket.close()


async def test_a_large_incident_fits_into_one_frame(person):
    def large():
        made = factories.incident()
        Incident.objects.filter(pk=made.pk).update(description="x" * 900_000)
        return made.room

    room = await executors.run(large)
    socket = await opened(person)
    assert (await socket.enter(room))[0]["snapshot"]["incident"]["truncated"] is True
    await socket.close()
