"""Says that a run wants attention. The database row is the truth; a call lost here costs time, never work."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from uuid import UUID

from django.db import transaction

from agents_app.models import Run


class Change(StrEnum):
    QUEUED = "queued"  # advance it
    DUE = "due"  # something may be taken up that could not be before: look what
    INTERRUPTED = "interrupted"  # it is at work, and somebody wants it to stop
    PAUSED = "paused"  # it is at work, and somebody wants it to rest until it is resumed
    SETTLED = "settled"  # it ended, or waits for a person: whoever awaits its answer may look


Listener = Callable[[UUID, Change], None]
_listeners: list[Listener] = []


def enqueue(run: Run) -> None:
    """Have the run advanced, once the transaction that queued it has committed; a crew's in its turn."""
    tell(run, Change.QUEUED if run.lane == Run.Lane.CHAT else Change.DUE)


def tell(run: Run, change: Change) -> None:
    transaction.on_commit(partial(_tell, run.pk, change))


def listen(listener: Listener) -> None:
    """Hear of changes after their commit. Called in whichever thread committed: cross over, and do not block."""
    _listeners.append(listener)


def unlisten(listener: Listener) -> None:
    _listeners.remove(listener)


def _tell(run_id: UUID, change: Change) -> None:
    for listener in tuple(_listeners):
        listener(run_id, change)
