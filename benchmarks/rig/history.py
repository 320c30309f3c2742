"""A room of 100,000 messages and a thousand sessions in WARROOM_HOME's database, and pages of them.

    python -m benchmarks.rig.history MESSAGES SESSIONS ROUNDS

Prints one line of JSON: the room, the cursor before each last page, and what a page takes without HTTP.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup()

from django.db import connection  # noqa: E402  the apps must be ready first
from django.http import QueryDict  # noqa: E402

from sessions_app import actors, resources  # noqa: E402
from sessions_app.api import paging, sessions  # noqa: E402
from sessions_app.models import ChatSession, Message, Organization, User  # noqa: E402

BATCH = 5000
PAGE = 50
WORDS = "Failed password for root from 203.0.113.45 port 52110 ssh2, seen again by the crew. "


def fill(messages: int, rooms: int) -> ChatSession:
    """Rows as `messages.say` leaves them, but for their events, which no page reads."""
    demo = Organization.objects.get(slug="demo")
    made = ChatSession.objects.bulk_create(
        ChatSession(organization=demo, status="active", title=f"Room {number}") for number in range(rooms)
    )
    long = made[rooms // 2]
    for first in range(1, messages + 1, BATCH):
        Message.objects.bulk_create(
            Message(session=long, seq=seq, sender_type="system", sender_name="Warroom", content=f"{WORDS}{seq}",
                    html=f"<p>{WORDS}{seq}</p>")
            for seq in range(first, min(first + BATCH, messages + 1))
        )  # fmt: skip
    ChatSession.objects.filter(pk=long.pk).update(head=messages)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return long


def history(room: ChatSession) -> Callable[[str], dict[str, Any]]:
    def page(asked: str) -> dict[str, Any]:
        said = Message.objects.filter(session=room).select_related("session")
        return paging.page(said, QueryDict(asked), by="-seq", show=lambda row: resources.message(row).wire())

    return page


def listed() -> Callable[[str], dict[str, Any]]:
    by = actors.person(User.objects.get(username="commander"))

    def page(asked: str) -> dict[str, Any]:
        return paging.page(sessions.visible(by), QueryDict(asked), by="-id", show=sessions.shown)

    return page


def timed(page: Callable[[str], dict[str, Any]], asked: dict[str, str], rounds: int) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(rounds + 1):
        for name, query in asked.items():
            began = time.perf_counter()
            assert len(page(query)["data"]) == PAGE
            if number:  # the first warms up
                took[name].append((time.perf_counter() - began) * 1000)
    return took


def main(messages: int, rooms: int, rounds: int) -> None:
    room = fill(messages, rooms)
    oldest = ChatSession.objects.order_by("id")[PAGE : PAGE + 1].get()
    asked = {
        "history": {"first": "", "last": f"cursor={PAGE + 1}", "last by offset": f"offset={messages - PAGE}"},
        "list": {"first": "", "last": f"cursor={oldest.pk}"},
    }
    pages = {"history": history(room), "list": listed()}
    took = {name: timed(pages[name], asked[name], rounds) for name in asked}
    print(json.dumps({"room": str(room.pk), "asked": asked, "took": took}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
