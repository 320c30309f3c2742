"""What happened around a moment: lines of evidence by the time they say, alerts, and what was done in the rooms."""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import nsmallest
from itertools import takewhile

from django.utils.translation import gettext as _

from sessions_app import log_words
from sessions_app.errors import Invalid
from sessions_app.ingest import times
from sessions_app.models import Event, Evidence, Incident
from sessions_app.services import merging
from sessions_app.services.evidence_files import files_and_alerts, read_lines, read_pieces, split
from sessions_app.services.evidence_queries import Query
from sessions_app.services.files import shown

LONGEST_TEXT = 400
# The tool that asks gives up after a minute, and its thread, one of few for all rooms, would read on.
READING_SECONDS = 40.0
CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?(?: ?(?:UTC|Z))?", re.ASCII)
LINE = re.compile(r"(.{1,255}):(\d{1,9})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: where it stands, and what it says."""

    at: datetime
    source: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """`total` counts all that lies in the window; `entries` are the first of them.

    `cut`: time was up before all evidence was read; alerts and what was done in the room are there in any case.
    """

    moment: datetime
    start: datetime
    end: datetime
    about: str
    total: int
    entries: tuple[Entry, ...]
    cut: bool = False


@dataclass(slots=True)
class Window:
    start: datetime
    end: datetime
    query: Query | None
    until: float
    cut: bool = False

    def open(self) -> bool:
        """Whether there is time to read on; from the first no on the rest is left out."""
        self.cut = self.cut or time.monotonic() > self.until
        return not self.cut

    def holds(self, when: datetime | None) -> bool:
        return when is not None and self.start <= when <= self.end


def around(
    incident: Incident, moment: str, *, before: timedelta, after: timedelta, about: str = "", limit: int = 60
) -> Timeline:
    """Everything with a time between, in order; `about` leaves only what holds all of its words."""
    at = when(incident, moment)
    query = Query(about) if about.strip() else None
    window = Window(at - before, at + after, query, until=time.monotonic() + READING_SECONDS)
    total, entries = 0, list[tuple[datetime, int, Entry]]()
    for entry in _all(incident, window):
        entries.append((entry.at, total, entry))
        total += 1
        if len(entries) > 4 * limit:
            entries = nsmallest(limit, entries)
    first = tuple(entry for _, _, entry in nsmallest(limit, entries))
    return Timeline(at, window.start, window.end, about, total, first, window.cut)


def when(incident: Incident, moment: str) -> datetime:
    """A time, the time of a line (`auth.log:412`), or a time of day: then the one nearest to the incident's opening."""
    text = moment.strip()
    if clock := CLOCK.fullmatch(text):
        return _nearest(incident.opened_at, clock)
    if (line := LINE.fullmatch(text)) and (row := incident.evidence.filter(filename=line[1]).order_by("-id").first()):
        return _of_line(row, int(line[2]))
    if found := times.moment(text):
        return found
    raise Invalid(_("Name a time, such as 2026-11-20T03:12:44Z or 03:12, or a line of evidence, such as auth.log:412."))


def _nearest(opened: datetime, clock: re.Match[str]) -> datetime:
    hour, minute, second = (int(part or 0) for part in clock.groups())
    if hour > 23 or minute > 59 or second > 59:
        raise Invalid(_("There is no such time of day."))
    day = opened.astimezone(UTC).replace(hour=hour, minute=minute, second=second, microsecond=0)
    return min((day + timedelta(days=each) for each in (-1, 0, 1)), key=lambda each: abs(each - opened))


def _of_line(row: Evidence, number: int) -> datetime:
    line = next(((found, text) for found, text in read_lines(row, number)), None)
    at = times.in_line(shown(line[1]), row.created_at) if line and line[0] == number else None
    if at is None:
        raise Invalid(_("Line {number} of {file} says no time.").format(number=number, file=row.filename))
    return at


# --- Where things stand -----------------------------------------------------------------------------------------------
def _all(incident: Incident, window: Window) -> Iterator[Entry]:
    files, _alerts = files_and_alerts(incident)
    for row in files:
        yield from _of_evidence(row, window)
    yield from _matching(_of_alerts(incident, window), window)
    yield from _matching(_of_rooms(incident, window), window)


def _of_evidence(row: Evidence, window: Window) -> Iterator[Entry]:
    """The words are looked for before the time is read: most lines are done with after the cheaper look."""
    for first, piece in takewhile(lambda _: window.open(), read_pieces(row)):
        for number, line in enumerate(split(piece), first):
            if window.query is None or window.query.matches(line):
                text = shown(line)
                at = times.in_line(text, row.created_at)
                if at is not None and window.holds(at):
                    yield Entry(at, "evidence", f"{row.filename}:{number}", text[:LONGEST_TEXT])


def _of_alerts(incident: Incident, window: Window) -> Iterator[Entry]:
    for row in incident.alerts.defer("raw").order_by("id"):
        at = row.occurred_at or row.received_at
        if window.holds(at):
            yield Entry(at, "alert", row.source, row.title)


def _of_rooms(incident: Incident, window: Window) -> Iterator[Entry]:
    """Its own, and those of incidents that were merged into it: what was done there says so."""
    family = merging.family(incident)
    elsewhere = {each.room_id: f" of “{each.title}”" for each in family if each != incident}
    told = Event.objects.filter(
        session__in=[each.room_id for each in family], type__in=log_words.LINES, ts__range=(window.start, window.end)
    )
    for event in told.order_by("ts", "seq").iterator():
        yield Entry(
            event.ts,
            "room",
            f"event {event.seq}{elsewhere.get(event.session_id, '')}",
            log_words.line_of(event.type, event.data, event.actor_name)[:LONGEST_TEXT],
        )


def _matching(entries: Iterable[Entry], window: Window) -> Iterator[Entry]:
    return (each for each in entries if window.query is None or window.query.matches(each.text.encode()))
