"""Searching evidence line by line: in bounded memory and bounded time, whatever is asked of whatever file."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from sessions_app.models import Evidence, Incident
from sessions_app.services.evidence_files import files_and_alerts, read_lines, read_pieces
from sessions_app.services.evidence_queries import Query
from sessions_app.services.files import lines_of, shown

SHOWN = 2000
# After so long a page says how far it has read, and a search of all files that it was cut short.
PAGE_SECONDS = 3.0
SEARCH_SECONDS = 15.0
MOST_CONTEXT = 10


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """Lines that were asked for; `following`: the line behind which the next page goes on, where there may be one."""

    lines: list[Line]
    following: int | None
    # Time was up before the page was full: what lies behind `following` has not been read.
    cut: bool = False


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
    # Time was up: what was counted is only the first part, and there may be more.
    cut: bool = False


class Scan:
    """The lines of a file that match, in order, until time is up; it knows how far it came."""

    def __init__(self, evidence: Evidence, query: Query, *, after: int = 0, until: float) -> None:
        self.evidence, self.query, self.after, self.until = evidence, query, after, until
        self.reached = after
        self.cut = False

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        for number, piece in read_pieces(self.evidence, self.after + 1):
            yield from self._within(number, piece)
            self.reached = number + lines_of(piece) - 1
            if time.monotonic() > self.until and self.reached < (self.evidence.lines or 0):
                self.cut = True
                return

    def _within(self, number: int, piece: bytes) -> Iterator[tuple[int, bytes]]:
        at = 0
        while at < len(piece) and (found := self.query.first.search(piece, at)):
            start = piece.rfind(b"\n", at, found.start()) + 1 or at
            end = piece.find(b"\n", found.end())
            end = len(piece) if end == -1 else end
            if start >= len(piece):
                return
            number += piece.count(b"\n", at, start)
            line = piece[start:end]
            if self.query.rest_matches(line):
                yield number, line
            at, number = end + 1, number + 1


def lines(evidence: Evidence, start: int = 1, count: int = 100) -> list[Line]:
    """`count` lines from number `start` on."""
    return first(read_lines(evidence, start), count)


def matching(evidence: Evidence, query: Query, *, after: int = 0, count: int = 100) -> Page:
    """The first `count` lines behind number `after` that match, as far as one comes in a few seconds."""
    scan = Scan(evidence, query, after=after, until=time.monotonic() + PAGE_SECONDS)
    found = first(scan, count + 1)
    if len(found) > count:
        return Page(found[:count], found[count - 1].number)
    return Page(found, scan.reached if scan.cut else None, scan.cut)


class Surroundings:
    """So many lines before and after each of some, read once where they overlap: matches often stand together."""

    def __init__(self, evidence: Evidence, numbers: Iterable[int], context: int) -> None:
        self.context = context
        self.lines: dict[int, Line] = {}
        for start, end in _spans(sorted(numbers), context):
            self.lines |= {line.number: line for line in lines(evidence, start, end - start + 1)}

    def of(self, number: int) -> tuple[list[str], list[str]]:
        """The texts before and after one of them."""
        return self._texts(number - self.context, number), self._texts(number + 1, number + self.context + 1)

    def _texts(self, start: int, end: int) -> list[str]:
        return [self.lines[number].text for number in range(start, end) if number in self.lines]


def _spans(numbers: Iterable[int], context: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for number in numbers if context else ():
        start, end = max(1, number - context), number + context
        if spans and start <= spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def first(found: Iterable[tuple[int, bytes]], count: int) -> list[Line]:
    page = []
    for number, line in found:
        page.append(Line(number, shown(line)[:SHOWN]))
        if len(page) == count:
            break
    return page


def search(incident: Incident, q: str | Query, limit: int = 50, *, among: list[Evidence] | None = None) -> Result:
    """Every line of an incident's files that matches, oldest file first; of its raw alerts where no file has one.

    `among`: only of these files.
    """
    query = q if isinstance(q, Query) else Query(q)
    if among is not None:
        return searched(among, query, limit)
    files, alerts = files_and_alerts(incident)
    found = searched(files, query, limit)
    return found if found.total else replace(searched(alerts, query, limit), of_alert=True)


def searched(rows: list[Evidence], query: Query, limit: int) -> Result:
    total, hits, cut = 0, list[Hit](), False
    until = time.monotonic() + SEARCH_SECONDS
    for evidence in rows:
        scan = Scan(evidence, query, until=until)
        for number, line in scan:
            total += 1
            if len(hits) < limit:
                hits.append(Hit(evidence.pk, evidence.filename, number, shown(line)[:SHOWN]))
        cut = cut or scan.cut
    return Result(query.text, total, tuple(hits), cut=cut)
