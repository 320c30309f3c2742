"""Counting what stands in evidence: who, from where, on what, and when."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sessions_app.indicators import text as patterns
from sessions_app.indicators.found import Found
from sessions_app.ingest import times
from sessions_app.models import Evidence, Incident
from sessions_app.services.evidence_files import files_and_alerts, read_pieces, split
from sessions_app.services.evidence_queries import Query
from sessions_app.services.evidence_search import Hit, Scan
from sessions_app.services.files import shown

TOP = 20
EXAMPLES = 3
# What one file may make us remember: counts of values beyond these stay out, and `cut` says so.
MOST_VALUES = 20_000
MOST_MINUTES = 20_000
BUCKETS = 48
COUNT_SECONDS = 5.0
# The tool that asks gives up after a minute; what was counted until then is an answer, and says that it is cut.
TALLY_SECONDS = 40.0
# A line says its time in its beginning.
TIME_WITHIN = 400
STEPS = tuple(timedelta(minutes=m) for m in (1, 5, 10, 15, 30, 60, 120, 360, 720, 1440, 10080, 43200, 525600))
# Lines that say so, not attempts: some programs say it twice, so `Invalid user` and `session opened` are left out.
FAILED = ("fail", "denied", "refused", "incorrect", " error", "blocked", "invalid credential", "invalid password")
ACCEPTED = ("accepted ", "success", "logged in", "granted")


@dataclass(slots=True)
class Count:
    """How often one value stands in the evidence, between when, and in which lines first."""

    value: str
    count: int = 0
    failed: int = 0
    accepted: int = 0
    first: datetime | None = None
    last: datetime | None = None
    # Only the alert itself names it: that is no second witness.
    of_alert: bool = False
    examples: list[Hit] = field(default_factory=list)
    accepted_examples: list[Hit] = field(default_factory=list)

    def add(self, line: Counted) -> None:
        self.count += 1
        self.failed += line.failed
        self.accepted += line.accepted
        if line.when:
            self.first = min(self.first or line.when, line.when)
            self.last = max(self.last or line.when, line.when)
        if len(self.examples) < EXAMPLES:
            self.examples.append(line.hit())
        if line.accepted and len(self.accepted_examples) < EXAMPLES:
            self.accepted_examples.append(line.hit())


@dataclass(frozen=True, slots=True)
class Counted:
    """One line, judged once."""

    evidence: Evidence
    number: int
    text: str
    when: datetime | None
    failed: bool
    accepted: bool

    def hit(self) -> Hit:
        return Hit(self.evidence.pk, self.evidence.filename, self.number, self.text[:500])


@dataclass(frozen=True, slots=True)
class Bucket:
    start: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over all evidence of an incident; of each kind the most frequent, and how many there are in all."""

    files: int
    # Of these files, how many are not the alerts themselves.
    logs: int
    lines: int
    failed: int
    accepted: int
    first: datetime | None
    last: datetime | None
    addresses: list[Count]
    users: list[Count]
    hosts: list[Count]
    distinct: dict[str, int]
    bucket_minutes: int
    buckets: list[Bucket]
    cut: bool


