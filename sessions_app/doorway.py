"""Who is being served at a door right now: work that can wait a moment lets them go first.

One process has one interpreter. An agent's run that starts in the middle of a request takes as long from it as the
request itself needs; so the runner starts runs while nobody is being served, or one after the other. All of it happens
on the event loop.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# An upload, a long export or a slow query is no reason to keep the agents waiting.
COUNTS_FOR_SECONDS = 0.5

_mine: ContextVar["Visit | None"] = ContextVar("visit", default=None)
_here: set["Visit"] = set()
_waiting: set["asyncio.Future[None]"] = set()


class Visit:
    """One request or command, until it is answered or has taken too long to be waited for."""

    def __init__(self) -> None:
        _here.add(self)
        self._timer = asyncio.get_running_loop().call_later(COUNTS_FOR_SECONDS, self.leave)

    def leave(self) -> None:
        self._timer.cancel()
        _here.discard(self)
        if not _here:
            for waiting in _waiting:
                if not waiting.done():
                    waiting.set_result(None)


@contextmanager
def visit() -> Iterator[Visit]:
    """Be served: what can wait lets this go first."""
    mine = Visit()
    token = _mine.set(mine)
    try:
        yield mine
    finally:
        _mine.reset(token)
        mine.leave()


def step_aside() -> None:
    """The request of this task waits for an agent itself, and would wait for its own end."""
    if mine := _mine.get():
        mine.leave()


async def quiet() -> None:
    """Return at a moment when nobody is being served."""
    while _here:
        waiting = asyncio.get_running_loop().create_future()
        _waiting.add(waiting)
        try:
            await waiting
        finally:  # also for who waits no longer: where it is never quiet they would stay for ever
            _waiting.discard(waiting)
