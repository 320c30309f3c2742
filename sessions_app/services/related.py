"""Which other incidents of the same organisation have to do with this one, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from sessions_app.models import Alert, Incident, Indicator

MOST = 10
MOST_ROWS = 5000
MOST_REASONS = 8
RECENT = 300
# How much one shared thing says: whose address it is counts more than a machine on which much happens.
WEIGHTS = {"hash": 6, "url": 6, "ip": 5, "domain": 5, "email": 4, "user": 3, "host": 3, "file": 2, "process": 1}
OWN, SAME_ALERT, SAME_KIND, TECHNIQUE = 2, 8, 3, 1
# Names that stand in almost every log connect nothing.
EVERYWHERE = frozenset({"root", "admin", "administrator", "system", "daemon", "nobody", "www-data", "guest", "ubuntu"})
# So does a value that a tenth of all incidents know, once there are enough of them to tell.
TOO_COMMON = 30


@dataclass(frozen=True, slots=True)
class Related:
    id: UUID
    title: str
    severity: str
    status: str
    opened_at: datetime
    score: int
    why: tuple[str, ...]


def of(incident: Incident) -> list[Related]:
    """The most related first; nothing of other organisations is ever looked at."""
    reasons: dict[UUID, list[tuple[int, str]]] = defaultdict(list)
    for found in (_by_indicator(incident), _by_alert(incident), _by_kind(incident)):
        for other, score, why in found:
            reasons[other].append((score, why))
    # One that was merged into another is that one now.
    rows = Incident.objects.filter(organization=incident.organization_id, merged_into=None).in_bulk(list(reasons))
    related = [_related(row, reasons[pk]) for pk, row in rows.items()]
    return sorted(related, key=lambda each: (-each.score, -each.opened_at.timestamp()))[:MOST]


Reason = tuple[UUID, int, str]


def _by_indicator(incident: Incident) -> Iterable[Reason]:
    values = [row for row in incident.indicators.values_list("value", flat=True) if row.lower() not in EVERYWHERE]
    rows = Indicator.objects.filter(organization=incident.organization_id, value__in=values).exclude(incident=incident)
    found = list(rows.order_by("-incident_id").values_list("incident_id", "kind", "value", "private")[:MOST_ROWS])
    known_by: dict[str, set[UUID]] = defaultdict(set)
    for other, _, value, _ in found:
        known_by[value].add(other)
    for other, kind, value, private in found:
        if len(known_by[value]) <= TOO_COMMON:
            yield other, OWN if private else WEIGHTS.get(kind, 1), f"both name the {kind} {value}"


def _by_alert(incident: Incident) -> Iterable[Reason]:
    """The same alert came before, and opened another incident then."""
    prints = [each for each in incident.alerts.values_list("fingerprint", flat=True) if each]
    rows = Alert.objects.filter(organization=incident.organization_id, fingerprint__in=prints)
    same = rows.exclude(incident=incident).order_by("-id")
    for other, source in same.values_list("incident_id", "source")[:RECENT]:
        yield other, SAME_ALERT, f"the same alert of {source} opened it"


def _by_kind(incident: Incident) -> Iterable[Reason]:
    """A source says the same of something else, or names the same technique."""
    mine = set(incident.techniques)
    recent = Incident.objects.filter(organization=incident.organization_id).exclude(pk=incident.pk)
    same = Q(title=incident.title, source=incident.source) & ~Q(source="")
    for row in recent.filter(same).order_by("-id")[:RECENT]:
        yield row.pk, SAME_KIND, f"{row.source} gave it the same title"
    for row in recent.order_by("-id").only("metadata")[:RECENT] if mine else ():
        for technique in sorted(mine & set(row.techniques)):
            yield row.pk, TECHNIQUE, f"both are of technique {technique}"


def _related(row: Incident, reasons: list[tuple[int, str]]) -> Related:
    best = sorted(dict.fromkeys(reasons), key=lambda each: -each[0])
    why = tuple(words for _, words in best[:MOST_REASONS])
    return Related(row.pk, row.title, row.severity, row.status, row.opened_at, sum(score for score, _ in best), why)
