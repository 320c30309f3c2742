"""Coming into a room, and coming back: the order of frames, what is given again, and when a snapshot is."""

import asyncio
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions_app import snapshot
from sessions_app.events import executors, rooms
from sessions_app.events.hub import hub
from sessions_app.models import ChatSession, Event, Message, Participant
from tests import factories
from tests.sessions_app.following import Follower
from tests.sessions_app.telling import said, say
from tests.sockets import opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_agents")]


@pytest.fixture
def person():
    return factories.user()


@pytest.fixture
def room(person):
    return room_of(person)


def room_of(person):
    """A room in which this person has been before, so that coming in writes nothing."""
    made = factories.room()
    Participant.objects.create(session=made, user=person, role="responder")
    return made


async def inside(person, room):
    socket = await opened(person)
    await socket.enter(room)
    return socket


def kinds(frames):
    return [frame["t"] for frame in frames]


async def test_who_comes_for_the_first_time_gets_a_snapshot(person, room):
    await said(room, "one", "two")
    socket = await opened(person)
    frames = await socket.enter(room)
    assert kinds(frames) == ["subscribed", "caught_up"]
    subscribed, caught_up = frames
    assert (subscribed["recovered"], subscribed["reason"], subscribed["head"]) == (False, "fresh", 2)
    assert [message["content"] for message in subscribed["snapshot"]["messages"]] == ["one", "two"]
    assert subscribed["epoch"] == room.epoch
    assert caught_up["seq"] == 2
    await socket.close()


async def test_what_happens_while_a_snapshot_is_on_its_way_comes_after_it(person, room, monkeypatch):
    """A client counts on from `head`: one that is ahead of the snapshot would have it pass over these events."""
    await said(room, "one", "two")
    take = snapshot.take

    def taken_and_then(room_id, **by):
        taken = take(room_id, **by)
        say(room, "three")
        return taken

    monkeypatch.setattr(snapshot, "take", taken_and_then)
    socket = await opened(person)
    subscribed, *after = await socket.enter(room)
    assert subscribed["head"] == subscribed["snapshot"]["session"]["head"] == 2
    assert [(frame["t"], frame["seq"]) for frame in after] == [("event", 3), ("caught_up", 3)]
    await socket.close()


async def test_who_comes_back_gets_what_they_missed_and_then_what_happens(person, room):
    socket = await inside(person, room)
    await socket.close()
    await said(room, "missed", "missed too")
    back = await opened(person)
    frames = await back.enter(room, epoch=room.epoch, after=0)
    assert kinds(frames) == ["subscribed", "event", "event", "caught_up"]
    assert (frames[0]["recovered"], frames[0]["head"]) == (True, 2)
    assert "snapshot" not in frames[0]
    assert "reason" not in frames[0]
    assert [frame["seq"] for frame in frames[1:]] == [1, 2, 2]
    await said(room, "now")
    assert (await back.until("event"))["seq"] == 3
    await back.close()


@pytest.mark.parametrize(
    ("position", "reason"),
    [
        ({}, "fresh"),
        ({"epoch": "another0", "after": 1}, "epoch_changed"),
        ({"after": 99}, "ahead_of_head"),
        ({"after": 0}, "too_far"),
    ],
)
async def test_who_can_t_be_given_the_events_gets_a_snapshot_and_the_reason(
    person, room, position, reason, monkeypatch
):
    monkeypatch.setattr(rooms, "RING_BYTES", 2000)
    monkeypatch.setattr("sessions_app.events.resume.RING_BYTES", 2000)
    await said(room, "x" * 900, "y" * 900, "z" * 900)
    socket = await opened(person)
    if "after" in position:
        position = {"epoch": room.epoch, **position}
    frames = await socket.enter(room, **position)
    assert (frames[0]["recovered"], frames[0]["reason"]) == (False, reason)
    assert len(frames[0]["snapshot"]["messages"]) == 3
    assert kinds(frames) == ["subscribed", "caught_up"]
    await socket.close()


