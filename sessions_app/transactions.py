"""A transaction that a refusal takes back whole, and what the refusal itself leaves behind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.db import DatabaseError, transaction

from sessions_app.errors import Refused

log = structlog.get_logger(__name__)


@contextmanager
def refusable() -> Iterator[None]:
    """All or nothing; after nothing, the refusal's trace in a transaction of its own.

    Of several around each other each writes it: what an inner one wrote is taken back by the next, and the last stays.
    """
    try:
        with transaction.atomic():
            yield
    except Refused as refused:
        if refused.trace:
            _write(refused.trace, refused.code)
        raise


def _write(trace: Callable[[], None], code: str) -> None:
    """A trace that can't be written must not hide the refusal from the one who waits for it."""
    try:
        with transaction.atomic():
            trace()
    except DatabaseError:
        log.exception("a refusal left no trace", code=code)
