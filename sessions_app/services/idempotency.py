"""The same request twice is done once: the second gets the first one's answer."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

from sessions_app.errors import Refused
from sessions_app.models import IdempotencyRecord
from sessions_app.transactions import refusable


class _Taken(Exception):
    """The same request was at work at the same time, and has committed."""


def once(
    *,
    caller: str,
    key: str,
    asked: dict[str, Any],
    act: Callable[..., dict[str, Any]],
    prepare: Callable[[], Any] | None = None,
) -> tuple[dict[str, Any], bool]:
    """Do it and keep the answer, or give the kept answer; true when it was done before.

    One transaction around `act`: what it refuses or fails to do leaves no record, so a retry tries again. What takes
    long, and what counts, is for `prepare`: it comes before the transaction, for a repeat not at all, and `act` gets
    what it made.
    """
    digest = _digest(asked)
    records = IdempotencyRecord.objects.filter(caller=caller, key=key)
    known = records.first()
    if known is None:
        first = partial(act, prepare()) if prepare else act
        try:
            return _first(IdempotencyRecord(caller=caller, key=key, digest=digest), first), False
        except _Taken:
            known = records.get()
    if known.digest != digest:
        raise Refused("IDEMPOTENCY_MISMATCH", _("This key was used for another request; use a new one."))
    return known.answer or {}, True


def forget(*, before: datetime) -> int:
    """Drop answers nobody will ask for again; called from time to time."""
    return IdempotencyRecord.objects.filter(created_at__lt=before).delete()[0]


def _first(record: IdempotencyRecord, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do it in one transaction with its record; a refusal whose traces must stay is raised after the commit."""
    refused = None
    with refusable():
        _claim(record)
        try:
            record.answer = act()
        except Refused as error:
            if not error.keeps:
                raise
            refused = error
            record.delete()
        else:
            record.save(update_fields=["answer"])
    if refused is not None:
        raise refused
    return record.answer or {}


def _claim(record: IdempotencyRecord) -> None:
    """The unique constraint decides between two at once: the loser waits here until the winner has committed."""
    try:
        record.save(force_insert=True)
    except IntegrityError as error:
        raise _Taken from error


def _digest(asked: dict[str, Any]) -> str:
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
