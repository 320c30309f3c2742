"""Work that time asks for: plain functions, called on a timer by the embedded runner or by a queue's worker."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError

from agents_app import clock
from agents_app.engine import probing
from agents_app.services import engineer_chat_upkeep, grants, pending, questions, quotas
from sessions_app.events import executors
from sessions_app.models import ChatSession
from sessions_app.services import accounts, idempotency, sessions, uploads

log = structlog.get_logger(__name__)

T = TypeVar("T")
TICK_SECONDS = 2.0
ANSWERS_KEPT = timedelta(days=1)
COUNTS_KEPT = timedelta(days=62)
# How long a file may lie there that nobody has sent.
UPLOADS_KEPT = timedelta(days=1)


def forget_what_is_over() -> None:
    """Stored answers that nobody will ask for again, tickets past their time, counts of quotas of another season."""
    now = clock.now()
    idempotency.forget(before=now - ANSWERS_KEPT)
    accounts.forget(now=now)
    quotas.forget(before=(now - COUNTS_KEPT).date())


def clear_files_away() -> None:
    uploads.clear_away(before=clock.now() - UPLOADS_KEPT)


def idle_chats() -> list[UUID]:
    return sessions.idle(now=clock.now())


def expire_chat(session_id: UUID) -> None:
    sessions.expire(session_id, now=clock.now())


def idle_engineer_chats() -> list[UUID]:
    return sessions.idle(now=clock.now(), category=ChatSession.Category.ENGINEER_CHAT)


def engineer_chats_to_purge() -> list[UUID]:
    return engineer_chat_upkeep.due(now=clock.now())


def purge_engineer_chat(session_id: UUID) -> None:
    engineer_chat_upkeep.purge(session_id, now=clock.now())


@dataclass(frozen=True)
class Ending:
    """Rows whose time comes: which they are, and how one ends. Each by itself: one that can't end stops no other."""

    name: str
    due: Callable[[], list[UUID]]
    end: Callable[[UUID], object]
    every: int = 1


CLEAN_UP_TICKS = max(1, int(settings.ENGINEER_CHAT_SESSION_CLEANUP_INTERVAL / TICK_SECONDS))
# What is done, and every how many ticks.
ENDINGS = (
    Ending("approvals", pending.due, pending.expire),
    Ending("questions", questions.due, questions.expire),
    Ending("grants", grants.due, grants.expire),
    Ending("idle chats", idle_chats, expire_chat, every=150),
    Ending("idle engineer chats", idle_engineer_chats, expire_chat, every=CLEAN_UP_TICKS),
    Ending("engineer chats kept for long enough", engineer_chats_to_purge, purge_engineer_chat, every=CLEAN_UP_TICKS),
)
FORGET_TICKS = 300
CLEAR_TICKS = 1800
LOOK_TICKS = 30


async def keep_time() -> None:
    """Do each piece of work when it is due, one after the other; a database that is away is asked again later."""
    number = 0
    while True:
        await tick(number)
        number += 1
        await asyncio.sleep(TICK_SECONDS)


async def tick(number: int) -> None:
    for ending in ENDINGS:
        if number % ending.every == 0:
            await _end_due(ending)
    if number % FORGET_TICKS == 0:
        await _do(partial(executors.run, forget_what_is_over), "forget what is over")
    if number % CLEAR_TICKS == 0:
        await _do(partial(executors.work, clear_files_away), "clear files away")
    if number % LOOK_TICKS == 0:
        await _do(probing.keep_watch, "look at providers")


async def _end_due(ending: Ending) -> None:
    for row in await _do(partial(executors.run, ending.due), ending.name) or ():
        await _do(partial(executors.run, ending.end, row), ending.name, row=str(row))


async def _do(work: Callable[[], Awaitable[T]], name: str, **about: str) -> T | None:
    try:
        return await work()
    except (OperationalError, InterfaceError) as error:
        log.warning("periodic work put off", work=name, error=str(error), **about)
    except Exception:
        log.exception("periodic work failed", work=name, **about)
    return None
