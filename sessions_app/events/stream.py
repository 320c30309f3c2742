"""One SSE response's side of the stream: what flows into it is taken by an async generator, as fast as it can."""

import asyncio
from collections.abc import AsyncIterator

from django.utils import timezone

from sessions_app.actors import Actor
from sessions_app.events import frames
from sessions_app.events.hub import hub
from sessions_app.events.rooms import Room, Viewer
from sessions_app.events.standing import Standing, proof_of

# What may wait here for a response that is slow; the rest waits in the ring and the database.
QUEUE_BYTES = 262_144
COMMENT_SECONDS = 15


class EventStream:
    def __init__(self, actor: Actor, room_id: str) -> None:
        self.actor: Actor | None = actor
        self._room_id = room_id
        self.proof = proof_of(actor)
        self.doubtful = False
        self.viewer: Viewer | None = None
        # Everything there was to tell is in the queue: the response ends behind it.
        self.complete = False
        self._ended = False
        self._queue: list[str] = []
        self._bytes = 0
        self._wake = asyncio.Event()

    async def texts(self) -> AsyncIterator[str]:
        """The frames of SSE until the end; a comment now and then tells both sides that the other is there."""
        yield ": it begins\n\n"
        while not self._ended:
            while self._queue:
                ready, self._bytes = "".join(self._queue), 0
                self._queue.clear()
                yield ready
                self._go_on()
            if self.complete:
                return
            try:
                async with asyncio.timeout(COMMENT_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                yield self.sign_of_life()
            self._wake.clear()

    def sign_of_life(self) -> str:
        return ": still here\n\n"

    def reset(self, room: Room, reason: str) -> int:
        """The id can't be served: what comes next is after the head, and this says which it is."""
        told = frames.encode({"room": room.id, "epoch": room.epoch, "head": room.head, "reason": reason})
        self._put(f"id: {room.epoch}:{room.head}\nevent: reset\ndata: {told}\n\n")
        return room.head

    def follow(self, viewer: Viewer) -> None:
        self.viewer = viewer
        viewer.room.viewers.add(viewer)
        viewer.catch_up()

    def close(self) -> None:
        if self.viewer is not None:
            hub.leave(self.viewer)

    # --- What a room asks of an outlet -------------------------------------------------------------------------------
    @property
    def flowing(self) -> bool:
        return self._bytes < QUEUE_BYTES and not self.doubtful and not self._ended

    def event(self, room: Room, seq: int, text: str) -> None:
        self._put(f"id: {room.epoch}:{seq}\nevent: event\ndata: {text}\n\n")

    def delta(self, frame: str) -> None:
        """Running texts are the socket's."""

    def caught_up(self, room: Room, seq: int) -> None: ...

    def aside(self, frame: str) -> None: ...

    def rooms(self) -> list[str]:
        """Also while it is on its way in: a right that goes in that moment is felt."""
        return [self._room_id]

    def settle(self, now: Standing) -> None:
        self.doubtful = False
        if now.actor is None or set(self.rooms()) - now.rooms:
            self.end(4403, "no longer allowed")
        self._go_on()

    def tick(self, now: float) -> None:
        """A stream lasts no longer than the token that opened it; who comes back goes on where it ended."""
        if self.actor is not None and self.actor.until is not None and timezone.now() >= self.actor.until:
            self.end(4401, "sign in again")

    def end(self, code: int, reason: str, retry_after_ms: int | None = None) -> None:
        self._ended = True
        self._wake.set()

    def _put(self, text: str) -> None:
        self._queue.append(text)
        self._bytes += frames.size(text)
        self._wake.set()

    def _go_on(self) -> None:
        if self.viewer is not None:
            self.viewer.catch_up()
