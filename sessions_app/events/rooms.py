"""One session as this process sees it: the newest events as ready texts, and who follows them."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple, Protocol

from django.db import Error as DatabaseError

from sessions_app.actors import Actor
from sessions_app.events import executors, frames, stored
from sessions_app.events.partials import Delta, Key, Partials
from sessions_app.events.standing import Standing

# As far as a client may be behind and still be given the events instead of a snapshot.
RING_EVENTS = 1000
RING_BYTES = 1024 * 1024
# One read of the database for a viewer who is behind the ring.
PULL_BYTES = 256 * 1024
# A hundred people who come at once are told of in one frame.
PRESENCE_SECONDS = 0.25
PRESENCE_SHOWN = 200
# Code points of running texts in `subscribed`, beside a snapshot.
INTRODUCED = 32_768


class Ready(NamedTuple):
    seq: int
    text: str
    size: int


class Outlet(Protocol):
    """Where a viewer's frames go: a socket or an SSE response."""

    actor: Actor | None
    # What the actor showed at the door; if it is no longer so, they must sign in again.
    proof: str
    # In doubt nothing flows; `settle` ends it.
    doubtful: bool

    @property
    def flowing(self) -> bool:
        """Whether it takes the stream now; else the stream waits in the ring and the database."""

    def event(self, room: "Room", seq: int, text: str) -> None: ...

    def delta(self, frame: str) -> None: ...

    def caught_up(self, room: "Room", seq: int) -> None: ...

    def aside(self, frame: str) -> None:
        """A word about the moment, such as who is typing; nobody misses it."""

    def tick(self, now: float) -> None:
        """A second or so has passed."""

    def rooms(self) -> Iterable[str]: ...

    def settle(self, now: Standing) -> None:
        """Go on with what its actor may still see, and say goodbye to the rest."""

    def end(self, code: int, reason: str, retry_after_ms: int | None = None) -> None: ...


class Room:
    """What the viewers of one session in this process share: one position, one ring, one encoding of each frame."""

    def __init__(self, room_id: str, partials: Partials) -> None:
        self.id = room_id
        self.epoch = ""
        self.pos: int | None = None
        self.partials = partials
        self.viewers: set[Viewer] = set()
        # Those who are on their way in keep the room open.
        self.entering = 0
        self._ring: deque[Ready] = deque()
        self._ring_bytes = 0
        self._wanted = 0
        self._pulling: asyncio.Task[None] | None = None
        self._presence: asyncio.TimerHandle | None = None

    def reaches(self, epoch: str, head: int) -> None:
        """The database says how far the log is; the first one to say so sets where we begin."""
        if self.epoch not in ("", epoch):
            self._restart()
        if self.pos is None:
            self.epoch, self.pos = epoch, head
        self.offer(max(head, self._wanted))

    def offer(self, seq: int, text: str | None = None) -> None:
        """There is an event with this seq; without its text, or after a hole, the database has it."""
        if self.pos is None or seq <= self.pos:
            self._wanted = max(self._wanted, seq)
        elif text is not None and seq == self.pos + 1:
            self._append(seq, text)
        else:
            self._wanted = max(self._wanted, seq)
            self._pull()

    def tell(self, delta: Delta) -> None:
        frame = delta.frame()
        for viewer in list(self.viewers):
            viewer.delta(delta, frame)

    def reconcile(self, epoch: str, head: int) -> None:
        """What the database says, whatever got lost on the way here."""
        self.reaches(epoch, head)
        for viewer in list(self.viewers):
            viewer.catch_up()

    def say(self, frame: str, *, but: "Outlet | None" = None) -> None:
        for viewer in list(self.viewers):
            if viewer.outlet is not but and viewer.caught_up:
                viewer.outlet.aside(frame)

    def presence_changed(self) -> None:
        if self._presence is None:
            self._presence = asyncio.get_running_loop().call_later(PRESENCE_SECONDS, self._tell_presence)

    def ready(self, after: int) -> Iterator[Ready] | None:
        """The texts after this seq, or nothing when the ring does not reach back so far."""
        skip = after + 1 - self._first
        return islice(self._ring, skip, None) if skip >= 0 else None

    def backfill(self, rows: list[tuple[int, str]]) -> None:
        """Keep what was read for one who resumes: after a restart, many ask for the same."""
        for seq, text in reversed(rows):
            entry = Ready(seq, text, frames.size(text))
            fits = len(self._ring) < RING_EVENTS and self._ring_bytes + entry.size <= RING_BYTES
            if fits and seq == self._first - 1:
                self._ring.appendleft(entry)
                self._ring_bytes += entry.size

    def close(self) -> None:
        if self._pulling is not None:
            self._pulling.cancel()
        if self._presence is not None:
            self._presence.cancel()

    @property
    def head(self) -> int:
        """The newest seq we know of, also when its text is still on its way."""
        return max(self.pos or 0, self._wanted)

    @property
    def _first(self) -> int:
        return self._ring[0].seq if self._ring else (self.pos or 0) + 1

    def _tell_presence(self) -> None:
        """Who is here: people, each once, however many tabs they have open."""
        self._presence = None
        actors = (viewer.outlet.actor for viewer in self.viewers)
        people = {actor.id: actor.name for actor in actors if actor is not None and actor.in_person}
        users = [{"id": pk, "name": name} for pk, name in sorted(people.items(), key=lambda each: each[1])]
        self.say(frames.encode({"t": "presence", "room": self.id, "users": users[:PRESENCE_SHOWN]}))

    def _restart(self) -> None:
        """The log was restored: what we know is void, and who resumes with the old epoch gets a snapshot."""
        self.epoch, self.pos, self._wanted = "", None, 0
        self._ring.clear()
        self._ring_bytes = 0
        for viewer in list(self.viewers):
            viewer.outlet.end(4503, "the log was restored")

    def _append(self, seq: int, text: str) -> None:
        self.pos = seq
        self._ring.append(Ready(seq, text, frames.size(text)))
        self._ring_bytes += self._ring[-1].size
        while len(self._ring) > RING_EVENTS or self._ring_bytes > RING_BYTES:
            self._ring_bytes -= self._ring.popleft().size
        for viewer in list(self.viewers):
            viewer.event(seq, text)

    def _pull(self) -> None:
        if self._pulling is None or self._pulling.done():
            self._pulling = asyncio.create_task(self._pull_until_wanted(), name=f"pull {self.id}")

    async def _pull_until_wanted(self) -> None:
        while self.pos is not None and self.pos < self._wanted:
            try:
                rows = await executors.read(stored.read, self.id, after=self.pos, limit=RING_EVENTS, budget=RING_BYTES)
            except DatabaseError:
                return  # the reconcile asks again
            if not rows:
                self._wanted = self.pos
            for seq, text in rows:
                if seq == self.pos + 1:  # a commit may have brought some of them meanwhile
                    self._append(seq, text)


