"""The same log by HTTP: a stream that resumes, and pages."""

import asyncio
import json
import threading
from datetime import timedelta

import pytest
from django.test import AsyncClient
from django.utils import timezone

from sessions_app.events import executors
from sessions_app.events.hub import hub
from sessions_app.events.standing import place
from sessions_app.events.stream import EventStream
from sessions_app.models import ChatSession, Membership
from sessions_app.services import accounts
from tests import contract, factories
from tests.sessions_app.telling import said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_agents")]


@pytest.fixture
def person():
    return factories.user()


@pytest.fixture
def room(person):
    return factories.room()


async def get(person, room, query="", **headers):
    access = (await executors.run(accounts.sign_in, user=person)).access
    path = f"/api/v1/sessions/{room.pk}/events{query}"
    return await AsyncClient().get(path, headers={"Authorization": f"Bearer {access}", **headers})


class Stream:
    """A reader of Server-Sent Events."""

    def __init__(self, response):
        assert response.status_code == 200, response.content
        assert response["Content-Type"].startswith("text/event-stream")
        self.chunks = aiter(response.streaming_content)
        self.blocks = []

    async def lines(self):
        """The lines of the next block."""
        if not self.blocks:
            chunk = await asyncio.wait_for(anext(self.chunks), 20)
            assert chunk.endswith(b"\n\n")
            self.blocks = chunk.decode().removesuffix("\n\n").split("\n\n")
        return self.blocks.pop(0).split("\n")

    async def next(self):
        while (lines := await self.lines())[0].startswith(":"):
            pass
        return {name: value for name, _, value in (line.partition(": ") for line in lines)}

    async def event(self):
        block = await self.next()
        assert block["event"] == "event"
        frame = contract.check(json.loads(block["data"]))
        assert block["id"].partition(":")[2] == str(frame["seq"])
        return frame

    async def close(self):
        await self.chunks.aclose()


async def test_the_log_is_told_from_its_beginning_and_goes_on(person, room):
    await said(room, "one", "two")
    stream = Stream(await get(person, room, Accept="text/event-stream"))
    assert [(await stream.event())["data"]["content"] for _ in range(2)] == ["one", "two"]
    await said(room, "three")
    assert (await stream.event())["data"]["content"] == "three"
    await stream.close()


async def test_a_reader_who_comes_back_gets_what_they_missed(person, room):
    await said(room, "one", "two", "three")
    stream = Stream(await get(person, room, **{"Last-Event-ID": f"{room.epoch}:1"}))
    assert [(await stream.event())["seq"] for _ in range(2)] == [2, 3]
    await stream.close()


@pytest.mark.parametrize(
    ("last", "reason"),
    [("another0:1", "epoch_changed"), ("{epoch}:99", "ahead_of_head"), ("nonsense", "epoch_changed")],
)
async def test_an_id_that_can_t_be_served_is_reset(person, room, last, reason):
    await said(room, "one", "two")
    stream = Stream(await get(person, room, **{"Last-Event-ID": last.format(epoch=room.epoch)}))
    reset = await stream.next()
    assert (reset["event"], reset["id"]) == ("reset", f"{room.epoch}:2")
    assert json.loads(reset["data"])["reason"] == reason
    await said(room, "three")
    assert (await stream.event())["seq"] == 3
    await stream.close()


async def test_a_long_log_comes_in_order_however_slowly_it_is_read(person, room):
    await said(room, *["x" * 30_000] * 30)
    stream = Stream(await get(person, room))
    assert [(await stream.event())["seq"] for _ in range(30)] == list(range(1, 31))
    await stream.close()


async def test_a_stream_that_is_left_leaves_nothing_behind(person, room):
    before = asyncio.all_tasks()
    stream = Stream(await get(person, room))
    await said(room, "one")
    await stream.event()
    assert hub.rooms
    waiting = asyncio.create_task(stream.event())
    await asyncio.sleep(0)
    waiting.cancel()  # as Django does when the client has gone; and then it closes what it iterates
    await asyncio.gather(waiting, return_exceptions=True)
    await stream.close()
    assert not hub.rooms
    assert not hub.outlets
    await asyncio.gather(*(asyncio.all_tasks() - before - {asyncio.current_task()}), return_exceptions=True)
    assert asyncio.all_tasks() == before


async def test_a_stream_says_now_and_then_that_it_is_alive(person, room, monkeypatch):
    monkeypatch.setattr("sessions_app.events.stream.COMMENT_SECONDS", 0)
    stream = Stream(await get(person, room))
    for _ in range(3):
        assert (await stream.lines())[0].startswith(":")
    await said(room, "one")
    assert (await stream.event())["seq"] == 1
    await stream.close()


