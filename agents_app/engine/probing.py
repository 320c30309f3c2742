"""Looks whether a provider's server answers, accepts our key and has the model. Bounded, and kept for a few seconds."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

import openai

from agents_app import clock
from agents_app.engine import models
from agents_app.models import Provider
from agents_app.services import providers
from sessions_app.events import executors

PROBE_SECONDS = 3.0
KEPT_SECONDS = 5.0
LOOK_AGAIN = timedelta(seconds=50)
MODELS_KEPT = 500
OFFLINE = "Offline demo model: its answers are not a real model's."


@dataclass(frozen=True)
class Seen:
    available: bool
    detail: str
    latency_ms: int | None = None
    reached: bool = True
    listed: list[str] = field(default_factory=list)


_last: dict[UUID, tuple[float, Seen]] = {}


async def look(rows: list[Provider]) -> None:
    """Look at those that nobody looked at in the last seconds, at the same time, and write down what was seen."""
    old = time.monotonic() - KEPT_SECONDS
    due = [row for row in rows if _last.get(row.pk, (0.0, None))[0] < old]
    seen = await asyncio.gather(*(_probe(row) for row in due))
    for row, each in zip(due, seen, strict=True):
        _last[row.pk] = (time.monotonic(), each)
        await executors.run(
            partial(
                providers.record_health, row.pk, available=each.available, detail=each.detail,
                latency_ms=each.latency_ms, reached=each.reached, listed=each.listed,
            )
        )  # fmt: skip


async def keep_watch() -> None:
    """Look at those that nobody has looked at for a while, so that every door knows what there is."""
    await look(await executors.run(_due))


def _due() -> list[Provider]:
    return providers.not_looked_at_since(clock.now() - LOOK_AGAIN)


async def _probe(provider: Provider) -> Seen:
    if provider.kind == Provider.Kind.DEMO:
        return Seen(True, OFFLINE, 0)
    if provider.kind not in models.OPENAI_KINDS:
        return Seen(False, f"Providers of kind {provider.kind} can't be used yet.")
    began = time.monotonic()
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            offered = await models.client(provider).models.list(timeout=PROBE_SECONDS)
    except (TimeoutError, openai.OpenAIError, ValueError) as error:
        return Seen(False, _why(error), reached=not isinstance(error, TimeoutError | openai.APIConnectionError))
    names = {each.id for each in offered.data or []}
    wanted = provider.default_model
    present = wanted in names or f"{wanted}:latest" in names
    detail = "Reachable." if present else f"Reachable, but it does not list the model {wanted}."
    took = round((time.monotonic() - began) * 1000)
    return Seen(present, detail, took, listed=sorted(names)[:MODELS_KEPT])


def _why(error: Exception) -> str:
    """By type and status, in our words: what a server says may hold anything."""
    if isinstance(error, TimeoutError | openai.APITimeoutError):
        return "It did not answer in time."
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return "It does not accept our key."
    if isinstance(error, openai.APIStatusError):
        return f"It answers with an error ({error.status_code})."
    if isinstance(error, openai.APIConnectionError):
        return "It can't be reached."
    return "What it answers is not a list of models."
