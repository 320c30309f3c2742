"""Lets queued runs in, first come first served, when nobody is being served at a door."""

import asyncio
import contextlib
from collections.abc import Callable
from uuid import UUID

from sessions_app import doorway

# Where somebody is always being served, runs start one after the other at this distance: people's requests get most of
# the interpreter, and no run waits for ever. Thirty posts in one moment are answered before the first of them is up.
LONGEST_WAIT_SECONDS = 0.25


class Usher:
    """A queue in front of the runner. What is lost with it stands in the database, and the runner's sweep finds it."""

    def __init__(self, take_up: Callable[[UUID], object]) -> None:
        self._take_up = take_up
        self._queue: asyncio.Queue[UUID] = asyncio.Queue()
        self._queued: set[UUID] = set()

    def ask(self, run_id: UUID) -> None:
        if run_id not in self._queued:
            self._queued.add(run_id)
            self._queue.put_nowait(run_id)

    async def work(self) -> None:
        while True:
            run_id = await self._queue.get()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                    await doorway.quiet()
            self._queued.discard(run_id)
            self._take_up(run_id)
