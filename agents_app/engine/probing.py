"""Looks whether a provider's server answers, accepts our key and has the model. Bounded, and kept for a few seconds."""

import asyncio
import time
from datetime import timedelta
from functools import partial
from uuid import UUID

from agents_app import clock
from agents_app.engine import model_servers
from agents_app.engine.model_servers import Failures, ModelServer
from agents_app.models import Provider
from agents_app.services import providers
from agents_app.services.providers import Seen
from sessions_app.errors import Refused
from sessions_app.events import executors

PROBE_SECONDS = 3.0
KEPT_SECONDS = 5.0
LOOK_AGAIN = timedelta(seconds=50)
MODELS_KEPT = 500
OFFLINE = "Offline demo model: its answers are not a real model's."


_last: dict[UUID, tuple[float, Seen]] = {}


async def look(rows: list[Provider]) -> None:
    """Look at those that nobody looked at in the last seconds, at the same time, and write down what was seen."""
    old = time.monotonic() - KEPT_SECONDS
    due = [row for row in rows if _last.get(row.pk, (0.0, None))[0] < old]
    seen = await asyncio.gather(*(_probe(row) for row in due))
    for row, each in zip(due, seen, strict=True):
        _last[row.pk] = (time.monotonic(), each)
        await executors.run(partial(providers.record_health, row.pk, each))


async def keep_watch() -> None:
    """Look at those that nobody has looked at for a while, so that every door knows what there is."""
    await look(await executors.run(_due))


def _due() -> list[Provider]:
    return providers.not_looked_at_since(clock.now() - LOOK_AGAIN)


async def _probe(provider: Provider) -> Seen:
    if provider.kind == Provider.Kind.DEMO:
        return Seen(True, OFFLINE, 0, authorised=True, model_present=True)
    began = time.monotonic()
    server: ModelServer = await executors.run(model_servers.of, provider)  # not on the loop: it may be the first
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            names = await server.listed(provider, MODELS_KEPT, PROBE_SECONDS)
    except (TimeoutError, Refused, ValueError, server.FAILURES.all) as error:
        return _failed(error, server.FAILURES)
    wanted = provider.default_model
    present = wanted in names or f"{wanted}:latest" in names
    detail = "Reachable." if present else f"Reachable, but it does not list the model {wanted}."
    took = round((time.monotonic() - began) * 1000)
    kept = sorted(names)[:MODELS_KEPT]
    return Seen(present, detail, took, authorised=True, model_present=present, listed=kept)


def _failed(error: Exception, known: Failures) -> Seen:
    reached = not isinstance(error, (TimeoutError, Refused, known.unreachable))
    refused = isinstance(error, (Refused, *known.unauthorised))
    return Seen(False, _why(error, known), reached=reached, authorised=False if refused else None)


def _why(error: Exception, known: Failures) -> str:
    """By type and status, in our words: what a server says may hold anything."""
    if isinstance(error, Refused):
        return error.detail
    if isinstance(error, (TimeoutError, known.timed_out)):
        return "It did not answer in time."
    if isinstance(error, known.unauthorised):
        return "It does not accept our key."
    if isinstance(error, known.status):
        return f"It answers with an error ({getattr(error, 'status_code', '')})."
    if isinstance(error, known.unreachable):
        return "It can't be reached."
    return "What it answers is not a list of models."
