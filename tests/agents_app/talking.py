"""Short ways to post, to advance a run, and to read what a room was told."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from agents_app import clock
from agents_app.engine.advance import advance
from agents_app.engine.limits import Limits
from agents_app.engine.watch import Watch
from agents_app.models import Run
from sessions_app import actors
from sessions_app.events import executors
from sessions_app.models import ChatSession, Event, Message, User
from sessions_app.services import messages
from sessions_app.vocabulary import MessageSend
from tests import factories

# A busy machine may stand still for a second; only a test of what is late takes limits that it can wait for.
PATIENT = Limits(first_token_s=20, stall_s=20, total_s=60, retry_base_s=0.01)
LATE_SOON = replace(PATIENT, first_token_s=0.4, stall_s=0.4, total_s=5)
STALLED_SOON = replace(PATIENT, stall_s=0.4)


def post(room: ChatSession, content: str = "What is going on?", *, user: User | None = None, **fields: Any) -> Run:
    """A person posts; the run that answers is queued."""
    by = actors.person(user or person())
    posted = messages.post(session_id=room.pk, body=MessageSend(content=content, **fields), by=by)
    return Run.objects.get(pk=posted.extra["run_id"])


def person() -> User:
    return User.objects.filter(username="rita").first() or factories.user("rita", role="responder")


def crash(run: Run) -> None:
    """The owner of the run is dead, and its lease has run out."""
    Run.objects.filter(pk=run.pk).update(lease_until=clock.now() - timedelta(seconds=1))


async def in_thread(fn: Any, *args: Any, **kwargs: Any) -> Any:
    return await executors.run(partial(fn, *args, **kwargs))


async def until(look: Callable[[], Any], *, seconds: float = 10) -> Any:
    """Look again and again, in a thread, until there is something."""
    async with asyncio.timeout(seconds):
        while True:
            if seen := await in_thread(look):
                return seen
            await asyncio.sleep(0.02)


async def work_on(run: Run, *, limits: Limits = PATIENT, watch: Watch | None = None, owner: str = "test:1") -> Run:
    """Advance the run as its runner would, and read it again."""
    await advance(run.pk, owner=owner, watch=watch, limits=limits)
    again: Run = await in_thread(Run.objects.get, pk=run.pk)
    return again


def told(room: ChatSession, *, like: str = "") -> list[str]:
    """The types of the room's events, in order."""
    return [each.type for each in events(room) if each.type.startswith(like)]


def events(room: ChatSession, kind: str = "") -> list[Event]:
    found = Event.objects.filter(session_id=room.pk).order_by("seq")
    return list(found.filter(type=kind) if kind else found)


def said(run: Run) -> list[Message]:
    return list(Message.objects.filter(run=run).order_by("seq"))
