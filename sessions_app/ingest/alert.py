"""One alert as we understand it, whoever sent it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.utils.translation import gettext as _

from sessions_app.errors import Invalid
from sessions_app.indicators import Found

Severity = Literal["critical", "high", "medium", "low", "info"]
Status = Literal["firing", "resolved"]
MOST_ALERTS = 500
TITLE_LENGTH = 200
DESCRIPTION_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class ParsedAlert:
    source: str
    title: str
    description: str
    severity: Severity
    occurred_at: datetime | None
    fingerprint: str
    status: Status
    host: str
    user: str
    indicators: tuple[Found, ...]
    raw: Any
    # Of MITRE ATT&CK, where the source names them.
    techniques: tuple[str, ...] = ()
    # Of what is over, whether only its title says so: then nobody may have known it at all.
    ends_by_title: bool = False


def bounded(documents: Sequence[Any]) -> None:
    """Refuse a body that would open incidents by the thousand."""
    if len(documents) > MOST_ALERTS:
        raise Invalid(
            _("A body may hold {most} alerts; this one holds {count}.").format(most=MOST_ALERTS, count=len(documents))
        )


def title_of(text: str) -> str:
    """One line, no control characters, short enough for a list."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    line = " ".join("".join(c if c.isprintable() else " " for c in line).split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def fingerprint_of(reader: str, *parts: Any) -> str:
    """What makes two alerts the same alert; by the format's reader, not by the name of the address it came to."""
    told = json.dumps([reader, *parts], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()
