"""A client that reads slowly or not at all: what waits for it is a number, and nobody else notices."""

import asyncio

import orjson
import pytest

from sessions_app.events import connection as connections
from sessions_app.events import executors, frames
from sessions_app.events.connection import WINDOW_BYTES, Connection
from sessions_app.events.hub import hub
from sessions_app.models import Participant
from tests import contract, factories
from tests.sessions_app.following import Follower
from tests.sessions_app.telling import said
from tests.sockets import opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_agents")]


@pytest.fixture
def person():
    return factories.user()


@pytest.fixture
def room(person):
    made = factories.room()
    Participant.objects.create(session=made, user=person, role="responder")
    return made


async def silent(person, room):
    """A socket that takes frames and acknowledges none of them."""
    socket = await opened(person)
    await socket.enter(room)
    socket.answers_pings = False
    return socket


async def test_a_client_is_asked_how_far_it_has_read_after_every_64_kib(person, room):
    socket = await silent(person, room)
    await said(room, "x" * 31_000, "x" * 31_000, "x" * 31_000)
    for _ in range(3):
        await socket.until("event")
    await socket.all_sent()
    assert len(socket.pings) >= 1
    assert socket.pings[-1]["heads"][str(room.pk)] <= 3
    await socket.close()


async def test_a_full_window_holds_deltas_back_and_one_brings_all_that_is_missing(person, room):
    socket = await silent(person, room)
    message = str((await said(room, "start"))[0].pk)
    text, piece = "", "token " * 200
    for _ in range(400):
        hub.delta(str(room.pk), run="r", msg=message, off=len(text), text=piece)
        text += piece
    follower = Follower(socket, room)
    await follower.take_what_was_sent()
    assert 0 < WINDOW_BYTES - len(follower.texts[message]) < 40_000, "the window holds the frames' other fields too"
    held = len(follower.texts[message])
    assert held < len(text)
    socket.pong()
    brought = await follower.take()
    assert brought["off"] == held
    assert brought["text"] == text[held : held + len(brought["text"])]
    assert len(brought["text"]) > len(piece)
    socket.answers_pings = True
    while len(follower.texts[message]) < len(text):
        await follower.take()
    assert follower.texts[message] == text
    await socket.close()


async def test_durable_events_wait_too_and_none_is_lost(person, room):
    socket = await silent(person, room)
    follower = Follower(socket, room)
    await said(room, *["x" * 30_000] * 20)
    await follower.take_what_was_sent()
    assert follower.seq < 20
    socket.answers_pings = True
    socket.pong()
    await follower.until(20)
    await socket.close()


async def test_a_client_that_reads_nothing_costs_no_memory_and_disturbs_nobody(person, room):
    silent_one = await silent(person, room)
    other = await opened(await executors.run(factories.user))
    follower = Follower(other, room)
    await follower.enter()
    (stuck,) = [each for each in hub.outlets if each.actor.id == str(person.pk)]
    for number in range(40):
        message = str((await said(room, f"start {number}"))[0].pk)
        hub.delta(str(room.pk), run="r", msg=message, off=0, text="x" * 60_000)
        while len(follower.texts.get(message, "")) < 60_000:
            await follower.take()
        hub.forget(str(room.pk), message)
    # All that is kept for it: one viewer with its place.
    assert stuck._sent - stuck._acknowledged < WINDOW_BYTES + 70_000
    assert len(stuck.viewers[str(room.pk)].told) <= 40
    # The hub's own clock may have found the window full before we ask.
    now = stuck._full_since or asyncio.get_running_loop().time()
    stuck.tick(now)
    stuck.tick(now + 29)
    assert stuck.ended is None
    stuck.tick(now + 31)
    assert (await silent_one.closed()).code == 4508
    await other.close()


async def test_a_client_that_asks_and_never_reads_is_sent_away(person, monkeypatch):
    monkeypatch.setattr(connections, "OUTBOX_BYTES", 1500)
    socket = await opened(person)
    for number in range(150):
        socket.send({"t": "ping", "n": number})
    assert (await socket.closed()).code == 4508


async def test_a_wish_for_a_room_waits_until_the_window_is_open(person, room):
    socket = await silent(person, room)
    (connection,) = hub.outlets
    connection.put(frames.encode({"t": "pong", "n": 1}) + " " * WINDOW_BYTES)
    socket.send({"t": "sub", "room": str(room.pk)})
    await socket.until("pong")
    socket.send({"t": "ping", "n": 2})
    assert (await socket.next())["t"] == "pong"
    socket.pong()
    assert (await socket.next())["t"] == "subscribed"
    await socket.close()


# --- Life -------------------------------------------------------------------------------------------------------------
def fresh():
    connection = Connection(None, abort=lambda: None)
    connection.actor = object()
    return connection


async def test_two_missed_pings_end_the_socket_and_any_frame_is_life():
    quiet, alive, at_work = fresh(), fresh(), fresh()
    at_work.working = 1
    for second in range(65):
        alive.heard()
        for connection in (quiet, alive, at_work):
            connection.tick(second)
    assert quiet.ended == (4508, "no sign of life")
    assert alive.ended is None
    assert at_work.ended is None


async def test_a_goodbye_that_nobody_reads_is_not_waited_for():
    aborted = []
    connection = Connection(None, abort=lambda: aborted.append(True))
    connection.end(4508, "too slow")
    for second in range(10):
        connection.tick(second)
    assert aborted == [True]


async def test_a_socket_that_its_server_has_closed_takes_no_more_and_that_is_no_mistake():
    async def closed(message):
        raise RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'.")

    connection = Connection(closed, abort=lambda: None)
    connection.put("a frame")
    await asyncio.wait_for(connection.write(), 20)
    assert connection.ended == (1006, "gone")


async def test_a_pong_for_a_ping_that_was_never_sent_opens_nothing():
    connection = fresh()
    connection.put("x" * (WINDOW_BYTES + 1))
    connection.put("y")
    asked = [orjson.loads(text)["n"] for text in connection._outbox if '"ping"' in text]
    connection.put("x" * WINDOW_BYTES)
    asked.append(orjson.loads(connection._outbox[-1])["n"])
    assert len(asked) == 2
    assert asked[1] - asked[0] > 1, "not one after the other"
    for forged in (asked[0] + 1, asked[1] - 1, asked[1] + 1, 2**52):
        assert not connection.pong(forged)
    assert connection.pong(-5)
    assert not connection.flowing
    assert connection.pong(asked[1])
    assert connection.flowing, "everything before it has arrived"
    assert connection.pong(asked[0]), "late, and nothing to object to"


async def test_a_forged_pong_is_a_frame_that_cannot_be_read(person):
    socket = await opened(person)
    socket.send({"t": "pong", "n": 1_000_000_000_000})
    assert (await socket.until("error"))["error"]["error_code"] == "INVALID_REQUEST"
    socket.send({"t": "ping", "n": 1})
    assert await socket.until("pong") == {"t": "pong", "n": 1}
    await socket.close()


def test_the_frame_that_says_goodbye_is_in_the_contract():
    connection = fresh()
    connection.end(4429, "slow down", 1000)
    assert contract.read(connection._outbox[-1])["retry_after_ms"] == 1000
