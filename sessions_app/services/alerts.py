"""Alerts in: a body becomes incidents, repeats are counted into the one that is open, and what is over resolves it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import ingest, permissions, resources
from sessions_app.actors import Actor
from sessions_app.errors import Refused
from sessions_app.events import log
from sessions_app.indicators import Found
from sessions_app.ingest import ParsedAlert
from sessions_app.models import Alert, Incident, Organization, Severity
from sessions_app.services import evidence, incidents, indicators, merged_rows, techniques
from sessions_app.vocabulary import IncidentChanged, IncidentResource

MOST_INDICATORS = 200
# A repeat is kept as evidence only while it tells something new: an attacker who rotates addresses fills no disk.
MOST_KEPT_REPEATS = 20
# Of an incident with more indicators an alert tells those that it names: who floods one with them would have all of
# them written, and sent to everybody, with each repeat.
MOST_TOLD = 200
RACES = 5


@dataclass(slots=True)
class Received:
    """What came of one body: each incident once, and how many alerts were repeats or the end of one."""

    incidents: list[Incident] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    deduplicated: int = 0
    resolved: int = 0


def receive(*, organization: Organization, source: str, body: bytes, by: Actor) -> Received:
    """Take a webhook's body; an empty source means: guess. A body we can't read leaves nothing behind."""
    permissions.require(by, "ingest", organization)
    if len(body) > settings.WARROOM_INGEST_MAX_BYTES:
        raise Refused(
            "PAYLOAD_TOO_LARGE",
            _("An alert may have {kibibytes} KiB.").format(kibibytes=settings.WARROOM_INGEST_MAX_BYTES // 1024),
        )
    received = Received()
    for parsed in ingest.read(source, ingest.parse(body)):
        take(received, organization, parsed, by)
    return received


def take(received: Received, organization: Organization, parsed: ParsedAlert, by: Actor) -> None:
    alert, repeated = once(organization, parsed, by)
    if alert is None:
        return
    received.alerts.append(alert)
    received.deduplicated += repeated and parsed.status == "firing"
    received.resolved += repeated and parsed.status == "resolved"
    if alert.incident_id not in {incident.pk for incident in received.incidents}:
        received.incidents.append(alert.incident)


def once(organization: Organization, parsed: ParsedAlert, by: Actor) -> tuple[Alert | None, bool]:
    """Enter one alert, in one transaction. Of two that are the same at once one opens, the other finds it open."""
    for _race in range(RACES):
        try:
            with transaction.atomic():
                return enter(organization, parsed, by)
        except IntegrityError:
            continue
    raise Refused("SERVICE_UNAVAILABLE", _("Too many of the same alert at once."), retry_after_s=1)


def enter(organization: Organization, parsed: ParsedAlert, by: Actor) -> tuple[Alert | None, bool]:
    incident = open_incident(organization, parsed.fingerprint)
    if parsed.status == "resolved":
        known = end(incident, parsed, by) if incident else last_known(organization, parsed.fingerprint)
        if known is not None or not parsed.ends_by_title:
            return known, True
        # A name in a title may say that too, and then the alert would be seen by nobody.
        parsed = replace(parsed, status="firing")
    if incident is None:
        return first(organization, parsed, by), False
    return again(incident, parsed, by), True


def open_incident(organization: Organization, fingerprint: str) -> Incident | None:
    """The open incident that has this alert, its row locked; also after it was merged into another."""
    same = Q(fingerprint=fingerprint) | Q(alerts__fingerprint=fingerprint)
    found = organization.incidents.open().filter(same).order_by("id").values_list("pk", flat=True)
    locked = Incident.objects.select_for_update(no_key=True).open()
    # Asked again under the lock: while we waited it may have been closed, or merged into one that has the alert now.
    while (pk := found.first()) is not None:
        if (incident := locked.filter(pk=pk).first()) is not None:
            return incident
    return None


def last_known(organization: Organization, fingerprint: str) -> Alert | None:
    """The end of something that is over already, or that nobody told us of: nothing changes."""
    return organization.alerts.filter(fingerprint=fingerprint).select_related("incident").order_by("-id").first()


def first(organization: Organization, parsed: ParsedAlert, by: Actor) -> Alert:
    """Open an incident for an alert nobody has seen."""
    incident = incidents.declare(
        organization=organization, title=parsed.title, severity=parsed.severity, description=parsed.description,
        source=parsed.source,
        metadata={"host": parsed.host, "user": parsed.user, "techniques": list(parsed.techniques)},
        fingerprint=parsed.fingerprint, by=by, verb="ingest",
    )  # fmt: skip
    alert = Alert.objects.create(
        organization=organization, incident=incident, source=parsed.source, fingerprint=parsed.fingerprint,
        title=parsed.title, severity=parsed.severity, raw=parsed.raw, occurred_at=parsed.occurred_at,
        techniques=list(parsed.techniques),
    )  # fmt: skip
    indicators.merge(incident=incident, counts=indicators.counted(parsed.indicators[:MOST_INDICATORS]), by=by)
    evidence.attach_alert(incident=incident, source=parsed.source, raw=parsed.raw, by=by)
    tell(incident, alert, by)
    return alert


def again(incident: Incident, parsed: ParsedAlert, by: Actor) -> Alert:
    """Count a repeat into its incident; what is new in it is added, and what grew worse makes it more urgent."""
    alert, _ = Alert.objects.get_or_create(
        incident=incident,
        fingerprint=parsed.fingerprint,
        defaults={
            "organization_id": incident.organization_id, "source": parsed.source, "title": parsed.title,
            "severity": parsed.severity, "raw": parsed.raw, "occurred_at": parsed.occurred_at, "count": 0,
        },
    )  # fmt: skip
    grown = Severity(parsed.severity).outranks(Severity(alert.severity))
    alert.count += 1
    alert.status = Alert.Status.FIRING
    alert.severity = parsed.severity if grown else alert.severity
    alert.techniques = techniques.joined(alert.techniques, parsed.techniques)
    alert.last_received_at = timezone.now()
    alert.save(update_fields=["count", "status", "severity", "techniques", "last_received_at"])
    techniques.learn(incident, parsed.techniques)
    counts = indicators.counted(parsed.indicators[:MOST_INDICATORS])
    news = indicators.merge(incident=incident, counts=counts, by=by)
    if news and alert.count <= MOST_KEPT_REPEATS:
        evidence.attach_alert(incident=incident, source=parsed.source, raw=parsed.raw, by=by)
    tell(incident, alert, by, names=counts)
    if grown and Severity(parsed.severity).outranks(Severity(incident.severity)):
        # Only when its source grew graver than it said before: what a person has lowered stays low.
        incidents.change(incident_id=incident.pk, changes={"severity": parsed.severity}, by=as_system(by))
    return alert


def end(incident: Incident, parsed: ParsedAlert, by: Actor) -> Alert | None:
    """The source says it is over; when all alerts of an incident that a source opened are, so is the incident."""
    alert = incident.alerts.filter(fingerprint=parsed.fingerprint).first()
    if alert is None:
        return None
    alert.status = Alert.Status.RESOLVED
    alert.last_received_at = timezone.now()
    alert.save(update_fields=["status", "last_received_at"])
    tell(incident, alert, by)
    if incident.fingerprint and not incident.alerts.filter(status=Alert.Status.FIRING).exists():
        # A source may say that its alert is over, and no more: settling the incident is the system's own conclusion.
        # What a person declared has no fingerprint: a person ends it, whatever alerts were merged into it.
        incidents.change(incident_id=incident.pk, changes={"status": Incident.Status.RESOLVED}, by=as_system(by))
    return alert


def as_system(by: Actor) -> Actor:
    return replace(by, kind="system", user=None, key=None)


def tell(incident: Incident, alert: Alert, by: Actor, *, names: Iterable[Found] = ()) -> None:
    """Bring the incident's count up to date and put the alert into its room."""
    room = indicators.room_of(incident)
    merged_rows.recount(incident)
    told = IncidentChanged(event="incident.alert", incident=shown(incident, names), alert=summary(alert))
    log.record(told, session=room, actor=by)


def shown(incident: Incident, names: Iterable[Found]) -> IncidentResource:
    """With all its indicators; where they are many, with those that an alert names."""
    if incident.indicators.count() <= MOST_TOLD:
        return resources.incident(incident)
    named = indicators.known_rows(incident, list(names)).values()
    return resources.incident(incident, indicators=sorted(named, key=lambda row: row.pk), truncated=True)


def summary(alert: Alert) -> dict[str, Any]:
    return {
        "id": str(alert.pk),
        "source": alert.source,
        "title": alert.title,
        "severity": alert.severity,
        "status": alert.status,
        "count": alert.count,
        "techniques": alert.techniques,
        "occurred_at": alert.occurred_at.isoformat() if alert.occurred_at else None,
    }
