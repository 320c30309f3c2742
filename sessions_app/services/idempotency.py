"""The same request twice is done once: the second gets the first one's answer."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from sessions_app.errors import Refused
from sessions_app.models import IdempotencyRecord
from sessions_app.transactions import refusable


def once(
    *, caller: str, key: str, asked: dict[str, Any], act: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """Do it and keep the answer, or give the kept answer; true when it was done before.

    One transaction around `act`: what it refuses or fails to do leaves no record, so a retry tries again.
    """
    digest = _digest(asked)
    with refusable():
        # The unique constraint decides between two at once: the loser waits here until the winner has committed.
        record, new = IdempotencyRecord.objects.get_or_create(caller=caller, key=key, defaults={"digest": digest})
        refused = _answer(record, act) if new else None
        if new and refused is None:
            return record.answer or {}, False
    if refused is not None:
        raise refused
    if record.digest != digest:
        raise Refused("IDEMPOTENCY_MISMATCH", _("This key was used for another request; use a new one."))
    return record.answer or {}, True


def forget(*, before: datetime) -> int:
    """Drop answers nobody will ask for again; called from time to time."""
    return IdempotencyRecord.objects.filter(created_at__lt=before).delete()[0]


def _answer(record: IdempotencyRecord, act: Callable[[], dict[str, Any]]) -> Refused | None:
    """Do it; a refusal whose traces must stay is handed back, to be raised after the commit."""
    try:
        record.answer = act()
    except Refused as refused:
        if not refused.keeps:
            raise
        record.delete()
        return refused
    record.save(update_fields=["answer"])
    return None


def _digest(asked: dict[str, Any]) -> str:
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
