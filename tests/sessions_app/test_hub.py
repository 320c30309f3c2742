"""Rooms in one process: the ring, holes, running texts, and rooms nobody looks at any more."""

import asyncio
import threading

import pytest

from sessions_app import actors
from sessions_app.events import executors, rooms, stored
from sessions_app.events import hub as hubs
from sessions_app.events.hub import Hub, hub
from sessions_app.events.partials import Delta, Partials
from sessions_app.events.rooms import Room
from sessions_app.events.stream import EventStream
from sessions_app.models import ChatSession
from tests import factories
from tests.sessions_app.telling import said, say
from tests.sockets import opened

database = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_agents")]


# --- Running texts ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("off", "text", "fresh", "whole"),
    [
        (4, "king", "king", "Checking"),
        (0, "Chec", None, "Chec"),
        (2, "ecki", "ki", "Checki"),
        (9, "hole", None, "Chec"),
        (4, "", None, "Chec"),
    ],
)
def test_a_delta_is_taken_once_whatever_its_offset(off, text, fresh, whole):
    partials = Partials()
    partials.take(Delta("room", "run", "m", 0, "Chec"))
    _, taken = partials.take(Delta("room", "run", "m", off, text))
    assert (taken.text if taken else None) == fresh
    assert partials.of("room")[0].text == whole


def test_kinds_of_text_are_counted_apart():
    partials = Partials()
    partials.take(Delta("room", "run", "m", 0, "Hm", "thinking"))
    partials.take(Delta("room", "run", "m", 0, "Yes"))
    assert [each.wire(99) for each in partials.of("room")] == [
        {"msg": "m", "off": 0, "text": "Hm", "kind": "thinking"},
        {"msg": "m", "off": 0, "text": "Yes"},
    ]
    partials.forget("room", "m")
    assert partials.of("room") == []


def test_a_text_without_its_beginning_is_not_kept():
    partials = Partials()
    assert partials.take(Delta("room", "run", "ended", 7, "late"))[1] is None
    assert partials.of("room") == []


# --- The ring ---------------------------------------------------------------------------------------------------------
def room_at(pos):
    room = Room("room", Partials())
    room.reaches("epoch000", pos)
    return room


def test_the_ring_is_bounded_in_number_and_bytes(monkeypatch):
    monkeypatch.setattr(rooms, "RING_EVENTS", 3)
    room = room_at(0)
    for seq in range(1, 6):
        room.offer(seq, f"text {seq}")
    assert [each.seq for each in room.ready(2)] == [3, 4, 5]
    assert room.ready(1) is None
    monkeypatch.setattr(rooms, "RING_BYTES", 14)
    room.offer(6, "text 6")
    assert [each.seq for each in room.ready(4)] == [5, 6]
    assert room.ready(3) is None


def test_what_one_reads_from_the_database_serves_the_next():
    room = room_at(5)
    room.backfill([(3, "three"), (4, "four"), (5, "five")])
    assert [each.seq for each in room.ready(2)] == [3, 4, 5]
    room.backfill([(1, "one")])
    assert room.ready(0) is None, "a ring has no hole"


def test_a_repeat_is_not_told_twice():
    room = room_at(1)
    room.offer(2, "two")
    room.offer(2, "two")
    room.offer(1, "one")
    assert [each.text for each in room.ready(1)] == ["two"]


# --- Between threads --------------------------------------------------------------------------------------------------
def test_a_hub_that_nobody_looks_at_takes_commits_from_any_thread():
    alone = Hub()
    thread = threading.Thread(target=alone.committed, args=("room", 1, "text"))
    thread.start()
    thread.join()
    assert alone.rooms == {}


async def in_a_room():
    room, person = await executors.run(factories.room), await executors.run(factories.user)
    socket = await opened(person)
    await socket.enter(room)
    return room, person, socket


class TestWithViewers:
    pytestmark = database

    async def test_a_lost_hint_is_found_by_the_reconcile(self, monkeypatch):
        room, _, socket = await in_a_room()
        await socket.until("event", type="participant.joined")
        with monkeypatch.context() as patch:
            patch.setattr(hub, "committed", lambda *args, **more: None)
            await said(room, "unheard", "unheard too")
        await hub.reconcile()
        told = [await socket.until("event") for _ in range(2)]
        assert [event["data"]["content"] for event in told] == ["unheard", "unheard too"]
        await socket.close()

    async def test_a_hole_is_filled_from_the_database_in_order(self, monkeypatch):
        room, _, socket = await in_a_room()
        await socket.until("event", type="participant.joined")
        with monkeypatch.context() as patch:
            patch.setattr(hub, "committed", lambda *args, **more: None)
            await said(room, "lost")
        await said(room, "told")
        told = [await socket.until("event") for _ in range(2)]
        assert [event["data"]["content"] for event in told] == ["lost", "told"]
        await socket.close()

    async def test_a_room_without_viewers_is_forgotten(self):
        room, _, socket = await in_a_room()
        assert str(room.pk) in hub.rooms
        socket.send({"t": "unsub", "room": str(room.pk)})
        await socket.until("unsub")
        assert not hub.rooms
        await socket.close()

    async def test_a_restored_log_sends_its_viewers_to_begin_anew(self):
        room, person, socket = await in_a_room()
        await executors.run(ChatSession.objects.filter(pk=room.pk).update, epoch="ffffffff", head=0)
        await hub.reconcile()
        assert (await socket.closed()).code == 4503
        again = await opened(person)
        subscribed = (await again.enter(room, epoch=room.epoch, after=1))[0]
        assert (subscribed["reason"], subscribed["epoch"]) == ("epoch_changed", "ffffffff")
        await again.close()

    async def test_the_end_of_a_message_ends_its_running_text(self):
        room, _, socket = await in_a_room()
        message = (await said(room, "first"))[0]
        hub.delta(str(room.pk), run="r", msg=str(message.pk), off=0, text="almost")
        assert [each.text for each in hub.partials(str(room.pk))] == ["almost"]
        ended = await executors.run(say, room, "all of it", event="message.end")
        hub.delta(str(room.pk), run="r", msg=str(ended.pk), off=0, text="other")
        hub.forget(str(room.pk), str(message.pk))
        await socket.until("event", type="message.end")
        await said(room, "later")
        await socket.until("event", type="message.created")
        assert [each.text for each in hub.partials(str(room.pk))] == ["other"]
        await socket.close()


# --- From time to time ------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)  # the reading threads look at their connections each time
async def test_a_round_that_fails_is_followed_by_the_next(monkeypatch):
    rounds, again = [], threading.Event()

    def positions(rooms):
        rounds.append(rooms)
        if len(rounds) == 1:
            raise ValueError("something nobody has thought of")
        again.set()
        return {}

    monkeypatch.setattr(stored, "positions", positions)
    monkeypatch.setattr(hubs, "RECONCILE_SECONDS", 0)
    here, outlet = Hub(), EventStream(actors.SYSTEM, "a room")
    here.open(outlet)
    assert await asyncio.to_thread(again.wait, 10)
    here.close(outlet)
