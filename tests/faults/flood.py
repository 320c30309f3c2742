"""A server that pours text into a room as soon as two follow it, says by how many KiB it has grown, and stays up.

`python -m tests.faults.flood daphne|uvicorn PORT ROOM`
"""

import asyncio
import ctypes
import gc
import os
import sys
from contextlib import suppress
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

from chatsite.asgi import application
from sessions_app import actors
from sessions_app.events import connection, executors, log
from sessions_app.events.hub import hub
from sessions_app.models import Message
from sessions_app.models.base import uuid7
from sessions_app.services import messages

MESSAGES = 520
WARM_UP = 200  # what is allocated once, such as the page cache of each of SQLite's connections
PIECE = "0123456789abcdef" * 640
PIECES = 10


async def flood(room: str) -> None:
    """52 MB as deltas, each message with its durable end, as an engine would."""
    while room not in hub.rooms or sum(viewer.caught_up for viewer in hub.rooms[room].viewers) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await pour(room, WARM_UP)
    before = memory()
    await pour(room, MESSAGES)
    sys.stdout.write(f"grown {memory() - before}\n")
    sys.stdout.flush()


async def pour(room: str, number: int) -> None:
    for _ in range(number):
        message = uuid7()
        for piece in range(PIECES):
            hub.delta(room, run="flood", msg=str(message), off=piece * len(PIECE), text=PIECE)
            await asyncio.sleep(0)
        await executors.run(finish, room, message)


def finish(room: str, message: object) -> Message:
    from django.db import transaction

    with transaction.atomic():
        return messages.say(
            session=log.lock(room), speaker=actors.SYSTEM, content=PIECE * PIECES, html="", event="message.end",
            message_id=message,
        )  # fmt: skip


def memory() -> int:
    """What is in use: what was freed goes back to the system first, where the C library knows how."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def on_daphne(port: int, room: str) -> None:
    from daphne.server import Server, twisted_loop

    tasks = []
    Server(
        application,
        endpoints=[f"tcp:port={port}:interface=127.0.0.1"],
        signal_handlers=False,
        ready_callable=lambda: tasks.append(twisted_loop.create_task(flood(room))),
    ).run()


def on_uvicorn(port: int, room: str) -> None:
    import uvicorn

    async def serve() -> None:
        config = uvicorn.Config(
            application, port=port, ws="websockets-sansio", ws_per_message_deflate=False, lifespan="off",
            log_level="warning",
        )  # fmt: skip
        await asyncio.gather(uvicorn.Server(config).serve(), flood(room))

    asyncio.run(serve())


if __name__ == "__main__":
    connection.FULL_SECONDS = 5  # half a minute in the product; the test is not about the length of it
    {"daphne": on_daphne, "uvicorn": on_uvicorn}[sys.argv[1]](int(sys.argv[2]), sys.argv[3])
