"""Indicators of an incident: merged from what comes in, added by people, described for whoever asks."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import indicators, permissions, resources
from sessions_app.actors import Actor
from sessions_app.errors import Invalid, NotFound
from sessions_app.events import log
from sessions_app.indicators import Found, Kind
from sessions_app.models import ChatSession, Evidence, Incident, Indicator, Organization
from sessions_app.services import incidents
from sessions_app.services.evidence_files import files_and_alerts
from sessions_app.services.evidence_queries import Whole
from sessions_app.services.evidence_search import SEARCH_SECONDS, Hit, Scan
from sessions_app.services.files import shown
from sessions_app.vocabulary import IndicatorChanged

# Whether a value is one of ours can be told of these; a user or a hash lies in no network.
PLACED = frozenset({"ip", "domain", "url", "email", "host"})
MOST_AN_INCIDENT = 1000
LINES_NAMED = 20
LONGEST_TEXT, MOST_PASTED, MOST_UNREAD = 20_000, 200, 5


@transaction.atomic
def add(*, incident: Incident, value: str, kind: indicators.Kind | None = None, by: Actor) -> tuple[Indicator, bool]:
    """Put an indicator on an incident by hand; the second answer tells whether it is new there."""
    incident = incidents.workable(incident.pk, verb="add_indicator", by=by)
    value = value.strip()
    kind = kind or indicators.kind_of(value)
    if kind is None:
        raise Invalid(_("Say what kind of indicator this is."), details={"kind": list(indicators.KINDS)})
    found = Found(kind, indicators.normal(kind, value))
    if not found.value or len(found.value) > 500 or not indicators.fits(found):
        raise Invalid(
            _("This is not the value of an indicator of kind {kind}.").format(kind=kind),
            details={"value": [value[:100]]},
        )
    row = known_rows(incident, [found]).get(indicators.key_of(found))
    return (row, False) if row else (merge(incident=incident, counts={found: 1}, by=by, all_of_them=True)[0], True)


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of a pasted text: rows that are new, rows that were there, and lines in which nothing was found."""

    added: list[Indicator]
    known: list[Indicator]
    unread: list[str]


@transaction.atomic
def add_all(*, incident: Incident, text: str, by: Actor) -> Noted:
    """Put everything that a text names on an incident, as somebody pastes it from a mail or a report."""
    permissions.require(by, "add_indicator", incident)  # before a long text is read; nothing is locked meanwhile
    read = [(line.strip(), in_line(line)) for line in text.splitlines() if line.strip()]
    found = list(dict.fromkeys(each for _, named in read for each in named))[:MOST_PASTED]
    if not found:
        kinds = _("No address, domain, URL, hash, e-mail address, user, machine, process or file was found in this.")
        raise Invalid(kinds, details={"text": [text.strip()[:100]]})
    incident = incidents.workable(incident.pk, verb="add_indicator", by=by)
    there = known_rows(incident, found)
    counts = {each: 1 for each in found if indicators.key_of(each) not in there}
    added = merge(incident=incident, counts=counts, by=by, all_of_them=True)
    return Noted(added, list(there.values()), [line[:100] for line, named in read if not named][:MOST_UNREAD])


def in_line(line: str) -> list[Found]:
    """What a pasted line names; a line that is one value may be of a kind that running text does not show."""
    if found := indicators.extract(line):
        return found
    kind = indicators.kind_of(line)
    return [Found(kind, indicators.normal(kind, line))] if kind and len(line.strip()) <= 500 else []


