"""Work that time asks for: plain functions, called on a timer by the embedded runner or by a queue's worker."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import InterfaceError, OperationalError

from agents_app import clock
from agents_app.services import pending
from sessions_app.events import executors
from sessions_app.services import accounts, idempotency

log = structlog.get_logger(__name__)

TICK_SECONDS = 2.0
ANSWERS_KEPT = timedelta(days=1)


def forget_what_is_over() -> None:
    """Stored answers that nobody will ask for again, and tickets and keys past their time."""
    now = clock.now()
    idempotency.forget(before=now - ANSWERS_KEPT)
    accounts.forget(now=now)


# What is done, and every how many ticks.
WORK: tuple[tuple[Callable[[], object], int], ...] = (
    (pending.expire_due, 1),
    (forget_what_is_over, 300),
)


async def keep_time() -> None:
    """Do each piece of work when it is due, one after the other; a database that is away is asked again later."""
    tick = 0
    while True:
        for work, every in WORK:
            if tick % every == 0:
                await _do(work)
        tick += 1
        await asyncio.sleep(TICK_SECONDS)


async def _do(work: Callable[[], object]) -> None:
    try:
        await executors.run(work)
    except (OperationalError, InterfaceError) as error:
        log.warning("periodic work put off", work=work.__name__, error=str(error))
    except Exception:
        log.exception("periodic work failed", work=work.__name__)
