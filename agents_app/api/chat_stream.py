"""A reply as it is given: what the room is told of one run, by the way that every viewer of the room is told."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import Error as DatabaseError

from agents_app.api.chat_words import Words
from sessions_app import doorway
from sessions_app.actors import Actor
from sessions_app.api.problems import refusal_of
from sessions_app.errors import Refused
from sessions_app.events import executors
from sessions_app.events.hub import hub
from sessions_app.events.refusals import error_object
from sessions_app.events.rooms import Room, Viewer
from sessions_app.events.standing import place
from sessions_app.events.stream import EventStream
from sessions_app.models import Message

OVER = ("run.succeeded", "run.failed", "run.cancelled")
# What `done` says of a reply that its stream did not see the end of.
UNFINISHED = "unfinished"
BROKEN_OFF = {
    4401: ("NOT_AUTHENTICATED", "Your sign-in has ended. The reply goes on; read it in the history."),
    4403: ("PERMISSION_DENIED", "You may not see this session any more."),
}
GOING = ("SERVICE_UNAVAILABLE", "The server is going down. The reply goes on elsewhere; read it in the history.")


@dataclass(frozen=True)
class Awaited:
    """The run that answers, and the event of its session after which it is told of."""

    session_id: str
    run_id: str
    after: int
    actor: Actor


async def told(awaited: Awaited, words: Words) -> AsyncIterator[str]:
    """Tell of the run until it has ended. Whoever stops listening stops only that."""
    doorway.step_aside()
    stream = ReplyStream(awaited, words)
    hub.open(stream)
    try:
        await _follow(stream, awaited)
        async for text in stream.texts():
            yield text
        async for text in stream.last_words():
            yield text
    except (Refused, DatabaseError) as error:
        for text in _broken_off(awaited, words, refusal_of(error) or Refused("SERVICE_UNAVAILABLE")):
            yield text
    finally:
        stream.close()
        hub.close(stream)


def _broken_off(awaited: Awaited, words: Words, refused: Refused) -> Iterator[str]:
    """The end of a stream whose reply goes on without it: why it ends, and that this is all."""
    yield words.error(error_object(refused))
    unfinished = {"id": awaited.run_id, "session_id": awaited.session_id, "status": UNFINISHED, "usage": {}, "path": ""}
    yield words.done(unfinished, None, "")


async def _follow(stream: "ReplyStream", awaited: Awaited) -> None:
    async with hub.entering(awaited.session_id) as room:
        found = await executors.read(place, awaited.actor, awaited.session_id)
        room.reaches(found.epoch, found.head)
        stream.follow(Viewer(room, stream, pos=awaited.after))


class ReplyStream(EventStream):
    """One viewer of the room who cares for one run only."""

    def __init__(self, awaited: Awaited, words: Words) -> None:
        super().__init__(awaited.actor, awaited.session_id)
        self._awaited, self._run_id, self._words = awaited, awaited.run_id, words
        # The newest text the run has said, and itself once it has ended.
        self._said: dict[str, Any] | None = None
        self._run: dict[str, Any] | None = None
        self._broken_off = 0
        # Code points of each message that were told.
        self._told: dict[str, int] = {}

    async def last_words(self) -> AsyncIterator[str]:
        """The end: of the run, or of what its asker may hear of it."""
        if self._run is None:
            for text in _broken_off(self._awaited, self._words, Refused(*BROKEN_OFF.get(self._broken_off, GOING))):
                yield text
            return
        content, message_id = "", None
        if self._said is not None:
            message_id, content = self._said["message_id"], self._said["content"]
            if self._said["truncated"]:  # an event has its bounds, a reply is whole
                content = await executors.read(_whole, UUID(message_id))
                if rest := content[self._told.get(message_id, 0) :]:
                    yield self._words.content(rest, message_id)
        yield self._words.done(self._run, message_id, content)

    # --- What a room asks of an outlet --------------------------------------------------------------------------------
    def event(self, room: Room, seq: int, text: str) -> None:
        if self._run_id not in text or self.complete:
            return
        frame = orjson.loads(text)
        if frame.get("run") == self._run_id:
            self._hear(frame["type"], frame["data"])

    def delta(self, frame: str) -> None:
        if self._run_id not in frame:
            return
        delta = orjson.loads(frame)
        if delta["run"] == self._run_id and delta.get("kind", "text") == "text":
            self._say(delta["msg"], delta["off"], delta["text"])

    def sign_of_life(self) -> str:
        return self._words.alive()

    def end(self, code: int, reason: str, retry_after_ms: int | None = None) -> None:
        self._broken_off = code
        super().end(code, reason, retry_after_ms)

    def _put(self, text: str) -> None:
        """An empty chunk would be the end of the response."""
        if text:
            super()._put(text)

    # --- What is told -------------------------------------------------------------------------------------------------
    def _hear(self, kind: str, data: dict[str, Any]) -> None:
        match kind:
            case "message.thinking":
                self._say(data["message_id"], 0, data["content"])
                self._put(self._words.thinking(data["content"], data["message_id"]))
            case "message.end":
                self._end(data)
            case "message.reset":
                self._put(self._words.reset(data["message_id"], data["reason"]))
            case "tool.called":
                self._put(self._words.tool_call(data))
            case "tool.result":
                self._put(self._words.tool_result(data))
            case "approval.requested":
                self._put(self._words.approval(data))
            case "question.asked":
                self._put(self._words.question(data))
            case "message.error":
                self._put(self._words.error(data["error"]))
            case _ if kind in OVER:
                self._run, self.complete = data, True
                self._wake.set()

    def _say(self, message_id: str, off: int, text: str) -> None:
        """Tell what is new of a message; what a hole hides comes with its end."""
        known = self._told.get(message_id, 0)
        if off <= known < off + len(text):
            self._told[message_id] = off + len(text)
            self._put(self._words.content(text[known - off :], message_id))

    def _end(self, message: dict[str, Any]) -> None:
        if not message["truncated"]:
            self._say(message["message_id"], 0, message["content"])
        if message["message_type"] == Message.Type.TEXT:
            self._said = message


def _whole(message_id: UUID) -> str:
    content: str = Message.objects.values_list("content", flat=True).get(pk=message_id)
    return content