def merge(
    *, incident: Incident, counts: Mapping[Found, int], by: Actor, tell_again: bool = False, all_of_them: bool = False
) -> list[Indicator]:
    """Count sightings into an incident whose row the caller holds locked; answers those that are new there.

    `tell_again`: those seen again are told too, where no other event brings the incident's new state.
    `all_of_them`: what somebody names or blocks counts beyond the limit that alerts and files have reached, else who
    floods an incident with indicators would keep the one that matters off the block list.
    """
    known = known_rows(incident, counts)
    now = timezone.now()
    left = len(counts) if all_of_them else max(0, MOST_AN_INCIDENT - incident.indicators.count())
    again: dict[UUID, Indicator] = {}
    fresh: dict[tuple[Kind, str], Indicator] = {}
    for found, count in counts.items():
        key = indicators.key_of(found)
        if row := known.get(key):
            again[row.pk] = counted_again(row, count, now)
        elif row := fresh.get(key):
            counted_again(row, count, now)
        elif len(fresh) < left:
            fresh[key] = sighted(incident, found, count, now)
    Indicator.objects.bulk_update(again.values(), ["seen_count", "last_seen"])
    Indicator.objects.bulk_create(fresh.values())
    tell([*fresh.values(), *(again.values() if tell_again else [])], incident, by)
    return list(fresh.values())


def known_rows(incident: Incident, counts: Iterable[Found]) -> dict[tuple[Kind, str], Indicator]:
    """The rows an incident has of these, whatever the spelling it saw first."""
    keys = {indicators.key_of(found) for found in counts}
    exact, low = {found.value for found in counts}, {value.lower() for _, value in keys}
    # The database may know no lower case but ASCII's: what is spelt alike is found by the other half.
    rows = incident.indicators.alias(low=Lower("value")).filter(Q(value__in=exact) | Q(low__in=low))
    found = {indicators.key_of(Found(cast(Kind, row.kind), row.value)): row for row in rows.order_by("-id")}
    return {key: row for key, row in found.items() if key in keys}


def counted_again(row: Indicator, count: int, now: datetime) -> Indicator:
    row.seen_count += count
    row.last_seen = now
    return row


def tell(rows: list[Indicator], incident: Incident, by: Actor) -> None:
    if not rows:
        return
    room = room_of(incident)
    for row in rows:
        told = IndicatorChanged(event="indicator.added", indicator=resources.indicator(row), by=by.name)
        log.record(told, session=room, actor=by)


def room_of(incident: Incident) -> ChatSession:
    """The incident's war room, locked: what happens to an incident is told there."""
    assert incident.room_id is not None, "an incident is declared together with its room"
    return log.lock(incident.room_id)


def sighted(incident: Incident, found: Found, count: int, now: datetime) -> Indicator:
    private, known = judged(found.kind, found.value, incident.organization)
    return Indicator(
        organization_id=incident.organization_id, incident=incident, kind=found.kind, value=found.value,
        seen_count=count, private=private, known=known, first_seen=now, last_seen=now,
    )  # fmt: skip


def judged(kind: str, value: str, home: Organization) -> tuple[bool | None, str]:
    """Whether a value is one of ours, and what it is where it is well known."""
    own = indicators.is_own(value, home.own_networks) if kind in PLACED else None
    known = indicators.known_as(value, home.known_names) if kind in ("ip", "domain") and not own else None
    # A short machine name says nothing of its network.
    return own if own or kind != "host" else None, known or ""


@transaction.atomic
def judge_again(*, organization: Organization, by: Actor) -> int:
    """The organisation has said anew what is its own and what it knows: open incidents and their rooms follow."""
    changed = 0
    # All of them before the first room: whoever tells several rooms holds all their incidents.
    for incident in organization.incidents.open().select_for_update(no_key=True).order_by("id"):
        rows = judge_rows(incident)
        tell(rows, incident, by)
        changed += len(rows)
    return changed


def judge_rows(incident: Incident) -> list[Indicator]:
    """The rows of an incident that are something else by what its organisation says now; the caller tells of them."""
    rows = []
    for row in incident.indicators.order_by("id"):
        private, known = judged(row.kind, row.value, incident.organization)
        if (row.private, row.known) != (private, known):
            row.private, row.known = private, known
            rows.append(row)
    Indicator.objects.bulk_update(rows, ["private", "known"])
    return rows


