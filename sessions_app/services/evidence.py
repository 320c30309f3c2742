"""Evidence of an incident: attached with its hash and its bearer, then searched, paged and counted line by line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sessions_app import indicators, permissions, resources
from sessions_app.actors import Actor
from sessions_app.events import log
from sessions_app.indicators import Found
from sessions_app.models import Evidence, Incident
from sessions_app.services import files, incidents
from sessions_app.services import indicators as known
from sessions_app.services.evidence_counts import Summary, over_time, summarize
from sessions_app.services.evidence_files import ALERT_TYPE, read_lines
from sessions_app.services.evidence_queries import Query
from sessions_app.services.evidence_search import Hit, Line, Page, Result, Surroundings, lines, matching, search
from sessions_app.services.files import Kept, Readable
from sessions_app.vocabulary import EvidenceAdded

__all__ = [
    "Hit", "Line", "Page", "Query", "Result", "Summary", "Surroundings", "attach", "attach_text", "lines", "matching",
    "over_time", "page", "search", "summarize",
]  # fmt: skip

# Reading for indicators costs far more than storing: only the beginning of a long log is read for them.
READ_FOR_INDICATORS = 2 * 1024 * 1024
MOST_OF_A_KIND = {
    "ip": 30,
    "domain": 20,
    "url": 20,
    "hash": 20,
    "email": 10,
    "user": 10,
    "host": 10,
    "process": 10,
    "file": 10,
}


@dataclass(frozen=True, slots=True)
class Read:
    """A file in storage and what it names, found before anything is locked: reading takes far longer than entering."""

    kept: Kept
    sighted: dict[Found, int]


def attach(*, incident: Incident, filename: str, stream: Readable, by: Actor) -> Evidence:
    """Keep a file as evidence; it streams to storage, and what it names is merged into the incident's indicators."""
    permissions.require(by, "attach_evidence", incident)
    return admit(incident=incident, filename=filename, read=read(stream), by=by)


def attach_text(*, incident: Incident, filename: str, text: str, by: Actor) -> Evidence:
    """Keep a text as evidence; the caller has judged whether it may."""
    kept = _kept(text)
    with files.undone(kept.stored_name):
        known_before = Read(kept, sighted(kept))
    return admit(incident=incident, filename=filename, read=known_before, by=by)


def attach_alert(*, incident: Incident, source: str, raw: Any, by: Actor) -> Evidence:
    """The raw alert is evidence too, a value a line, so that searching finds its text."""
    kept = _kept(json.dumps(raw, ensure_ascii=False, indent=1))
    with files.undone(kept.stored_name), transaction.atomic():
        files.tie(kept.stored_name)
        return enter(incident, f"{source}-alert.json", replace(kept, content_type=ALERT_TYPE), by)


def read(stream: Readable, *, most: int | None = None) -> Read:
    """Keep a file and look what it names; nobody waits for it, since nothing is locked yet."""
    kept = files.keep(files.chunks(stream), most=most or settings.WARROOM_EVIDENCE_MAX_BYTES)
    with files.undone(kept.stored_name):
        return Read(kept, sighted(kept))


def admit(*, incident: Incident, filename: str, read: Read, by: Actor) -> Evidence:
    """Enter a stored file into the incident's record, and what it names into its indicators."""
    with files.undone(read.kept.stored_name), transaction.atomic():
        files.tie(read.kept.stored_name)
        return enter_read(incident, filename, read, by)


def enter_read(incident: Incident, filename: str, read: Read, by: Actor) -> Evidence:
    """The same within the caller's transaction, for a file that stays in storage whatever becomes of that."""
    row = enter(incident, filename, read.kept, by)
    known.merge(incident=row.incident, counts=read.sighted, by=by, tell_again=True)
    return row


def page(row: Evidence, query: Query | None, *, after: int, count: int) -> Page:
    """Lines behind number `after`: all, or those that match."""
    if query is not None:
        return matching(row, query, after=after, count=count)
    found = lines(row, after + 1, count + 1)
    return Page(found[:count], found[count - 1].number if len(found) > count else None)


def _kept(text: str) -> Kept:
    return files.keep([text.encode("utf-8", "replace")], most=settings.WARROOM_EVIDENCE_MAX_BYTES)


def enter(incident: Incident, filename: str, kept: Kept, by: Actor) -> Evidence:
    locked = incidents.lock(incident.pk)
    incidents.require_unmerged(locked)
    row = Evidence.objects.create(
        incident=locked, filename=files.clean_name(filename), stored_name=kept.stored_name, size=kept.size,
        sha256=kept.sha256, content_type=kept.content_type, lines=kept.lines, line_index=kept.line_index,
        reading=kept.reading, uploaded_by=by.user, created_at=timezone.now(),
    )  # fmt: skip
    told = EvidenceAdded(event="evidence.added", evidence=resources.evidence(row))
    log.record(told, session=known.room_of(locked), actor=by)
    return row


def sighted(kept: Kept) -> dict[Found, int]:
    """How many lines name each indicator, the most frequent of each kind."""
    seen: Counter[Found] = Counter()
    size = 0
    unsaved = Evidence(stored_name=kept.stored_name, lines=kept.lines, line_index=kept.line_index)
    for _, line in read_lines(unsaved):
        size += len(line) + 1
        if size > READ_FOR_INDICATORS:
            break
        seen.update(indicators.extract(files.shown(line)))
    return dict(most_of_each(seen.most_common()))


def most_of_each(ranked: Iterable[tuple[Found, int]]) -> Iterator[tuple[Found, int]]:
    left = dict(MOST_OF_A_KIND)
    for found, count in ranked:
        if left.get(found.kind, 0):
            left[found.kind] -= 1
            yield found, count
