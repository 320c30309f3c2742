"""Waiting for a run without a thread: until it has ended, or waits for a person."""

import asyncio
import contextlib
from functools import partial
from uuid import UUID

from agents_app import queue
from agents_app.models import Run
from sessions_app import doorway
from sessions_app.events import executors

# Another process may have ended it; that is seen by looking.
LOOK_SECONDS = 2.0
AT_WORK = (Run.Status.QUEUED, Run.Status.RUNNING)


async def until_settled(run_id: UUID, *, within: float) -> None:
    """Return when the run is no longer at work, or the time is over."""
    doorway.step_aside()
    loop, told = asyncio.get_running_loop(), asyncio.Event()

    def hear(changed: UUID, change: queue.Change) -> None:
        if changed == run_id and change is queue.Change.SETTLED:
            with contextlib.suppress(RuntimeError):  # the loop has closed, and whoever waited is gone
                loop.call_soon_threadsafe(told.set)

    queue.listen(hear)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await _look_until_settled(run_id, told)
    finally:
        queue.unlisten(hear)


async def _look_until_settled(run_id: UUID, told: asyncio.Event) -> None:
    while await executors.run(partial(_at_work, run_id)):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await told.wait()
        told.clear()


def _at_work(run_id: UUID) -> bool:
    return Run.objects.filter(pk=run_id, status__in=AT_WORK).exists()
