"""Fifty viewers cost no query and no encoding more than one."""

import pytest
from django.db.backends.utils import CursorWrapper

from sessions_app.events import executors, frames
from sessions_app.events.hub import hub
from sessions_app.models import Participant
from tests import factories
from tests.sessions_app.telling import said
from tests.sockets import Socket, ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_agents")]


@pytest.fixture
def counted(monkeypatch):
    """How often a query is made and a frame is encoded, in any thread."""
    counts = {"queries": 0, "frames": 0}
    execute, encode = CursorWrapper.execute, frames.encode

    def executed(cursor, *args, **more):
        counts["queries"] += 1
        return execute(cursor, *args, **more)

    def encoded(frame):
        counts["frames"] += frame["t"] in ("event", "delta")
        return encode(frame)

    # The regular looks at the database go by the clock, not by the viewer.
    monkeypatch.setattr("sessions_app.events.hub.RECONCILE_SECONDS", 3600)
    monkeypatch.setattr("sessions_app.events.hub.RECHECK_SECONDS", 3600)
    monkeypatch.setattr(CursorWrapper, "execute", executed)
    monkeypatch.setattr(frames, "encode", encoded)
    return counts


@pytest.fixture
def person():
    return factories.user()


@pytest.fixture
def room(person):
    made = factories.room()
    Participant.objects.create(session=made, user=person, role="responder")
    return made


async def viewers(number, person, room):
    sockets = []
    for _ in range(number):
        socket = await Socket().open()
        socket.send({"t": "hello", "v": 1, "ticket": await ticket(person)})
        await socket.until("welcome")
        await socket.enter(room)
        sockets.append(socket)
    return sockets


async def stream(room, sockets):
    message = str((await said(room, "start"))[0].pk)
    for off in range(20):
        hub.delta(str(room.pk), run="r", msg=message, off=off, text="x")
    await said(room, "end")
    for socket in sockets:
        heard = await socket.frames("event", type="message.created")
        heard += await socket.frames("event", type="message.created")
        assert sum(frame["t"] == "delta" for frame in heard) == 20


async def test_fifty_viewers_cost_what_one_costs(person, room, counted):
    costs = []
    for more in (1, 49):
        sockets = await viewers(more, person, room)
        counted.update(queries=0, frames=0)
        await stream(room, sockets)
        costs.append(dict(counted))
    assert costs[0] == costs[1]
    assert costs[0]["frames"] == 22
    assert costs[0]["queries"] > 0, "the posts themselves"
    for outlet in list(hub.outlets):
        outlet.end(4503, "the test is over")


async def test_fifty_people_are_looked_at_by_as_many_queries_as_one(room, counted):
    costs = []
    for number in (1, 49):
        for _ in range(number):
            somebody = await executors.run(factories.user)
            await executors.run(Participant.objects.create, session=room, user=somebody, role="responder")
            await viewers(1, somebody, room)
        counted.update(queries=0)
        await hub.recheck()
        costs.append(counted["queries"])
    assert costs[0] == costs[1] > 0
    assert all(outlet.flowing for outlet in hub.outlets)
    for outlet in list(hub.outlets):
        outlet.end(4503, "the test is over")