async def test_more_than_a_thousand_events_are_too_far(person, room):
    event = {"type": "session.activated", "actor_kind": "system", "actor_id": "x", "data": {}, "ts": room.created_at}

    def fill():
        Event.objects.bulk_create([Event(session=room, seq=seq, **event) for seq in range(1, 1502)])
        ChatSession.objects.filter(pk=room.pk).update(head=1501)

    await executors.run(fill)
    socket = await opened(person)
    assert (await socket.enter(room, epoch=room.epoch, after=500))[0]["reason"] == "too_far"
    frames = await socket.enter(room, epoch=room.epoch, after=501)
    assert [frame["seq"] for frame in frames if frame["t"] == "event"] == list(range(502, 1502))
    await socket.close()


async def test_a_log_whose_beginning_is_gone_says_so(person, room):
    await said(room, "one", "two", "three")
    await executors.run(Event.objects.filter(session=room, seq__lte=2).delete)
    socket = await opened(person)
    assert (await socket.enter(room, epoch=room.epoch, after=0))[0]["reason"] == "behind_floor"
    await socket.close()


async def test_a_position_without_an_epoch_is_no_position(person, room):
    socket = await opened(person)
    socket.send_text(f'{{"t":"sub","room":"{room.pk}","after":3}}')
    assert (await socket.until("error"))["error"]["error_code"] == "INVALID_REQUEST"
    await socket.close()


async def test_what_is_being_written_is_given_whole_and_goes_on(person, room):
    name = str(room.pk)
    first = await inside(person, room)
    hub.delta(name, run="r", msg="m", off=0, text="Chec")
    assert (await first.until("delta"))["text"] == "Chec"
    late = await opened(await executors.run(factories.user))
    frames = await late.enter(room)
    assert frames[0]["partials"] == [{"msg": "m", "off": 0, "text": "Chec"}]
    hub.delta(name, run="r", msg="m", off=4, text="king")
    for socket in (first, late):
        assert {"off": 4, "text": "king"}.items() <= (await socket.until("delta")).items()
        await socket.close()


async def test_no_deltas_for_who_wants_none(person, room):
    socket = await inside(person, room)
    await socket.close()
    hub.delta(str(room.pk), run="r", msg="m", off=0, text="Chec")
    quiet = await opened(person)
    assert (await quiet.enter(room, deltas=False))[0]["partials"] == []
    hub.delta(str(room.pk), run="r", msg="m", off=4, text="king")
    await said(room, "Checking")
    kinds_seen = kinds(await quiet.frames("event", type="message.created"))
    assert "delta" not in kinds_seen
    await quiet.close()


async def test_a_very_long_running_text_comes_in_frames_that_a_client_must_take(person, room):
    text = "\x01" * 200_000
    hub.delta(str(room.pk), run="r", msg="m", off=0, text=text)
    socket = await opened(person)
    follower = Follower(socket, room)
    await follower.enter()
    while len(follower.texts["m"]) < len(text):
        await follower.take()
    assert follower.texts["m"] == text
    await socket.close()


async def test_a_second_sub_takes_the_first_one_s_place(person, room):
    socket = await inside(person, room)
    for _ in range(3):
        socket.send({"t": "sub", "room": str(room.pk), "epoch": room.epoch, "after": 0})
    await socket.until("caught_up")
    await said(room, "once")
    heard = await socket.frames("event", type="message.created")
    await said(room, "and the next")
    heard += await socket.frames("event", type="message.created")
    assert [frame["seq"] for frame in heard if frame["t"] == "event"] == [1, 2]
    await socket.close()


async def test_a_room_of_others_is_as_if_it_were_not_there(room):
    stranger = await executors.run(lambda: factories.user(org=factories.organization("other")))
    socket = await opened(stranger)
    told = []
    for name in (str(room.pk), "01890000-0000-7000-8000-000000000000"):
        socket.send({"t": "sub", "room": name})
        told.append(await socket.until("unsub", room=name))
    errors = [{**frame["error"], "timestamp": ""} for frame in told]
    assert errors[0] == errors[1]
    assert errors[0]["error_code"] == "SESSION_NOT_FOUND"
    await said(room, "secret")
    socket.send({"t": "ping", "n": 1})
    assert (await socket.next())["t"] == "pong"
    await socket.close()


