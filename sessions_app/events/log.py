"""The log: the only writer, and with `stored` the only reader. A client is a snapshot and the events after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from sessions_app.actors import Actor
from sessions_app.errors import NotFound
from sessions_app.events import stored
from sessions_app.events.hub import hub
from sessions_app.events.stored import position, read
from sessions_app.models import ChatSession, Event
from sessions_app.models.sessions import new_epoch
from sessions_app.vocabulary import EventData

__all__ = ["heard", "lock", "lock_of", "position", "purge", "read", "record"]

# The fields of events that hold words, and what a purge leaves of them.
WORDLESS: dict[str, Any] = {"content": "", "html": None, "args": {}, "result": None, "attachments": [], "metadata": {}}
# After these nothing more is streamed into the message they name.
ENDS_OF_TEXT = ("message.end", "message.error", "message.reset")

_heard: ContextVar[dict[UUID, int] | None] = ContextVar("heard", default=None)


def lock(session_id: UUID) -> ChatSession:
    """Take the session's row first in every changing transaction: commit order becomes seq order."""
    return _locked(pk=session_id)


def lock_of(query: QuerySet[Any, Any]) -> ChatSession:
    """The same for the session whose id a query finds."""
    return _locked(pk__in=query)


def record(
    told: EventData,
    *,
    session: ChatSession,
    actor: Actor,
    run: UUID | None = None,
    parent_run: UUID | None = None,
    cause: UUID | None = None,
) -> Event:
    """Write what happened as the next event of a session that the caller has locked; tell it on commit."""
    assert connection.in_atomic_block, "an event belongs to the transaction of its change"
    seq = _next(session)
    event = Event.objects.create(
        session=session, seq=seq, type=told.event, data=told.wire(), ts=timezone.now(), run_id=run,
        parent_run_id=parent_run, cause=cause, actor_kind=actor.kind, actor_id=actor.id, actor_name=actor.name,
    )  # fmt: skip
    transaction.on_commit(partial(hub.committed, str(session.pk), seq, stored.frame_of(event), ends=_ended(event)))
    return event


def purge(session: ChatSession) -> None:
    """Blank the words in the log of a session that the caller has locked, and saves; the new epoch voids every copy."""
    session.epoch = new_epoch()
    told = list(Event.objects.filter(session=session))
    for event in told:
        event.data = _wordless(event.data)
    Event.objects.bulk_update(told, ["data"], batch_size=100)


def _wordless(value: Any) -> Any:
    """The same shape without what people, models and tools said."""
    if isinstance(value, list):
        return [_wordless(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: WORDLESS[name] if name in WORDLESS else _wordless(inner) for name, inner in value.items()}


@contextmanager
def heard() -> Iterator[dict[UUID, int]]:
    """What is recorded inside: the newest seq of each session, for who asked for the change."""
    newest: dict[UUID, int] = {}
    token = _heard.set(newest)
    try:
        yield newest
    finally:
        _heard.reset(token)


def _locked(**which: Any) -> ChatSession:
    try:
        # Here and everywhere `no_key`: a check of a foreign key (at commit) takes a shared key lock on the row above,
        # and would deadlock with a full lock. Nothing joined: most who change a session need no more of it.
        return ChatSession.objects.select_for_update(no_key=True).get(**which)
    except ChatSession.DoesNotExist:
        raise NotFound(code="SESSION_NOT_FOUND") from None


def _next(session: ChatSession) -> int:
    """Raise the head; what was noted on the row, that somebody spoke and which round it is, is written with it."""
    seq = session.head + 1
    rows = ChatSession.objects.filter(pk=session.pk, head=session.head)
    moved = rows.update(head=seq, last_active_at=session.last_active_at, rounds_used=session.rounds_used)
    assert moved, "the session must be locked, and read after that"
    session.head = seq
    if (newest := _heard.get()) is not None:
        newest[session.pk] = seq
    return seq


def _ended(event: Event) -> str:
    """The message whose streaming text this event replaces."""
    if event.type not in ENDS_OF_TEXT:
        return ""
    return str(event.data.get("message_id") or "")