class Tally:
    """Counts lines as they pass; its memory is bounded whatever passes."""

    def __init__(self) -> None:
        self.lines = self.failed = self.accepted = 0
        self.kinds: dict[str, dict[str, Count]] = {"addresses": {}, "users": {}, "hosts": {}}
        self.minutes: Counter[datetime] = Counter()
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.cut = False

    def add(self, evidence: Evidence, number: int, raw: bytes) -> None:
        text = shown(raw)
        low = text.lower()
        failed = any(mark in low for mark in FAILED)
        accepted = not failed and any(mark in low for mark in ACCEPTED)
        line = Counted(evidence, number, text, times.in_line(text, evidence.created_at), failed, accepted)
        self.lines += 1
        self.failed += line.failed
        self.accepted += line.accepted
        if line.when:
            self.note(line.when)
        self.count("addresses", patterns.addresses(text), line)
        self.count("users", patterns.users(text), line)
        self.count("hosts", patterns.hosts(text), line)

    def note(self, when: datetime) -> None:
        self.first, self.last = min(self.first or when, when), max(self.last or when, when)
        minute = when.replace(second=0, microsecond=0)
        if minute in self.minutes or len(self.minutes) < MOST_MINUTES:
            self.minutes[minute] += 1

    def count(self, kind: str, found: list[Found], line: Counted) -> None:
        counts = self.kinds[kind]
        for value in {each.value for each in found} if found else ():
            known = counts.get(value)
            if known is None:
                if len(counts) >= MOST_VALUES:
                    self.cut = True
                    continue
                known = counts[value] = Count(value)
            known.add(line)

    def top(self, kind: str) -> list[Count]:
        return sorted(self.kinds[kind].values(), key=lambda count: (-count.count, count.value))[:TOP]

    def merged(self, alerts: Tally) -> Tally:
        """What only an alert names is counted from the alert; the rest from the files alone."""
        for counts in alerts.kinds.values():
            for count in counts.values():
                count.of_alert = True
        if not self.lines:
            alerts.cut = alerts.cut or self.cut
            return alerts
        for kind, counts in alerts.kinds.items():
            self.kinds[kind] = counts | self.kinds[kind]
        self.cut = self.cut or alerts.cut
        return self

    def summary(self, *, logs: int, alerts: int) -> Summary:
        step, buckets = bucketed(self.minutes)
        return Summary(
            files=logs + alerts, logs=logs, lines=self.lines, failed=self.failed, accepted=self.accepted,
            first=self.first, last=self.last,
            addresses=self.top("addresses"), users=self.top("users"), hosts=self.top("hosts"),
            distinct={kind: len(counts) for kind, counts in self.kinds.items()},
            bucket_minutes=step // timedelta(minutes=1), buckets=buckets, cut=self.cut,
        )  # fmt: skip


def summarize(incident: Incident, among: list[Evidence] | None = None) -> Summary:
    """Read all evidence of an incident once, or some of its files, and count."""
    files, alerts = files_and_alerts(incident) if among is None else (among, [])
    until = time.monotonic() + TALLY_SECONDS
    return tally(files, until).merged(tally(alerts, until)).summary(logs=len(files), alerts=len(alerts))


def over_time(evidence: Evidence, query: Query | None) -> dict[str, Any]:
    """How many lines match, of all if nothing is looked for, and when they were written."""
    minutes: Counter[datetime] = Counter()
    scan = Scan(evidence, query or Query(regex="^"), until=time.monotonic() + COUNT_SECONDS)
    total = 0
    for _, line in scan:
        total += 1
        when = times.in_line(shown(line[:TIME_WITHIN]), evidence.created_at)
        minute = when.replace(second=0, microsecond=0) if when else None
        if minute and (minute in minutes or len(minutes) < MOST_MINUTES):
            minutes[minute] += 1
    step, buckets = bucketed(minutes)
    shown_buckets = [{"start": bucket.start, "count": bucket.count} for bucket in buckets]
    return {"total": total, "bucket_minutes": step // timedelta(minutes=1), "buckets": shown_buckets, "cut": scan.cut}


def tally(rows: list[Evidence], until: float) -> Tally:
    counted = Tally()
    for evidence in rows:
        for first, piece in read_pieces(evidence):
            if time.monotonic() > until:
                counted.cut = True
                return counted
            for number, line in enumerate(split(piece), first):
                counted.add(evidence, number, line)
    return counted


def bucketed(minutes: Counter[datetime]) -> tuple[timedelta, list[Bucket]]:
    """The finest round step that shows the whole span in a few dozen bars; bars without lines are left out."""
    if not minutes:
        return STEPS[0], []
    span = max(minutes) - min(minutes)
    step = next((step for step in STEPS if span / step < BUCKETS), STEPS[-1])
    counts: Counter[datetime] = Counter()
    for minute, count in minutes.items():
        counts[floor(minute, step)] += count
    return step, [Bucket(start, counts[start]) for start in sorted(counts)]


def floor(when: datetime, step: timedelta) -> datetime:
    zero = datetime(1970, 1, 1, tzinfo=UTC)
    return zero + (when - zero) // step * step