async def test_an_ended_session_may_be_read(person, room):
    await said(room, "before the end")
    await executors.run(ChatSession.objects.filter(pk=room.pk).update, status="ended")
    socket = await opened(person)
    frames = await socket.enter(room)
    assert frames[0]["snapshot"]["session"]["status"] == "ended"
    await socket.close()


async def test_thirty_cuts_while_text_streams_leave_the_same_text_and_each_event_once(person, room):
    socket = await inside(person, room)
    uncut, cut = Follower(socket, room), Follower(await opened(person), room)
    await cut.enter()
    writing = asyncio.create_task(write_messages(room, messages=6, pieces=40))
    for _ in range(30):
        await cut.take()
        await cut.socket.close()
        cut.socket = await opened(person)
        await cut.enter()
    await writing
    head = (await executors.run(ChatSession.objects.get, pk=room.pk)).head
    for follower in (uncut, cut):
        await follower.until(head)
        await follower.socket.close()
    assert uncut.ended == cut.ended
    assert len(cut.ended) == 6
    assert cut.seqs == sorted(set(cut.seqs))


async def write_messages(room, *, messages, pieces):
    """What an engine does: deltas, then the durable end."""
    for number in range(messages):
        start = (await said(room, f"start {number}"))[0]
        message_id, text = str(start.pk), ""
        for piece in range(pieces):
            new = f"{number}.{piece} é\U0001f600 "
            hub.delta(str(room.pk), run="r", msg=message_id, off=len(text), text=new)
            text += new
            await asyncio.sleep(0)
        start.content = text
        await executors.run(finish, room, text, message_id)


def finish(room, text, message_id):
    Message.objects.filter(pk=message_id).delete()
    say(room, text, event="message.end", message_id=UUID(message_id))


# --- Whatever happens, in whatever order ------------------------------------------------------------------------------
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("post")),
        st.tuples(st.just("post without a hint")),
        st.tuples(st.just("delta"), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)),
        st.tuples(st.just("end")),
        st.tuples(st.just("cut")),
        st.tuples(st.just("resubscribe"), st.integers(0, 30)),
        st.tuples(st.just("read")),
        st.tuples(st.just("reconcile")),
    ),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_no_gap_no_repeat_and_exact_text_whatever_is_cut_dropped_and_asked_again(person, actions, monkeypatch):
    async_to_sync(play)(room_of(person), person, actions, monkeypatch)


async def play(room, person, actions, monkeypatch):
    name = str(room.pk)
    follower, message, text = Follower(await opened(person), room), None, ""
    await follower.enter()
    for action, *more in actions:
        if action == "post":
            await said(room, "hello")
        elif action == "post without a hint":
            with monkeypatch.context() as patch:
                patch.setattr(hub, "committed", lambda *args, **fields: None)
                await said(room, "hello")
        elif action == "delta":
            message = message or str((await said(room, "start"))[0].pk)
            hub.delta(name, run="r", msg=message, off=len(text), text=more[0])
            text += more[0]
        elif action == "end" and message is not None:
            await executors.run(finish, room, text, message)
            message, text = None, ""
        elif action == "cut":
            await follower.socket.close()
            follower.socket = await opened(person)
            await follower.enter()
        elif action == "resubscribe":
            follower.seq = max(0, follower.seq - more[0])
            follower.seqs = [seq for seq in follower.seqs if seq <= follower.seq]
            await follower.enter()
        elif action == "read":
            await follower.take_what_was_sent()
        elif action == "reconcile":
            await hub.reconcile()
    await hub.reconcile()
    if message is not None:
        while len(follower.texts.get(message, "")) < len(text):
            await follower.take()
        assert follower.texts[message] == text
    head = (await executors.run(ChatSession.objects.get, pk=room.pk)).head
    await follower.until(head)
    await follower.socket.close()
    told = await executors.run(lambda: list(Event.objects.filter(session=room).values_list("seq", flat=True)))
    assert follower.seqs == sorted(set(told)), "every event, once, in order, since the first snapshot"
