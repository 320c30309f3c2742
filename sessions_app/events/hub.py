"""Fan-out inside one process: services call it from any thread, viewers live on the event loop.

What is committed reaches the loop within a millisecond. Whatever got lost on the way (a hint between processes, a
write by another program) is found by the reconcile, since the database has it all.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import structlog
from django.db import Error as DatabaseError

from sessions_app.events import executors, stored
from sessions_app.events.partials import Delta, Partial, Partials
from sessions_app.events.parts import Parts
from sessions_app.events.relay import Relay
from sessions_app.events.rooms import Outlet, Room, Viewer
from sessions_app.events.standing import Asked, Standing, standings

RECONCILE_SECONDS = 5
RECHECK_SECONDS = 25
# Sign-ins in one look at the database.
RECHECKED_AT_ONCE = 500

log = structlog.get_logger(__name__)


class Hub:
    def __init__(self) -> None:
        self.relay: Relay | None = None
        self.parts = Parts()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._begin()

    def _begin(self) -> None:
        # Said by who stops the process: nobody new is let in.
        self.draining = False
        self.rooms: dict[str, Room] = {}
        self.outlets: set[Outlet] = set()
        self._partials = Partials()
        self._doubted: set[str] = set()
        self._timers: list[asyncio.Task[None]] = []
        self._rechecking: asyncio.Task[None] | None = None

    # --- From any thread ---------------------------------------------------------------------------------------------
    def committed(self, room: str, seq: int, text: str, *, ends: str = "") -> None:
        """An event is in the database; `ends` names the message whose running text it replaces."""
        self._on_loop(self._committed, room, seq, text, ends)

    def forget(self, room: str, msg: str) -> None:
        """The message has its durable end, or will never have one: its running text is gone."""
        self._on_loop(self._forget, room, msg)

    def doubt(self, actor_id: str) -> None:
        """Something about this actor's rights has changed: no event until they are read again."""
        self._on_loop(self._doubt, actor_id)

    def status(self, part: str, state: str, detail: str = "") -> None:
        """How a part of the system is; everybody who is connected is told when that changes."""
        self._on_loop(self._status, part, state, detail)

    # --- Deltas, on the loop -----------------------------------------------------------------------------------------
    def delta(self, room: str, *, run: str, msg: str, off: int, text: str, kind: str = "text") -> None:
        """Pass on a piece of a message that is being written, and keep it for those who come later."""
        self.attach()
        kept, fresh = self._partials.take(Delta(room, run, msg, off, text, kind))
        if fresh is None:
            return
        if self.relay is not None:
            self.relay.keep(room, kept)
            self.relay.delta(fresh)
        if found := self.rooms.get(room):
            found.tell(fresh)

    def partials(self, room: str) -> list[Partial]:
        return self._partials.of(room)

    # --- Viewers, on the loop ----------------------------------------------------------------------------------------
    def attach(self) -> None:
        """Work on the loop that runs now; a new loop begins with nothing."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop = loop
            self._begin()

    def open(self, outlet: Outlet) -> None:
        """Give the outlet the time of day, and check its rights, for as long as it is open."""
        self.attach()
        self.outlets.add(outlet)
        if not self._timers:
            self._timers = [
                asyncio.create_task(_every(1, self.tick), name="hub ticks"),
                asyncio.create_task(_every(RECONCILE_SECONDS, self.reconcile), name="hub reconciles"),
                asyncio.create_task(_every(RECHECK_SECONDS, self.recheck), name="hub rechecks"),
            ]

    def close(self, outlet: Outlet) -> None:
        self.outlets.discard(outlet)
        if not self.outlets:
            for task in self._timers:
                task.cancel()
            self._timers = []

    @contextlib.asynccontextmanager
    async def entering(self, room_id: str) -> AsyncIterator[Room]:
        """Hold a room open while somebody finds a place in it; the hints are joined before anything is read."""
        room = self.rooms.get(room_id)
        if room is None:
            room = self.rooms[room_id] = Room(room_id, self._partials)
        room.entering += 1
        try:
            if self.relay is not None:
                await self.relay.join(room_id)
                for partial in await self.relay.partials(room_id):
                    self._partials.put(room_id, partial)
            yield room
        finally:
            room.entering -= 1
            self._close_if_empty(room)

    def leave(self, viewer: Viewer) -> None:
        viewer.close()
        self._close_if_empty(viewer.room)

    # --- From time to time -------------------------------------------------------------------------------------------
    async def tick(self) -> None:
        now = asyncio.get_running_loop().time()
        for outlet in list(self.outlets):
            outlet.tick(now)

    async def reconcile(self) -> None:
        """Find what a lost hint hid, and go on where the database failed us."""
        rooms = dict(self.rooms)
        try:
            found = await executors.read(stored.positions, list(rooms))
        except DatabaseError as error:
            self._status("database", "down", type(error).__name__)
            return
        self._status("database", "ok", "")
        for room_id, (epoch, head) in found.items():
            rooms[room_id].reconcile(epoch, head)
        for actor_id in {each.actor.id for each in self.outlets if each.doubtful and each.actor is not None}:
            self._doubt(actor_id)  # the database was away when they were asked for

    async def recheck(self, only: set[str] | None = None) -> None:
        """Read again what everybody may see, once a sign-in and not once a socket."""
        asked: dict[tuple[str, str, str], list[Outlet]] = defaultdict(list)
        for outlet in self.outlets:
            if outlet.actor is not None and (only is None or outlet.actor.id in only):
                asked[outlet.actor.id, outlet.actor.sign_in, outlet.proof].append(outlet)
        groups = list(asked.values())
        for begin in range(0, len(groups), RECHECKED_AT_ONCE):
            some = groups[begin : begin + RECHECKED_AT_ONCE]
            try:
                found = await executors.read(standings, [_asked(outlets) for outlets in some])
            except DatabaseError:
                return  # those in doubt stay there, and are asked for again
            for outlets, now in zip(some, found, strict=True):
                self._settle(outlets, now)

    def _settle(self, outlets: list[Outlet], now: Standing) -> None:
        """Whoever came into doubt while we asked is asked for once more."""
        for outlet in outlets:
            if outlet.actor is not None and outlet.actor.id not in self._doubted:
                outlet.settle(now)

    # --- The loop's side ---------------------------------------------------------------------------------------------
    def _on_loop(self, fn: Callable[..., None], *args: Any) -> None:
        loop = self._loop
        if loop is None:
            return  # nobody has ever looked: a management command, a test of a service
        with contextlib.suppress(RuntimeError):  # closed: the process is going down, viewers resume elsewhere
            loop.call_soon_threadsafe(fn, *args)

    def _committed(self, room_id: str, seq: int, text: str, ends: str) -> None:
        if room := self.rooms.get(room_id):
            room.offer(seq, text)
        if ends:
            self._forget(room_id, ends)
        if self.relay is not None:
            self.relay.hint(room_id, seq)

    def _forget(self, room_id: str, msg: str) -> None:
        self._partials.forget(room_id, msg)
        if room := self.rooms.get(room_id):
            for viewer in room.viewers:
                viewer.forget(msg)
        if self.relay is not None:
            self.relay.forget(room_id, msg)

    def _doubt(self, actor_id: str) -> None:
        concerned = [each for each in self.outlets if each.actor is not None and each.actor.id == actor_id]
        for outlet in concerned:
            outlet.doubtful = True
        if concerned:
            self._doubted.add(actor_id)
            if self._rechecking is None or self._rechecking.done():
                self._rechecking = asyncio.create_task(self._recheck_doubted(), name="hub rechecks those in doubt")

    async def _recheck_doubted(self) -> None:
        while self._doubted:
            actors, self._doubted = self._doubted, set()
            await self.recheck(actors)

    def _status(self, part: str, state: str, detail: str) -> None:
        if changed := self.parts.set(part, state, detail):
            for outlet in self.outlets:
                outlet.aside(changed)

    def _close_if_empty(self, room: Room) -> None:
        if room.viewers or room.entering or self.rooms.get(room.id) is not room:
            return
        del self.rooms[room.id]
        room.close()
        if self.relay is not None:
            self.relay.leave(room.id)


def _asked(outlets: list[Outlet]) -> Asked:
    """Those of one sign-in are asked about once."""
    actor = outlets[0].actor
    assert actor is not None
    return Asked(actor, outlets[0].proof, frozenset(room for outlet in outlets for room in outlet.rooms()))


async def _every(seconds: float, step: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await step()
        except Exception:
            # The next round comes all the same: without it no socket is pinged, and no lost hint or right is found.
            log.exception("a round of the hub failed", step=step.__name__)


hub = Hub()
