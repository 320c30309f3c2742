"""A message while it is spoken: its start in the log, its text as deltas, its end in the log again."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from agents_app.models import Run
from agents_app.services import leases, working
from agents_app.services.leases import Lease
from sessions_app import markdown
from sessions_app.actors import Actor
from sessions_app.events import executors, log
from sessions_app.events.hub import hub
from sessions_app.models import Message
from sessions_app.models.base import uuid7
from sessions_app.services import messages
from sessions_app.vocabulary import MessageReset, MessageStarted, MessageThinking

# A viewer sees the first token at once, and then a frame about as often as an eye can tell.
JOIN_SECONDS = 0.04


@dataclass(frozen=True)
class Marks:
    """What a message carries beside its words: whose voice it is, and what it was told of."""

    sender_type: str = Message.SenderType.AGENT
    summary_version: int | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


UNMARKED = Marks()


class Speaker:
    """Speaks one message of an agent. Its id is on the run's row from start to end, for whoever must void it."""

    def __init__(
        self,
        lease: Lease,
        actor: Actor,
        *,
        read: Callable[[], str],
        message_type: str,
        round: int | None,
        marks: Marks = UNMARKED,
    ) -> None:
        self.id: UUID = uuid7()
        self._lease, self._actor, self._read = lease, actor, read
        self._message_type, self._round, self._marks = message_type, round, marks
        self._shown = 0
        self._shown_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._beginning: asyncio.Future[None] | None = None

    @property
    def begun(self) -> bool:
        return self._beginning is not None

    async def hear(self) -> None:
        """There may be more to show. The first words don't wait for the database; a viewer keeps them till then."""
        if self._beginning is None:
            if self._read():
                self._beginning = asyncio.ensure_future(executors.run(self._begin))
                self._beginning.add_done_callback(self._look)
                self._show()
        elif self._beginning.done() and self._beginning.exception():
            await self._beginning
        elif self._timer is None:
            loop, due = asyncio.get_running_loop(), self._shown_at + JOIN_SECONDS
            # A model slower than an eye is shown as it speaks; only of a fast one are words joined.
            if loop.time() >= due:
                self._show()
            else:
                self._timer = loop.call_at(due, self._show)

    async def end(self, text: str, *, then: Callable[[Run], None], **fields: Any) -> None:
        """Write the whole message and `then` what goes with it, in one transaction."""
        if self.begun:
            self._show()  # the last words do not wait for the database
        await self._settle()
        await executors.run(partial(self._finish, text, then, fields))

    async def reset(self, reason: str) -> None:
        """Take back what was shown; the next attempt speaks under another id."""
        if self.begun:
            await self._settle()
            await executors.run(partial(self._reset, reason))

    def hush(self) -> None:
        """Show nothing more."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _show(self) -> None:
        self.hush()
        self._shown_at = asyncio.get_running_loop().time()
        text = self._read()
        if len(text) > self._shown:
            hub.delta(
                str(self._lease.session_id), run=str(self._lease.run_id), msg=str(self.id), off=self._shown,
                text=text[self._shown :],
            )  # fmt: skip
            self._shown = len(text)

    async def _settle(self) -> None:
        self.hush()
        if self._beginning:
            await self._beginning

    def _look(self, beginning: asyncio.Future[None]) -> None:
        """A start that failed has lost its lease, or the database: who drives the run is told, and viewers forget."""
        if beginning.cancelled() or beginning.exception():
            hub.forget(str(self._lease.session_id), str(self.id))

    @transaction.atomic
    def _begin(self) -> None:
        run = leases.held(self._lease)
        run.speaking = [*run.speaking, str(self.id)]
        run.save(update_fields=["speaking"])
        started = MessageStarted(
            event="message.start", message_id=self.id, run_id=run.pk, sender_type=self._marks.sender_type,
            sender_name=self._actor.name, message_type=self._message_type,
        )  # fmt: skip
        log.record(started, session=run.session, actor=self._actor, run=run.pk, parent_run=run.parent_id)

    def _finish(self, text: str, then: Callable[[Run], None], fields: dict[str, Any]) -> None:
        html = markdown.render(text)  # before the lock: long text takes a while
        with transaction.atomic():
            run = leases.held(self._lease)
            self._end(run, text, html, fields)
            then(run)
            working.write_step(run)

    def _end(self, run: Run, text: str, html: str, fields: dict[str, Any]) -> None:
        kind = fields.pop("message_type", self._message_type)
        if kind == Message.Type.THINKING:
            thought = MessageThinking(event="message.thinking", message_id=self.id, run_id=run.pk, content=text)
            log.record(thought, session=run.session, actor=self._actor, run=run.pk, parent_run=run.parent_id)
        messages.say(
            session=run.session, speaker=self._actor, content=text, html=html, message_type=kind, event="message.end",
            message_id=self.id, run_id=run.pk, round=self._round, sender_type=self._marks.sender_type,
            summary_version=self._marks.summary_version, **fields,
        )  # fmt: skip
        self._fall_silent(run)

    @transaction.atomic
    def _reset(self, reason: str) -> None:
        run = leases.held(self._lease)
        told = MessageReset(event="message.reset", message_id=self.id, reason=reason)
        log.record(told, session=run.session, actor=self._actor, run=run.pk, parent_run=run.parent_id)
        self._fall_silent(run)
        run.save(update_fields=["speaking"])

    def _fall_silent(self, run: Run) -> None:
        run.speaking = [each for each in run.speaking if each != str(self.id)]
