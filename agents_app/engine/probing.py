"""Looks whether a provider's server answers, accepts our key and has the model. Bounded, and kept for a few seconds."""

import asyncio
import time
from datetime import timedelta
from functools import partial
from uuid import UUID

import anthropic
import openai

from agents_app import clock
from agents_app.engine import clients
from agents_app.models import Provider
from agents_app.services import providers
from agents_app.services.providers import Seen
from sessions_app.errors import Refused
from sessions_app.events import executors

PROBE_SECONDS = 3.0
KEPT_SECONDS = 5.0
LOOK_AGAIN = timedelta(seconds=50)
MODELS_KEPT = 500
FAILURES = (openai.OpenAIError, anthropic.AnthropicError, Refused, ValueError)
UNAUTHORISED = (
    openai.AuthenticationError | openai.PermissionDeniedError
    | anthropic.AuthenticationError | anthropic.PermissionDeniedError
)  # fmt: skip
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
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            names = await _listed(provider)
    except (TimeoutError, *FAILURES) as error:
        return _failed(error)
    wanted = provider.default_model
    present = wanted in names or f"{wanted}:latest" in names
    detail = "Reachable." if present else f"Reachable, but it does not list the model {wanted}."
    took = round((time.monotonic() - began) * 1000)
    kept = sorted(names)[:MODELS_KEPT]
    return Seen(present, detail, took, authorised=True, model_present=present, listed=kept)


async def _listed(provider: Provider) -> set[str]:
    """The names of the models that the server has."""
    if provider.kind == Provider.Kind.ANTHROPIC:
        theirs = await clients.anthropic_client(provider).models.list(limit=MODELS_KEPT, timeout=PROBE_SECONDS)
        return {each.id for each in theirs.data or []}
    offered = await clients.openai_client(provider).models.list(timeout=PROBE_SECONDS)
    return {each.id for each in offered.data or []}


def _failed(error: Exception) -> Seen:
    reached = not isinstance(error, TimeoutError | Refused | openai.APIConnectionError | anthropic.APIConnectionError)
    refused = isinstance(error, Refused | UNAUTHORISED)
    return Seen(False, _why(error), reached=reached, authorised=False if refused else None)


def _why(error: Exception) -> str:
    """By type and status, in our words: what a server says may hold anything."""
    if isinstance(error, Refused):
        return error.detail
    if isinstance(error, TimeoutError | openai.APITimeoutError | anthropic.APITimeoutError):
        return "It did not answer in time."
    if isinstance(error, UNAUTHORISED):
        return "It does not accept our key."
    if isinstance(error, openai.APIStatusError | anthropic.APIStatusError):
        return f"It answers with an error ({error.status_code})."
    if isinstance(error, openai.APIConnectionError | anthropic.APIConnectionError):
        return "It can't be reached."
    return "What it answers is not a list of models."
