"""Tasks that write messages and their events into one room as fast as they can.

    python -m benchmarks.rig.inserter ROOM TASKS INSERTS [stock]

With `stock` the database is opened as Django opens one by default. Prints `ready`, waits for a line, writes, and prints
{ms, locked}.
"""

import asyncio
import json
import os
import sys
import time
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
from django.conf import settings

if "stock" in sys.argv:
    settings.DATABASES["default"]["OPTIONS"] = {}
django.setup()

from django.db import OperationalError, transaction  # noqa: E402  the apps must be ready first

from sessions_app import actors  # noqa: E402
from sessions_app.events import executors, log  # noqa: E402
from sessions_app.services import messages  # noqa: E402

WORDS = "Failed password for root from 203.0.113.45 port 52110 ssh2, seen again by the crew. "


@transaction.atomic
def insert(room: UUID) -> None:
    messages.say(session=log.lock(room), speaker=actors.SYSTEM, content=WORDS, message_type="notice")


async def write(room: UUID, inserts: int, took: list[float]) -> int:
    """One task's share, through the threads that the product's own commands go through; how many were refused."""
    locked = 0
    for _ in range(inserts):
        began = time.monotonic()
        try:
            await executors.run(insert, room)
        except OperationalError as error:
            if "locked" not in str(error):
                raise
            locked += 1
        took.append((time.monotonic() - began) * 1000)
    return locked


async def main(room: UUID, tasks: int, inserts: int) -> None:
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        took: list[float] = []
        locked = await asyncio.gather(*(write(room, inserts, took) for _ in range(tasks)))
        print(json.dumps({"ms": took, "locked": sum(locked)}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(UUID(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
