"""What may stop a run while it is at work: a person cancels it, another owner takes it, or this process goes."""

import asyncio
import contextlib
from collections.abc import Iterator


class Cancelled(Exception):
    """A person asked the run to stop."""


class Paused(Exception):
    """A person asked the run to rest until somebody resumes it."""


class Released(Exception):
    """This process is going; the run goes back to the queue."""


class Watch:
    """Tells the run at work, at once and at whatever it waits for, that it has to stop. Lives on one event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self._clocks: set[asyncio.Timeout] = set()
        self._why: Exception | None = None

    def stop(self, why: Exception) -> None:
        """The first reason stays."""
        if self._why is None:
            self._why = why
            self._stopped.set()
            for clock in self._clocks:
                if clock.expired():
                    continue
                clock.reschedule(self._loop.time())

    @property
    def stopping(self) -> bool:
        return self._why is not None

    def check(self) -> None:
        if self._why is not None:
            raise self._why

    @contextlib.contextmanager
    def interrupts(self, clock: asyncio.Timeout) -> Iterator[None]:
        """Let a stop end this time limit at once, as if it had run out."""
        self.check()
        self._clocks.add(clock)
        try:
            yield
        finally:
            self._clocks.discard(clock)

    async def sleep(self, seconds: float) -> None:
        """Wait, unless the run has to stop."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        self.check()
