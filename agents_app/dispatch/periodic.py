"""Work that time asks for: plain functions, called on a timer by the embedded runner or by a queue's worker."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import structlog
from django.db import InterfaceError, OperationalError

from agents_app import clock
from agents_app.engine import probing
from agents_app.services import pending
from sessions_app.events import executors
from sessions_app.services import accounts, idempotency, sessions

log = structlog.get_logger(__name__)

TICK_SECONDS = 2.0
ANSWERS_KEPT = timedelta(days=1)


def forget_what_is_over() -> None:
    """Stored answers that nobody will ask for again, and tickets and keys past their time."""
    now = clock.now()
    idempotency.forget(before=now - ANSWERS_KEPT)
    accounts.forget(now=now)


def expire_idle_chats() -> None:
    sessions.expire_idle(now=clock.now())


# What is done, and every how many ticks.
WORK: tuple[tuple[Callable[[], object], int], ...] = (
    (pending.expire_due, 1),
    (expire_idle_chats, 150),
    (forget_what_is_over, 300),
)
LOOK_TICKS = 30


async def keep_time() -> None:
    """Do each piece of work when it is due, one after the other; a database that is away is asked again later."""
    tick = 0
    while True:
        for work, every in WORK:
            if tick % every == 0:
                await _do(partial(executors.run, work), work.__name__)
        if tick % LOOK_TICKS == 0:
            await _do(probing.keep_watch, "look at providers")
        tick += 1
        await asyncio.sleep(TICK_SECONDS)


async def _do(work: Callable[[], Awaitable[object]], name: str) -> None:
    try:
        await work()
    except (OperationalError, InterfaceError) as error:
        log.warning("periodic work put off", work=name, error=str(error))
    except Exception:
        log.exception("periodic work failed", work=name)