class Viewer:
    """One follower of a room: how far it got, in events and in each running text."""

    def __init__(self, room: Room, outlet: Outlet, *, pos: int, deltas: bool = True) -> None:
        self.room = room
        self.outlet = outlet
        self.pos = pos
        self.wants_deltas = deltas
        self.told: dict[Key, int] = {}
        self.caught_up = False
        self._pulling: asyncio.Task[None] | None = None

    def event(self, seq: int, text: str) -> None:
        if seq == self.pos + 1 and self.outlet.flowing:
            self._give(seq, text)
        elif seq > self.pos:
            self.catch_up()

    def delta(self, delta: Delta, frame: str) -> None:
        """Pass it on if it continues what was told; a viewer who is behind gets all at once later."""
        if not (self.wants_deltas and self._in_step):
            return
        told = self.told.get(delta.key, 0)
        if told == delta.off:
            self.told[delta.key] = delta.end
            self.outlet.delta(frame)
        elif told < delta.end:
            self._give_texts()

    def introduction(self) -> list[dict[str, Any]]:
        """The running texts as they are now; of very long ones the beginning, and the rest as deltas."""
        left, told = INTRODUCED, []
        for partial in self.room.partials.of(self.room.id) if self.wants_deltas else ():
            length = min(partial.length, left)
            left -= length
            self.told[partial.msg, partial.kind] = length
            told.append(partial.wire(length))
        return told

    def forget(self, msg: str) -> None:
        for key in [key for key in self.told if key[0] == msg]:
            del self.told[key]

    def catch_up(self) -> None:
        """Give what is missing, as far as it flows: events from the ring or the database, then running texts."""
        while self.outlet.flowing and self.pos < (self.room.pos or 0):
            ready = self.room.ready(self.pos)
            if ready is None:
                self._pull()
                return
            for seq, text, _ in ready:
                if self.outlet.flowing:
                    self._give(seq, text)
        if self.outlet.flowing and self.pos >= self.room.head:
            self._arrive()

    def close(self) -> None:
        self.room.viewers.discard(self)
        if self._pulling is not None:
            self._pulling.cancel()

    @property
    def _in_step(self) -> bool:
        return self.caught_up and self.pos >= self.room.head and self.outlet.flowing

    def _give(self, seq: int, text: str) -> None:
        self.pos = seq
        self.outlet.event(self.room, seq, text)

    def _arrive(self) -> None:
        """At the head of the log: the running texts, then the end of the replay, once."""
        self._give_texts()
        if self.outlet.flowing and not self.caught_up:
            self.caught_up = True
            self.outlet.caught_up(self.room, self.pos)

    def _give_texts(self) -> None:
        for partial in self.room.partials.of(self.room.id) if self.wants_deltas else ():
            key = (partial.msg, partial.kind)
            for delta in partial.missing(self.room.id, self.told.get(key, 0)):
                if not self.outlet.flowing:
                    return
                self.told[key] = delta.end
                self.outlet.delta(delta.frame())

    def _pull(self) -> None:
        if self._pulling is None or self._pulling.done():
            self._pulling = asyncio.create_task(self._pull_missing(), name=f"pull for a viewer of {self.room.id}")

    async def _pull_missing(self) -> None:
        """Only for one who is far behind: all others are served from the ring."""
        while self.outlet.flowing and self.pos < (self.room.pos or 0) and self.room.ready(self.pos) is None:
            began = self.pos
            try:
                rows = await executors.read(stored.read, self.room.id, after=began, budget=PULL_BYTES)
            except DatabaseError:
                return  # the reconcile asks again
            for seq, text in rows:
                if seq == self.pos + 1 and self.outlet.flowing:
                    self._give(seq, text)
            if self.pos == began:
                return
        self.catch_up()