async def test_a_member_who_is_removed_hears_no_event_more(person, room):
    stream = Stream(await get(person, room))
    await said(room, "one")
    await stream.event()
    await executors.run(lambda: Membership.objects.get(user=person).delete())
    await said(room, "not for them")
    with pytest.raises(StopAsyncIteration):
        await stream.event()


async def test_a_member_who_is_removed_on_their_way_in_hears_nothing(person, room, monkeypatch):
    """Their rights are read, change, and are read again for all who are here before they have found their place."""
    settled, settle = threading.Event(), EventStream.settle

    def told(stream, now):
        settle(stream, now)
        settled.set()

    def slowly(actor, room_id):
        found = place(actor, room_id)
        if hub.outlets:  # the stream itself asks, not who decides whether there is one
            Membership.objects.get(user=person).delete()
            assert settled.wait(20)
        return found

    monkeypatch.setattr(EventStream, "settle", told)
    monkeypatch.setattr("sessions_app.api.events.place", slowly)
    await said(room, "not for them")
    stream = Stream(await get(person, room))
    with pytest.raises(StopAsyncIteration):
        await stream.event()


# --- Pages ------------------------------------------------------------------------------------------------------------
async def test_pages_follow_each_other_to_the_head(person, room):
    await said(room, "one", "two", "three")
    first = (await get(person, room, "?after=0&limit=2", Accept="application/json")).json()
    assert [contract.check(frame)["seq"] for frame in first["data"]] == [1, 2]
    last = (await get(person, room, f"?limit=2&cursor={first['next']}", Accept="application/json")).json()
    assert ([frame["seq"] for frame in last["data"]], last["next"]) == ([3], None)
    assert (await get(person, room, "?after=3")).json() == {"data": [], "next": None}


@pytest.mark.parametrize("query", ["?after=x", "?after=-1", "?limit=0", "?limit=201", "?cursor=!!!"])
async def test_a_wrong_question_is_refused(person, room, query):
    response = await get(person, room, query, Accept="application/json")
    assert (response.status_code, response.json()["error_code"]) == (400, "INVALID_REQUEST")
    assert response["Content-Type"] == "application/problem+json"


async def test_a_stranger_and_a_visitor_learn_nothing(room):
    stranger = await executors.run(lambda: factories.user(org=factories.organization("other")))
    for headers in ({"Accept": "text/event-stream"}, {"Accept": "application/json"}):
        response = await get(stranger, room, **headers)
        assert (response.status_code, response.json()["error_code"]) == (404, "SESSION_NOT_FOUND")
    nobody = await AsyncClient().get(f"/api/v1/sessions/{room.pk}/events")
    assert (nobody.status_code, nobody.json()["error_code"]) == (401, "NOT_AUTHENTICATED")
    wrong = await AsyncClient().get(f"/api/v1/sessions/{room.pk}/events", headers={"Authorization": "Bearer nonsense"})
    assert wrong.status_code == 401


async def test_a_signed_in_browser_reads_with_its_cookie(person, room):
    await said(room, "one")
    browser = AsyncClient()
    await executors.run(browser.force_login, person)
    page = await browser.get(f"/api/v1/sessions/{room.pk}/events?after=0", headers={"Accept": "application/json"})
    assert len(page.json()["data"]) == 1
    refused = await browser.post(f"/api/v1/sessions/{room.pk}/events")
    assert refused.status_code in (403, 405)


async def test_a_session_that_is_gone_is_not_found(person, room):
    await executors.run(ChatSession.objects.filter(pk=room.pk).delete)
    assert (await get(person, room)).status_code == 404


@pytest.mark.parametrize("end", ["sign-out", "token"])
async def test_a_stream_ends_with_the_sign_in_or_the_token_that_opened_it(person, room, end, monkeypatch):
    signed_in = await executors.run(accounts.sign_in, user=person)
    path, headers = f"/api/v1/sessions/{room.pk}/events", {"Authorization": f"Bearer {signed_in.access}"}
    stream = Stream(await AsyncClient().get(path, headers=headers))
    assert (await stream.lines())[0].startswith(":")
    if end == "sign-out":
        await executors.run(accounts.sign_out, refresh=signed_in.refresh)
    else:
        late = timezone.now() + timedelta(minutes=16)
        monkeypatch.setattr("sessions_app.events.stream.timezone.now", lambda: late)
        await hub.tick()
    await said(room, "not for who has left")
    with pytest.raises(StopAsyncIteration):
        await stream.event()
