"""A session as a file to keep: all that was said and happened up to the moment it was asked for.

It is made piece by piece, so that a hundred thousand messages take no more memory than two hundred.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from django.db import transaction
from django.utils import timezone

from sessions_app import export_markdown, permissions, resources
from sessions_app.actors import Actor
from sessions_app.errors import NotFound
from sessions_app.events import frames, log
from sessions_app.masking import Mask
from sessions_app.models import ChatSession, Message
from sessions_app.services import audit, masks

Format = Literal["md", "json"]
BATCH = 200
BATCH_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Export:
    session: ChatSession
    form: Format
    by: Actor
    at: datetime
    mask: Mask
    caught: Counter[str] = field(default_factory=Counter)

    def pieces(self) -> Iterator[str]:
        """The text of the file. Secrets in it are masked, and how many of which kind is for the auditor."""
        yield from _as_json(self) if self.form == "json" else _as_markdown(self)
        _note(self)

    def masked(self, value: Any) -> Any:
        clean, counts = self.mask.value(value)
        self.caught.update(counts)
        return clean


@transaction.atomic
def begin(*, session_id: UUID, form: Format, by: Actor) -> Export:
    """Who may see a session may keep a copy; that they took one is on record before its first byte."""
    rows = ChatSession.objects.select_related("agent", "incident__commander", "owner")
    session = rows.filter(pk=session_id).first()
    if session is None:
        raise NotFound(code="SESSION_NOT_FOUND")
    permissions.require(by, "see", session, missing="SESSION_NOT_FOUND")
    detail = {"format": form, "up_to": session.head, "category": session.category}
    audit.append(
        organization_id=session.organization_id, actor=by, action="session.exported", thing=session, detail=detail
    )
    return Export(session, form, by, timezone.now(), masks.of(session.organization_id))


@transaction.atomic
def _note(export: Export) -> None:
    home = export.session.organization_id
    masks.note(export.caught, organization_id=home, thing=export.session, where="export", by=export.by)


# --- JSON -------------------------------------------------------------------------------------------------------------
def _as_json(export: Export) -> Iterator[str]:
    session, incident = export.session, export.session.incident
    head = {
        "session": export.masked(resources.session(session).wire()),
        "incident": export.masked(resources.incident(incident).wire()) if incident else None,
        "exported_at": export.at,
        "exported_by": export.by.name,
    }
    yield frames.encode(head)[:-1] + ',"messages":['
    yield from _listed(_messages(export))
    yield '],"events":['
    yield from _listed(_events(export))
    yield "]}"


def _listed(batches: Iterator[list[Any]]) -> Iterator[str]:
    comma = ""
    for batch in batches:
        yield comma + ",".join(frames.encode(each) for each in batch)
        comma = ","


# --- Markdown ---------------------------------------------------------------------------------------------------------
def _as_markdown(export: Export) -> Iterator[str]:
    incident = export.session.incident
    told = export.masked(resources.incident(incident, indicators=()).wire()) if incident else None
    session = export.masked(resources.session(export.session).wire())
    yield export_markdown.head(session, told, at=export.at, by=export.by.name)
    for batch in _messages(export):
        yield "".join(map(export_markdown.message, batch))


# --- Rows, a batch at a time ------------------------------------------------------------------------------------------
def _messages(export: Export) -> Iterator[list[dict[str, Any]]]:
    said = Message.objects.filter(session=export.session, seq__lte=export.session.head).order_by("seq")
    after = 0
    while batch := list(said.filter(seq__gt=after)[:BATCH]):
        for row in batch:
            row.session = export.session
        yield [export.masked(resources.message(row).wire()) for row in batch]
        after = batch[-1].seq


def _events(export: Export) -> Iterator[list[dict[str, Any]]]:
    after, head = 0, export.session.head
    while batch := log.read(export.session.pk, after=after, limit=BATCH, budget=BATCH_BYTES):
        told = [orjson.loads(text) for seq, text in batch if seq <= head]
        if not told:
            return
        yield [export.masked(each) for each in told]
        after = batch[-1][0]
