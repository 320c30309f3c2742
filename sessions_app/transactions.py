"""A transaction that a refusal takes back whole, and what the refusal itself leaves behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from django.db import DatabaseError, transaction

from sessions_app.errors import Refused

log = structlog.get_logger(__name__)

_inside: ContextVar[bool] = ContextVar("inside a transaction that may be refused", default=False)


@contextmanager
def refusable() -> Iterator[None]:
    """All or nothing; after nothing, the refusal's trace in a transaction of its own.

    Of several around each other the outermost writes it: what an inner one wrote would be taken back as well.
    """
    outermost = not _inside.get()
    mark = _inside.set(True)
    try:
        with transaction.atomic():
            yield
    except Refused as refused:
        if outermost and refused.trace:
            _leave(refused)
        raise
    finally:
        _inside.reset(mark)


def _leave(refused: Refused) -> None:
    """A trace that can't be written must not hide the refusal from the one who waits for it."""
    assert refused.trace is not None
    try:
        with transaction.atomic():
            refused.trace()
    except DatabaseError:
        log.exception("a refusal left no trace", code=refused.code)
