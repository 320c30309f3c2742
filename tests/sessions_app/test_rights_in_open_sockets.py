"""A right that is lost is lost in the sockets that are open, before the next event."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from sessions_app.events import executors
from sessions_app.events.hub import hub
from sessions_app.models import ApiKey, ChatSession, Membership, User
from sessions_app.services import accounts
from tests import factories
from tests.sessions_app.telling import said
from tests.sockets import Gone, Socket, opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_agents")]


@pytest.fixture
def person():
    return factories.user()


@pytest.fixture
def room(person):
    return factories.room()


async def inside(person, room):
    socket = await opened(person)
    await socket.enter(room)
    await socket.until("event", type="participant.joined")
    return socket


async def rest(socket):
    """Everything until the end, and the code of the end."""
    frames = []
    while True:
        try:
            frames.append(await socket.next())
        except Gone as gone:
            return frames, gone.code


def remove(person):
    membership = Membership.objects.get(user=person)
    membership.active = False
    membership.save()


async def test_a_removed_member_hears_no_event_more(person, room):
    socket = await inside(person, room)
    await executors.run(remove, person)
    await said(room, "not for them")
    frames, code = await rest(socket)
    assert [frame["t"] for frame in frames if frame["t"] != "presence"] == ["unsub"]
    assert frames[-1]["error"]["error_code"] == "PERMISSION_DENIED"
    assert code == 4403


async def test_a_member_of_two_organisations_loses_only_the_rooms_of_one(person, room):
    def elsewhere():
        other = factories.organization("other")
        Membership.objects.create(organization=other, user=person, role="observer")
        return factories.room(other)

    second = await executors.run(elsewhere)
    socket = await inside(person, room)
    await socket.enter(second)
    await executors.run(lambda: Membership.objects.get(user=person, organization=room.organization).delete())
    assert (await socket.until("unsub"))["room"] == str(room.pk)
    await said(second, "still here")
    await socket.until("event", type="message.created", room=str(second.pk))
    await socket.close()


async def test_a_deactivated_person_must_sign_in_again(person, room):
    socket = await inside(person, room)

    def deactivate():
        person.is_active = False
        person.save()

    await executors.run(deactivate)
    await said(room, "not for them")
    frames, code = await rest(socket)
    assert not [frame for frame in frames if frame["t"] == "event"]
    assert code == 4401


async def test_a_new_password_ends_the_sockets_of_the_old_one(person, room):
    socket = await inside(person, room)

    def change():
        person.set_password("another long password")
        person.save()

    await executors.run(change)
    assert (await rest(socket))[1] == 4401


@pytest.mark.parametrize("door", ["token", "browser"])
async def test_a_sign_out_ends_the_sockets_of_that_sign_in_and_no_other(person, room, door):
    elsewhere = await inside(person, room)

    def enter():
        client = Client()
        if door == "browser":
            client.force_login(User.objects.get(pk=person.pk), backend="django.contrib.auth.backends.ModelBackend")
            return client, client.post("/api/v1/ws-tickets").json()["ticket"], lambda: client.post("/sign-out/")
        signed_in = accounts.sign_in(user=person)
        headers = {"Authorization": f"Bearer {signed_in.access}"}
        ticket = client.post("/api/v1/ws-tickets", headers=headers).json()["ticket"]
        return client, ticket, lambda: accounts.sign_out(refresh=signed_in.refresh)

    _, ticket, sign_out = await executors.run(enter)
    socket = await Socket().open()
    socket.send({"t": "hello", "v": 1, "ticket": ticket})
    await socket.until("welcome")
    await socket.enter(room)
    await executors.run(sign_out)
    await said(room, "not for who has left")
    frames, code = await rest(socket)
    assert not [frame for frame in frames if frame["t"] == "event"]
    assert code == 4401
    await elsewhere.until("event", type="message.created")
    await elsewhere.close()


async def test_a_command_after_the_sign_out_is_refused_before_anybody_has_looked(person, room, monkeypatch):
    signed_in = await executors.run(accounts.sign_in, user=person)
    socket = await Socket(origin=None, authorization=f"Bearer {signed_in.access}").open()
    await socket.hello()
    monkeypatch.setattr(hub, "doubt", lambda actor_id: None)  # as when another process was told of it
    await executors.run(accounts.sign_out, refresh=signed_in.refresh)
    refused = await socket.ask("message.send", {"content": "Still here?"}, room=room.pk)
    assert refused["error"]["error_code"] == "NOT_AUTHENTICATED"
    await hub.recheck()
    assert (await rest(socket))[1] == 4401


async def test_what_another_process_changed_is_found_by_the_regular_check(person, room):
    socket = await inside(person, room)
    await executors.run(Membership.objects.filter(user=person).update, active=False)
    await hub.recheck()
    frames, code = await rest(socket)
    assert [frame["t"] for frame in frames if frame["t"] != "presence"] == ["unsub"]
    assert code == 4403


@pytest.mark.parametrize("change", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(1)}])
async def test_a_key_that_ends_ends_its_sockets(room, change):
    def make():
        return accounts.issue_key(organization=factories.organization(), name="siem", scopes=["read"], by=None)

    key, secret = await executors.run(make)
    socket = await Socket(origin=None, authorization=f"Api-Key {secret}").open()
    await socket.hello()
    await socket.enter(room)
    await executors.run(ApiKey.objects.filter(pk=key.pk).update, **change)
    await hub.recheck()
    assert (await rest(socket))[1] == 4401


async def test_a_role_that_changes_keeps_the_stream_and_changes_what_may_be_done(person, room):
    socket = await inside(person, room)

    def demote():
        membership = Membership.objects.get(user=person)
        membership.role = "observer"
        membership.save()

    await executors.run(demote)
    refused = await socket.ask("message.send", {"content": "May I?"}, room=room.pk)
    assert refused["error"]["error_code"] == "PERMISSION_DENIED"
    await said(room, "go on")
    await socket.until("event", type="message.created")
    await socket.close()


async def test_somebody_elses_engineer_chat_is_not_there(person):
    def private():
        return factories.room(category=ChatSession.Category.ENGINEER_CHAT, owner=User.objects.get(pk=person.pk))

    chat = await executors.run(private)
    owner, other = await opened(person), await opened(await executors.run(factories.user, role="commander"))
    assert (await owner.enter(chat))[0]["t"] == "subscribed"
    other.send({"t": "sub", "room": str(chat.pk)})
    assert (await other.until("unsub"))["error"]["error_code"] == "SESSION_NOT_FOUND"
    await owner.close()
    await other.close()


async def test_a_sign_in_of_the_same_person_elsewhere_changes_nothing(person, room, monkeypatch):
    socket = await inside(person, room)
    monkeypatch.setattr(hub, "recheck", None)  # would fail if it were asked

    def sign_in():
        person.last_login = timezone.now()
        person.save(update_fields=["last_login"])

    await executors.run(sign_in)
    await said(room, "go on")
    await socket.until("event", type="message.created")
    await socket.close()


async def test_who_is_in_doubt_while_the_database_is_away_is_asked_for_again(person, room, monkeypatch):
    socket = await inside(person, room)

    def away(*args):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr("sessions_app.events.hub.standings", away)
        hub.doubt(str(person.pk))
        await said(room, "waits")
        assert [frame for frame in await socket.all_sent() if frame["t"] == "event"] == []
    await hub.reconcile()
    await socket.until("event", type="message.created")
    await socket.close()
