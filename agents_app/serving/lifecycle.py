"""What lives on the server's event loop beside the server, and how all of it ends in time."""

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any

import structlog
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL

from agents_app.dispatch.embedded import Runner  # brings pydantic-ai: three seconds that no request shall wait for
from sessions_app import consumers

# What a server takes in one frame: above the 64 KiB that the consumer allows, so that it can say why it closes.
INBOUND_BYTES = 4 * 1024 * 1024
# Five seconds are promised; a thread that waits for SQLite's lock would take twenty.
LAST_MOMENT_SECONDS = 4.0
DRAIN_SECONDS = 1.0
RELEASE_SECONDS = 2.5
# The loop asks for the interpreter after each read and write of a socket. While threads are at work on transactions it
# would wait Python's five milliseconds for each of them, and so would every word that a model says.
SWITCH_SECONDS = 0.0002

log = structlog.get_logger(__name__)


class Lifecycle:
    """The embedded runner and the open sockets: started with the loop, ended before it."""

    def __init__(self) -> None:
        self.runner = Runner()
        self.stopping = False

    async def start(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        _keep_what_is_there()
        await self.runner.start()

    async def stop(self) -> None:
        """Tell every socket to come back, then give the runs to whoever starts next."""
        await _within(DRAIN_SECONDS, consumers.drain(), "sockets")
        await _within(RELEASE_SECONDS, self.runner.stop(), "runs")

    def on_signal(self, then: Callable[[], object]) -> None:
        """Have the first signal call this, and a second one end the process where it stands.

        A plain handler, not the loop's: time runs from the signal on, however busy the loop is.
        """

        def told_to_stop(number: int, frame: FrameType | None) -> None:
            if self.stopping:
                os._exit(1)
            self.stopping = True
            deadline = threading.Timer(LAST_MOMENT_SECONDS, _leave)
            deadline.daemon = True
            deadline.start()
            then()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, told_to_stop)


def _keep_what_is_there() -> None:
    """What has been imported stays: to look through its 220,000 objects again for garbage took a fifth of a second,
    in which nobody was served (https://docs.python.org/3/library/gc.html#gc.freeze)."""
    gc.collect()
    gc.freeze()


def close_databases() -> None:
    """Give connections back, and end a pool's threads, which would hold up the process."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if isinstance(connection, PostgreSQL):
            connection.close_pool()


async def _within(seconds: float, step: Coroutine[Any, Any, None], what: str) -> None:
    try:
        async with asyncio.timeout(seconds):
            await step
    except TimeoutError:
        log.warning("stopped without waiting any longer", waited_for=what)


def _leave() -> None:
    sys.stderr.write("Stopped without waiting for the last requests.\n")
    os._exit(0)
