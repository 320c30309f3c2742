"""The socket's door, its commands, and how it ends."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from sessions_app import consumers
from sessions_app.events import executors
from sessions_app.events.hub import hub
from sessions_app.models import Event, Message
from sessions_app.services import accounts
from tests import factories
from tests.sockets import Socket, opened, ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_agents")]


@pytest.fixture
def person():
    return factories.user(role="responder")


@pytest.fixture
def room(person):
    return factories.room()


# --- Coming in --------------------------------------------------------------------------------------------------------
async def test_a_person_is_welcomed_with_a_ticket(person):
    socket = await Socket().open()
    welcome = await socket.hello(person)
    assert welcome["user"] == str(person.pk)
    assert (welcome["ping_ms"], welcome["window_bytes"]) == (20000, 262144)
    assert welcome["token_exp"].endswith("Z")
    await socket.close()


async def test_a_ticket_works_once(person):
    token = await ticket(person)
    for expected in ("welcome", 4401):
        socket = await Socket().open()
        socket.send({"t": "hello", "v": 1, "ticket": token})
        if expected == "welcome":
            await socket.until("welcome")
            await socket.close()
        else:
            assert (await socket.closed()).code == expected


async def test_a_program_shows_its_token_on_the_upgrade_and_needs_no_origin(person):
    access = (await executors.run(accounts.sign_in, user=person)).access
    socket = await Socket(origin=None, authorization=f"Bearer {access}").open()
    assert (await socket.hello())["user"] == str(person.pk)
    await socket.close()


async def test_a_program_with_a_key_reads_and_does_not_become_a_person(room):
    def make():
        return accounts.issue_key(organization=factories.organization(), name="siem", scopes=["read"], by=None)

    key, secret = await executors.run(make)
    socket = await Socket(origin=None, authorization=f"Api-Key {secret}").open()
    assert (await socket.hello())["user"] == f"key:{key.pk}"
    assert (await socket.enter(room))[0]["t"] == "subscribed"
    refused = await socket.ask("message.send", {"content": "hi"}, room=room.pk)
    assert refused["error"]["error_code"] == "PERMISSION_DENIED"
    await socket.close()


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"origin": "https://evil.example"}, 4403),
        ({"origin": "null"}, 4403),
        ({"origin": None}, 4403),
        ({"origin": "https://testserver.evil.example"}, 4403),
        ({"subprotocols": ()}, 4406),
        ({"subprotocols": ("warroom.v2",)}, 4406),
    ],
)
async def test_a_stranger_is_told_why_the_door_stays_shut(headers, code):
    socket = await Socket(**headers).open()
    gone = await socket.closed()
    assert gone.code == gone.bye["code"] == code


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ('{"t":"hello","v":2}', 4406),
        ('{"t":"hello","v":1}', 4401),
        ('{"t":"hello","v":1,"ticket":"' + "x" * 43 + '"}', 4401),
        ('{"t":"hello","v":1,"surprise":1}', 4400),
        ('{"t":"sub","room":"00000000-0000-7000-8000-000000000000"}', 4400),
        ("not json", 4400),
    ],
)
async def test_a_wrong_first_frame_ends_the_socket_with_its_code(first, code):
    socket = await Socket().open()
    socket.send_text(first)
    gone = await socket.closed()
    assert gone.code == gone.bye["code"] == code


async def test_a_socket_that_says_nothing_is_closed(monkeypatch):
    monkeypatch.setattr(consumers, "HELLO_SECONDS", 0)
    socket = await Socket().open()
    assert (await socket.closed()).code == 4408


async def test_an_expired_token_ends_the_socket(person):
    socket = await opened(person)
    for connection in hub.outlets:
        connection.expires = timezone.now() - timedelta(seconds=1)
    await hub.tick()
    assert (await socket.closed()).code == 4401


async def test_a_fresh_ticket_prolongs_the_socket_and_somebody_elses_does_not(person):
    socket = await opened(person)
    other = await executors.run(factories.user)
    (connection,) = hub.outlets
    connection.expires = timezone.now() + timedelta(seconds=30)
    before = connection.expires
    assert not (await socket.ask("auth.refresh", {"ticket": await ticket(other)}))["ok"]
    assert connection.expires == before
    ack = await socket.ask("auth.refresh", {"ticket": await ticket(person)})
    assert ack["ok"]
    assert ack["data"]["token_exp"].endswith("Z")
    assert connection.expires > before
    await socket.close()


async def test_a_server_that_goes_down_sends_everybody_away_to_come_back(person):
    socket = await opened(person)
    draining = asyncio.create_task(consumers.drain())
    gone = await socket.closed()
    await draining
    assert gone.code == 4503
    assert gone.bye["retry_after_ms"] >= 0
    late = await Socket().open()
    assert (await late.closed()).code == 4503


async def test_a_socket_leaves_no_task_behind(person, room):
    before = asyncio.all_tasks()
    socket = await opened(person)
    await socket.enter(room)
    await socket.close()
    await asyncio.wait(asyncio.all_tasks() - before, timeout=5) if asyncio.all_tasks() - before else None
    assert asyncio.all_tasks() == before
    assert not hub.rooms
    assert not hub.outlets


# --- Commands ---------------------------------------------------------------------------------------------------------
async def test_a_message_is_acknowledged_after_it_is_stored(person, room):
    socket = await opened(person)
    await socket.enter(room)
    cid = str(uuid4())
    ack = await socket.ask("message.send", {"content": "Looking at it."}, room=room.pk, cid=cid)
    stored = await executors.run(lambda: Message.objects.get(pk=ack["data"]["message_id"]))
    assert stored.content == "Looking at it."
    event = await executors.run(lambda: Event.objects.get(session=room, type="message.created"))
    assert str(event.cause) == cid
    assert ack["seq"] >= event.seq
    await socket.close()


async def test_the_same_command_twice_is_one_message_with_the_same_answer(person, room):
    socket = await opened(person)
    cid = str(uuid4())
    first = await socket.ask("message.send", {"content": "Once"}, room=room.pk, cid=cid)
    again = await socket.ask("message.send", {"content": "Once"}, room=room.pk, cid=cid)
    assert again == {**first, "dup": True}
    await socket.close()
    elsewhere = await opened(person)
    assert (await elsewhere.ask("message.send", {"content": "Once"}, room=room.pk, cid=cid))["dup"]
    other = await elsewhere.ask("message.send", {"content": "Twice"}, room=room.pk, cid=cid)
    assert other["error"]["error_code"] == "IDEMPOTENCY_MISMATCH"
    assert await executors.run(Message.objects.count) == 1
    await elsewhere.close()


async def test_messages_of_one_socket_keep_their_order(person, room):
    socket = await opened(person)
    for number in range(20):
        told = {"t": "cmd", "cid": str(uuid4()), "room": str(room.pk), "type": "message.send"}
        socket.send({**told, "data": {"content": f"{number}"}})
    for _ in range(20):
        assert (await socket.until("ack"))["ok"]
    said = await executors.run(lambda: [row.content for row in Message.objects.order_by("seq")])
    assert said == [f"{number}" for number in range(20)]
    await socket.close()


@pytest.mark.parametrize(
    ("type_", "data", "code"),
    [
        ("message.send", {"content": ""}, "INVALID_REQUEST"),
        ("message.send", {"content": "x", "surprise": 1}, "INVALID_REQUEST"),
        ("session.config", {"config": {"nonsense": 1}}, "INVALID_CONFIG"),
        ("typing", {}, "SESSION_NOT_FOUND"),
    ],
)
async def test_a_refused_command_says_why_and_the_socket_goes_on(person, room, type_, data, code):
    socket = await opened(person)
    ack = await socket.ask(type_, data, room=room.pk)
    assert (ack["ok"], ack["error"]["error_code"]) == (False, code)
    assert (await socket.ask("message.send", {"content": "Still here"}, room=room.pk))["ok"]
    await socket.close()


async def test_an_observer_reads_and_does_not_post(room):
    observer = await executors.run(factories.user, role="observer")
    socket = await opened(observer)
    assert (await socket.enter(room))[0]["recovered"] is False
    ack = await socket.ask("message.send", {"content": "Me too"}, room=room.pk)
    assert ack["error"]["error_code"] == "PERMISSION_DENIED"
    await socket.close()


async def test_too_many_commands_at_once_are_too_many(person, room):
    socket = await opened(person)
    for _ in range(60):
        told = {"t": "cmd", "cid": str(uuid4()), "room": str(room.pk), "type": "typing", "data": {}}
        socket.send(told)
    gone = await socket.closed()
    assert gone.code == 4429
    assert gone.bye["retry_after_ms"] > 0


# --- What is not in the log -------------------------------------------------------------------------------------------
async def test_a_client_may_ping_too(person):
    socket = await opened(person)
    socket.send({"t": "ping", "n": 7})
    assert await socket.until("pong") == {"t": "pong", "n": 7}
    await socket.close()


async def test_others_see_who_types_and_who_is_there(person, room):
    other = await executors.run(factories.user)
    here, there = await opened(person), await opened(other)
    await here.enter(room)
    await there.enter(room)
    people = {str(person.pk), str(other.pk)}
    while {user["id"] for user in (await here.until("presence"))["users"]} != people:
        pass
    assert (await here.ask("typing", {}, room=room.pk))["ok"]
    typing = await there.until("typing")
    assert (typing["user"], typing["name"]) == (str(person.pk), person.display_name)
    await here.close()
    while {user["id"] for user in (await there.until("presence"))["users"]} != {str(other.pk)}:
        pass
    await there.close()


async def test_a_person_joins_a_room_once_and_not_once_a_tab(person, room):
    first = await opened(person)
    seen = await first.enter(room)
    while "participant.joined" not in {frame.get("type") for frame in seen}:
        seen.append(await first.next())
    await first.close()
    second, third = await opened(person), await opened(person)
    await second.enter(room)
    await third.enter(room)
    await third.ask("message.send", {"content": "Hello"}, room=room.pk)
    joined = await executors.run(Event.objects.filter(session=room, type="participant.joined").count)
    assert joined == 1
    await second.close()
    await third.close()


async def test_trouble_of_a_part_is_shown_to_all_and_to_who_comes_later(person):
    socket = await opened(person)
    hub.status("database", "down", "OperationalError")
    status = await socket.until("status")
    assert (status["part"], status["state"]) == ("database", "down")
    later = await Socket().open()
    assert (await later.hello(person))["status"][0]["part"] == "database"
    hub.status("database", "ok")
    assert (await socket.until("status"))["state"] == "ok"
    await socket.close()
    await later.close()
