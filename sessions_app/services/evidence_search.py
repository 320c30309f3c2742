"""Searching evidence line by line: words, and indicators as whole values, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.translation import gettext as _

from sessions_app import indicators
from sessions_app.errors import Invalid
from sessions_app.models import Evidence, Incident
from sessions_app.services.evidence_files import files_and_alerts, read_lines
from sessions_app.services.files import shown

SHOWN = 2000
MOST_WORDS = 10
LONGEST_QUERY = 500


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    evidence_id: UUID
    filename: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Result:
    """`total` counts every line that matches, `hits` shows the first of them; `of_alert`: they are the alert's own."""

    query: str
    total: int
    hits: tuple[Hit, ...]
    of_alert: bool = False


class Query:
    """All words must stand in a line, in any case; an indicator only as a whole: 10.0.0.1 is not 10.0.0.12."""

    def __init__(self, text: str) -> None:
        self.text = text
        words = text.lower().split()
        if not words or len(words) > MOST_WORDS or len(text) > LONGEST_QUERY:
            raise Invalid(_("Search for one to {most} words.").format(most=MOST_WORDS))
        # The longest first: it is the rarest, and most lines are done with after one look.
        self.words = sorted((indicators.refang(word).encode() for word in words), key=len, reverse=True)
        self.values = [whole(word) for word in self.words if indicators.kind_of(word.decode())]
        # bytes.lower() knows ASCII only; it is many times faster than decoding every line.
        self.ascii = text.isascii()

    def matches(self, line: bytes) -> bool:
        low = line.lower() if self.ascii else line.decode("utf-8", "replace").lower().encode()
        if self.words[0] not in low:
            return False
        return all(word in low for word in self.words) and all(value.search(low) for value in self.values)


def whole(value: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![\w-])(?<!\d\.)" + re.escape(value) + rb"(?![\w-]|\.\d)")


def lines(evidence: Evidence, start: int = 1, count: int = 100) -> list[Line]:
    """`count` lines from number `start` on."""
    return first(((number, line) for number, line in read_lines(evidence, start)), count)


def matching(evidence: Evidence, q: str, *, after: int = 0, count: int = 100) -> list[Line]:
    """The first `count` lines behind number `after` that match."""
    query = Query(q)
    return first(((number, line) for number, line in read_lines(evidence, after + 1) if query.matches(line)), count)


def first(found: Iterator[tuple[int, bytes]], count: int) -> list[Line]:
    page = []
    for number, line in found:
        page.append(Line(number, shown(line)[:SHOWN]))
        if len(page) == count:
            break
    return page


def search(incident: Incident, q: str, limit: int = 50) -> Result:
    """Every line of an incident's files that matches, oldest file first; of its raw alerts where no file has one."""
    query = Query(q)
    files, alerts = files_and_alerts(incident)
    found = searched(files, query, limit)
    return found if found.total else replace(searched(alerts, query, limit), of_alert=True)


def searched(rows: list[Evidence], query: Query, limit: int) -> Result:
    total, hits = 0, list[Hit]()
    for evidence in rows:
        for number, line in read_lines(evidence):
            if query.matches(line):
                total += 1
                if len(hits) < limit:
                    hits.append(Hit(evidence.pk, evidence.filename, number, shown(line)[:SHOWN]))
    return Result(query.text, total, tuple(hits))