@dataclass(frozen=True, slots=True)
class Sighting:
    """One file an indicator stands in, and its first lines there."""

    evidence_id: UUID
    filename: str
    count: int
    lines: list[int]
    example: Hit


@dataclass(frozen=True, slots=True)
class OtherIncident:
    id: UUID
    title: str
    severity: str
    status: str
    opened_at: datetime
    seen_count: int


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a value: in this incident's evidence, and elsewhere in the organisation."""

    value: str
    kind: str | None
    private: bool | None
    known: str | None
    blocked_until: datetime | None
    # As the incident's list of indicators counts: lines of files and alerts together.
    seen_count: int
    count: int
    # No file holds it: what was counted are lines of the alert itself.
    of_alert: bool
    seen_in: list[Sighting]
    other_incidents: list[OtherIncident]
    # Time was up: not all evidence was read, and there may be more.
    cut: bool


def describe(incident: Incident, value: str) -> Description:
    """What is known of a value, however it is spelled; also of one that the incident has not noted."""
    row = named(incident, value)
    if row is None:
        kind = indicators.kind_of(value)
        plain = indicators.normal(kind, value) if kind else value.strip()
        row = Indicator(incident=incident, kind=kind or "", value=plain, seen_count=0)
    return describe_row(row)


def describe_row(row: Indicator) -> Description:
    """Where an indicator was seen, how often, whether it is ours, and which other incidents know it."""
    files, alerts = files_and_alerts(row.incident)
    until = time.monotonic() + SEARCH_SECONDS
    in_files, cut = sightings(files, row.value, until=until)
    # Of what was not read to its end nobody can say that no file holds it.
    seen, cut = (in_files, cut) if in_files or cut else sightings(alerts, row.value, until=until)
    private, known = judged(row.kind, row.value, row.incident.organization)
    return Description(
        value=row.value,
        kind=row.kind or None,
        private=private,
        known=known or None,
        blocked_until=row.blocked_until,
        seen_count=row.seen_count,
        count=sum(each.count for each in seen),
        of_alert=not in_files and not cut,
        seen_in=seen,
        other_incidents=elsewhere(row.incident, row.value),
        cut=cut,
    )


def of_incident(incident: Incident, indicator_id: UUID) -> Indicator:
    row = incident.indicators.filter(pk=indicator_id).first()
    if row is None:
        raise NotFound(_("There is no such indicator here."))
    return row


def named(incident: Incident, value: str) -> Indicator | None:
    kind = indicators.kind_of(value)
    spellings = {value.strip(), *([indicators.normal(kind, value)] if kind else [])}
    return incident.indicators.filter(value__in=spellings).order_by("id").first()


def sightings(rows: list[Evidence], value: str, *, until: float) -> tuple[list[Sighting], bool]:
    """The files a value stands in; true where time was up before all of them were read."""
    wanted = Whole(value)
    seen, cut = [], False
    for evidence in rows:
        count, example = 0, None
        numbers: list[int] = []
        scan = Scan(evidence, wanted, until=until)
        for number, line in scan:
            count += 1
            example = example or Hit(evidence.pk, evidence.filename, number, shown(line)[:500])
            if len(numbers) < LINES_NAMED:
                numbers.append(number)
        if example:
            seen.append(Sighting(evidence.pk, evidence.filename, count, numbers, example))
        cut = cut or scan.cut
    return seen, cut


def elsewhere(incident: Incident, value: str) -> list[OtherIncident]:
    rows = (
        Indicator.objects.filter(organization_id=incident.organization_id, incident__merged_into=None, value=value)
        .exclude(incident=incident)
        .select_related("incident")
        .order_by("-incident_id")[:20]
    )
    return [
        OtherIncident(
            row.incident.pk,
            row.incident.title,
            row.incident.severity,
            row.incident.status,
            row.incident.opened_at,
            row.seen_count,
        )
        for row in rows
    ]


def counted(found: Iterable[Found]) -> dict[Found, int]:
    """Each once: an alert names a thing, however often it spells it."""
    return dict.fromkeys(found, 1)
