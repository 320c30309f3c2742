"""Evidence of an incident: attached with its hash and its bearer, then searched, paged and counted line by line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

from django.db import transaction
from django.utils import timezone

from sessions_app import indicators, permissions, resources
from sessions_app.actors import Actor
from sessions_app.events import log
from sessions_app.indicators import Found
from sessions_app.models import Evidence, Incident
from sessions_app.services import indicators as known
from sessions_app.services.evidence_counts import Summary, summarize
from sessions_app.services.evidence_files import ALERT_TYPE, Kept, clean_name, drop, keep, read_lines, shown
from sessions_app.services.evidence_search import Hit, Line, Result, lines, matching, search
from sessions_app.vocabulary import EvidenceAdded

__all__ = ["Hit", "Line", "Result", "Summary", "attach", "attach_text", "lines", "matching", "search", "summarize"]

CHUNK = 256 * 1024
# Reading for indicators costs far more than storing: only the beginning of a long log is read for them.
READ_FOR_INDICATORS = 2 * 1024 * 1024
MOST_OF_A_KIND = {"ip": 30, "domain": 20, "url": 20, "hash": 20, "email": 10, "user": 10, "host": 10}


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def attach(*, incident: Incident, filename: str, stream: Readable, by: Actor) -> Evidence:
    """Keep a file as evidence; it streams to storage, and what it names is merged into the incident's indicators."""
    permissions.require(by, "attach_evidence", incident)
    return admit(incident=incident, filename=filename, kept=keep(chunks(stream)), by=by)


def attach_text(*, incident: Incident, filename: str, text: str, by: Actor) -> Evidence:
    """Keep a text as evidence; the caller has judged whether it may."""
    return admit(incident=incident, filename=filename, kept=keep([text.encode("utf-8", "replace")]), by=by)


def attach_alert(*, incident: Incident, source: str, raw: Any, by: Actor) -> Evidence:
    """The raw alert is evidence too, a value a line, so that searching finds its text."""
    kept = keep([json.dumps(raw, ensure_ascii=False, indent=1).encode("utf-8", "replace")])
    with undone(kept), transaction.atomic():
        return enter(incident, f"{source}-alert.json", replace(kept, content_type=ALERT_TYPE), by)


def admit(*, incident: Incident, filename: str, kept: Kept, by: Actor) -> Evidence:
    """Enter a stored file into the incident's record, and what it names into its indicators."""
    with undone(kept):
        counts = sighted(kept)
        with transaction.atomic():
            row = enter(incident, filename, kept, by)
            known.merge(incident=row.incident, counts=counts, by=by, tell_again=True)
    return row


@contextmanager
def undone(kept: Kept) -> Iterator[None]:
    """A record that fails takes its file with it."""
    try:
        yield
    except BaseException:
        drop(kept.stored_name)
        raise


def enter(incident: Incident, filename: str, kept: Kept, by: Actor) -> Evidence:
    rows = Incident.objects.select_for_update(of=("self",), no_key=True)
    locked = rows.select_related("organization").get(pk=incident.pk)
    row = Evidence.objects.create(
        incident=locked, filename=clean_name(filename), stored_name=kept.stored_name, size=kept.size,
        sha256=kept.sha256, content_type=kept.content_type, lines=kept.lines, line_index=kept.line_index,
        uploaded_by=by.user, created_at=timezone.now(),
    )  # fmt: skip
    told = EvidenceAdded(event="evidence.added", evidence=resources.evidence(row))
    log.record(told, session=known.room_of(locked), actor=by)
    return row


def chunks(stream: Readable) -> Iterator[bytes]:
    return iter(lambda: stream.read(CHUNK), b"")


def sighted(kept: Kept) -> dict[Found, int]:
    """How many lines name each indicator, the most frequent of each kind."""
    seen: Counter[Found] = Counter()
    size = 0
    unsaved = Evidence(stored_name=kept.stored_name, lines=kept.lines, line_index=kept.line_index)
    for _, line in read_lines(unsaved):
        size += len(line)
        if size > READ_FOR_INDICATORS:
            break
        seen.update(indicators.extract(shown(line)))
    return dict(most_of_each(seen.most_common()))


def most_of_each(ranked: Iterable[tuple[Found, int]]) -> Iterator[tuple[Found, int]]:
    left = dict(MOST_OF_A_KIND)
    for found, count in ranked:
        if left.get(found.kind, 0):
            left[found.kind] -= 1
            yield found, count
