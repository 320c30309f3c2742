"""Thirty replies at the same time, each letter by letter: on every screen each of them is whole."""

import asyncio
import threading
from collections import defaultdict
from typing import Any

import pytest

from agents_app.dispatch.embedded import AT_ONCE, Runner
from agents_app.models import Agent
from sessions_app.events.hub import hub
from sessions_app.models import Message
from tests import factories
from tests.agents_app.calling import Heard, Person, spoken
from tests.agents_app.talking import in_thread, person, until
from tests.fakes.openai_server import FakeOpenAI
from tests.sockets import Socket, opened

pytestmark = pytest.mark.django_db(transaction=True)


async def test_thirty_sessions_stream_at_once_and_lose_no_character(
    assistant: Agent, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    speak = threading.Event()
    texts = {f"Reply {number}: naïve 🚨 {'x' * number}. " * 4 for number in range(AT_ONCE)}
    for text in texts:
        models.spells(text, until=speak)
    rooms = [await in_thread(factories.room, agent=assistant) for _ in texts]
    screen = await opened(await in_thread(person))
    for room in rooms:
        await screen.enter(room)
    go = {"content": "Go.", "stream": True}
    streams = [Heard(await rita.post(f"sessions/{room.pk}/chat", go)) for room in rooms]
    reading = [asyncio.create_task(stream.all()) for stream in streams]
    await until(lambda: len(models.requests) == AT_ONCE, seconds=60)  # every reply has begun, and none has ended
    speak.set()
    shown = await read(screen)
    kept = await in_thread(stored)
    assert set(kept.values()) == texts
    assert shown == kept
    assert {spoken(await each) for each in reading} == texts
    for outlet in list(hub.outlets):
        outlet.end(4503, "the test is over")


def stored() -> dict[str, str]:
    return {str(each.pk): each.content for each in Message.objects.filter(sender_type="agent")}


async def read(screen: Socket) -> dict[str, str]:
    """What is on the screen: deltas in order, and the end of a message for what its deltas have not brought."""
    shown: dict[str, str] = defaultdict(str)
    ended = 0
    while ended < AT_ONCE:
        frame: dict[str, Any] = await screen.next()
        if frame["t"] == "delta":
            assert frame["off"] == len(shown[frame["msg"]]), "no hole, and nothing twice"
            shown[frame["msg"]] += frame["text"]
        elif frame["t"] == "event" and frame["type"] == "message.end":
            message = frame["data"]
            assert message["content"].startswith(shown[message["message_id"]])
            shown[message["message_id"]] = message["content"]
        ended += frame["t"] == "event" and frame["type"] == "run.succeeded"
    return dict(shown)
