"""The list of incidents: filters that live in the URL, keyset pages, and what the agents' side counts."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict

from sessions_app import extensions, permissions
from sessions_app.actors import Actor
from sessions_app.models import Incident, Report, Severity
from sessions_app.pages.doors import uuid_of

PAGE = 30
UNSETTLED = "unsettled"


@dataclass(frozen=True)
class Filters:
    q: str = ""
    severity: str = ""
    status: str = ""
    before: UUID | None = None

    @classmethod
    def parse(cls, asked: QueryDict) -> "Filters":
        """Read what is known; a value nobody offers is left out rather than refused: it only came from a link."""
        severity, status = asked.get("severity", ""), asked.get("status", "")
        return cls(
            q=asked.get("q", "").strip()[:200].replace("\x00", ""),
            severity=severity if severity in Severity.values else "",
            status=status if status in (*Incident.Status.values, UNSETTLED) else "",
            before=uuid_of(asked.get("before", "")),
        )

    def __bool__(self) -> bool:
        return bool(self.q or self.severity or self.status)

    def apply(self, incidents: QuerySet[Incident]) -> QuerySet[Incident]:
        if self.q:
            incidents = incidents.filter(title__icontains=self.q)
        if self.severity:
            incidents = incidents.filter(severity=self.severity)
        if self.status:
            settled = Incident.SETTLED if self.status == UNSETTLED else ()
            incidents = incidents.exclude(status__in=settled) if settled else incidents.filter(status=self.status)
        return incidents.filter(pk__lt=self.before) if self.before else incidents

    def link(self, before: UUID) -> str:
        kept = {"q": self.q, "severity": self.severity, "status": self.status}
        return urlencode({**{name: value for name, value in kept.items() if value}, "before": before})


@dataclass
class Page:
    incidents: list[Incident] = field(default_factory=list)
    next: str = ""


def page_of(filters: Filters, *, by: Actor) -> Page:
    """One page, newest first (ids sort by time), each row with its counts."""
    visible = permissions.visible_incidents(by).annotate(
        has_report=Exists(Report.objects.filter(incident=OuterRef("pk")))
    )
    rows = filters.apply(visible).select_related("commander", "room", "merged_into")
    incidents = list(rows.order_by("-pk")[: PAGE + 1])
    following = filters.link(incidents[PAGE - 1].pk) if len(incidents) > PAGE else ""
    return Page(_counted(incidents[:PAGE]), following)


def _counted(incidents: list[Incident]) -> list[Any]:
    ids = [incident.pk for incident in incidents]
    for name, count in extensions.incident_counts.items():
        found = count(ids)
        for incident in incidents:
            setattr(incident, name, found.get(incident.pk, 0))
    return incidents
