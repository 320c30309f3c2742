"""One socket's side of the stream: a bounded outbox with one writer, and a window of bytes not yet acknowledged.

daphne takes all we send and keeps it in memory for a client that does not read; so how much may be under way is ours
to decide. While the window is full nothing of the stream goes out: it waits in the ring and the database, and what is
kept for the client here is one number a room.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from autobahn.exception import Disconnected
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from sessions_app.actors import Actor
from sessions_app.errors import Refused
from sessions_app.events import frames, ready_frames
from sessions_app.events.hub import hub
from sessions_app.events.refusals import error_object
from sessions_app.events.rooms import Room, Viewer
from sessions_app.events.standing import Standing

WINDOW_BYTES = 262_144
PING_BYTES = 65_536
PING_SECONDS = 20
LONGEST_STEP = 2**24
FULL_SECONDS = 30
PINGS_MISSED = 2
LINGER_TICKS = 3
# Answers to a client that asks and never reads.
OUTBOX_BYTES = 4 * WINDOW_BYTES

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Connection:
    def __init__(self, send: Send, *, abort: Callable[[], Any], together: bool = False) -> None:
        self.actor: Actor | None = None
        self.proof = ""
        self.expires: datetime | None = None
        self.doubtful = False
        self.language = settings.LANGUAGE_CODE
        self.viewers: dict[str, Viewer] = {}
        self.joining: dict[str, asyncio.Task[None]] = {}
        self.working = 0
        self.ended: tuple[int, str] | None = None
        # Set while the stream flows; who needs room for a large frame waits for it.
        self.clear = asyncio.Event()
        self.clear.set()
        self._send = send
        # Whether the server writes several texts as one.
        self._together = together
        self._abort = abort
        self._lingering = 0
        self._outbox: deque[str] = deque()
        self._wake = asyncio.Event()
        self._sent = 0
        self._acknowledged = 0
        # The number of each ping without an answer, and what had been sent before it.
        self._marks: deque[tuple[int, int]] = deque()
        self._ping_number = 0
        self._unanswered = 0
        self._ping_at: float | None = None
        self._full_since: float | None = None

    # --- Outward -----------------------------------------------------------------------------------------------------
    @property
    def flowing(self) -> bool:
        return self._sent - self._acknowledged < WINDOW_BYTES and not self.doubtful and self.ended is None

    def put(self, text: str) -> None:
        """Queue a frame; a ping after every 64 KiB asks how far the client has read."""
        if self.ended is not None:
            return
        marked = self._sent // PING_BYTES
        self._queue(text)
        if self._sent // PING_BYTES > marked:
            self._ping()
        if self._sent - self._acknowledged > OUTBOX_BYTES:
            self.end(4508, "too slow")

    def event(self, room: Room, seq: int, text: str) -> None:
        self.put(text)

    def delta(self, frame: str) -> None:
        self.put(frame)

    def aside(self, frame: str) -> None:
        if self.flowing and self.actor is not None:
            self.put(frame)

    def caught_up(self, room: Room, seq: int) -> None:
        self.put(frames.encode({"t": "caught_up", "room": room.id, "seq": seq}))
        room.presence_changed()

    def end(self, code: int, reason: str, retry_after_ms: int | None = None) -> None:
        """Say goodbye after what is queued, and close; a frame gives the reason, since daphne drops it."""
        if self.ended is not None:
            return
        told: dict[str, Any] = {"t": "bye", "code": code, "reason": reason}
        if retry_after_ms is not None:
            told["retry_after_ms"] = retry_after_ms
        self._queue(frames.encode(told))
        self.ended = (code, reason)
        self.clear.set()

    async def write(self) -> None:
        """Send what is queued until the end, or until the client is gone; the one writer of this socket."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._outbox:
                    await self._send(self._next())
                if self.ended is not None:
                    await self._send({"type": "websocket.close", "code": self.ended[0]})
                    return
        except (OSError, Disconnected, RuntimeError):
            # uvicorn's ClientDisconnected is an OSError. What it closed by itself, for a frame that breaks the protocol
            # or a ping without an answer, it takes for our mistake: https://github.com/fastapi/fastapi/issues/3438
            self.ended = self.ended or (1006, "gone")

    def _next(self) -> dict[str, Any]:
        if not self._together:
            return {"type": "websocket.send", "text": self._outbox.popleft()}
        texts, self._outbox = self._outbox, deque()
        return {"type": ready_frames.TOGETHER, "texts": texts}

    # --- Inward ------------------------------------------------------------------------------------------------------
    def heard(self) -> None:
        """Any frame is a sign of life."""
        self._unanswered = 0

    def pong(self, number: int) -> bool:
        """Everything sent before this ping has arrived; False for a number that was never sent."""
        if number > self._ping_number or (self._marks and number > self._marks[0][0] and not self._asked(number)):
            return False
        while self._marks and self._marks[0][0] <= number:
            self._acknowledged = self._marks.popleft()[1]
        self.resume()
        return True

    def _asked(self, number: int) -> bool:
        return any(asked == number for asked, _ in self._marks)

    def resume(self) -> None:
        """The window may have opened: give every room what is missing."""
        if not self.flowing:
            return
        self._full_since = None
        self.clear.set()
        for viewer in list(self.viewers.values()):
            viewer.catch_up()

    def admit(self, actor: Actor, proof: str, expires: datetime | None) -> None:
        self.actor, self.proof, self.expires = actor, proof, expires

    # --- Rooms -------------------------------------------------------------------------------------------------------
    def rooms(self) -> Iterable[str]:
        """Those it follows, and those it is on its way into."""
        return [*self.viewers, *self.joining]

    def follow(self, viewer: Viewer) -> None:
        self.joining.pop(viewer.room.id, None)
        self.viewers[viewer.room.id] = viewer
        viewer.room.viewers.add(viewer)

    def drop(self, room_id: str) -> None:
        joining = self.joining.pop(room_id, None)
        if joining is not None and joining is not asyncio.current_task():
            joining.cancel()
        if viewer := self.viewers.pop(room_id, None):
            hub.leave(viewer)
            viewer.room.presence_changed()

    def leave(self) -> None:
        for room_id in list(self.rooms()):
            self.drop(room_id)

    def lose(self, room_id: str, refused: Refused) -> None:
        """Refuse a room, or take it away."""
        self.drop(room_id)
        self.put(frames.encode({"t": "unsub", "room": room_id, "error": error_object(refused)}))

    def settle(self, now: Standing) -> None:
        """Go on with what the actor may still see, and say goodbye to the rest."""
        self.doubtful = False
        if now.actor is None:
            self.end(4401, "sign in again")
            return
        self.actor = now.actor
        for room_id in [each for each in self.rooms() if each not in now.rooms]:
            with translation.override(self.language):
                self.lose(room_id, Refused("PERMISSION_DENIED", _("You may not see this room any more.")))
        if not now.member:
            self.end(4403, "no longer a member")
        self.resume()

    # --- Time --------------------------------------------------------------------------------------------------------
    def tick(self, now: float) -> None:
        if self.ended is not None:
            self._linger()
            return
        if self.expires is not None and timezone.now() >= self.expires:
            self.end(4401, "sign in again")
        if self._ping_at is None:
            self._ping_at = now + PING_SECONDS
        elif now >= self._ping_at:
            self._ping_at = now + PING_SECONDS
            self._regular_ping()
        self._watch_window(now)

    def _linger(self) -> None:
        """A client that reads nothing does not read the goodbye either."""
        self._lingering += 1
        if self._lingering == LINGER_TICKS:
            self._abort()

    def _regular_ping(self) -> None:
        if self.working:
            self._unanswered = 0
        if self._unanswered >= PINGS_MISSED:
            self.end(4508, "no sign of life")
        elif self.actor is not None:
            self._unanswered += 1
            self._ping()

    def _watch_window(self, now: float) -> None:
        if self._sent - self._acknowledged < WINDOW_BYTES:
            self._full_since = None
        elif self._full_since is None:
            self._full_since = now
        elif now - self._full_since >= FULL_SECONDS:
            self.end(4508, "too slow")

    def _ping(self) -> None:
        """`heads` says how far each room was told before this ping."""
        # Not to be guessed: only who has read a ping can answer it, and open a window by it.
        self._ping_number += 1 + secrets.randbelow(LONGEST_STEP)
        self._marks.append((self._ping_number, self._sent))
        heads = {room_id: viewer.pos for room_id, viewer in self.viewers.items() if viewer.caught_up}
        self._queue(frames.encode({"t": "ping", "n": self._ping_number, "heads": heads}))

    def _queue(self, text: str) -> None:
        self._sent += frames.size(text)
        self._outbox.append(text)
        self._wake.set()
        if not self.flowing:
            self.clear.clear()
