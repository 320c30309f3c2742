"""The organisation's block list: what firewalls that read the feed stop, until when."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from agents_app import clock, policy
from agents_app.models import BlockedIndicator
from sessions_app import indicators, permissions, resources
from sessions_app.actors import Actor
from sessions_app.errors import Conflict, Denied
from sessions_app.events import log
from sessions_app.indicators import Found
from sessions_app.models import ChatSession, Incident, Indicator, Organization
from sessions_app.services import audit, incidents
from sessions_app.services import indicators as known
from sessions_app.vocabulary import IndicatorChanged


def block(
    *, session: ChatSession, incident: Incident | None, indicator: str, minutes: int, reason: str, key: str, by: Actor
) -> BlockedIndicator:
    """Put an indicator on the list. The same key is the same order: done once, however often it is sent.

    The caller has locked the incident, then the session.
    """
    kind = indicators.kind_of(indicator) or ""
    if policy.in_own_networks(indicator, session.organization.own_networks):
        # The policy has refused it before; the list itself takes no chances with our own machines.
        raise Denied(
            _("{indicator} lies inside the organisation's own networks.").format(indicator=indicator),
            code="TOOL_PERMISSION_DENIED",
        )
    until = clock.now() + timedelta(minutes=minutes)
    blocked, new = BlockedIndicator.objects.get_or_create(
        idempotency_key=key,
        defaults={
            "organization_id": session.organization_id, "incident": incident, "indicator": indicator, "kind": kind,
            "reason": reason, "until": until, "created_at": clock.now(),
        },
    )  # fmt: skip
    if new and incident is not None:
        _tell("indicator.blocked", _noted(incident, indicator, kind, by), incident, by=by)
    return blocked


@transaction.atomic
def lift(*, organization: Organization, indicator: str, reason: str, by: Actor) -> int:
    """A person takes an indicator off: the feed follows at once, and every room that had it blocked is told."""
    permissions.require(by, "unblock", organization)
    rows = {pk: incidents.lock(pk) for pk in concerned(organization.pk, indicator)}
    first = live(organization.pk).filter(indicator__in=spellings(indicator)).order_by("id").first()
    if first is None:
        raise Conflict(_("{indicator} is not blocked.").format(indicator=indicator))
    entries = unblock(organization_id=organization.pk, locked=list(rows.values()), indicator=indicator, by=by)
    detail = {"indicator": first.indicator, "entries": entries, "reason": reason}
    audit.append(organization_id=organization.pk, actor=by, action="indicator.unblocked", thing=first, detail=detail)
    return entries


def unblock(*, organization_id: UUID, locked: list[Incident], indicator: str, by: Actor) -> int:
    """Take an indicator off the list, whoever put it there; how many entries that were, none if it was not there.

    `locked` are the incidents that `concerned` names: what was blocked since then is another order.
    """
    rows = live(organization_id).filter(indicator__in=spellings(indicator))
    count = rows.filter(Q(incident=None) | Q(incident__in=locked)).update(unblocked_at=clock.now())
    for incident in locked if count else ():
        row = incident.indicators.filter(value__in=spellings(indicator)).exclude(blocked_until=None).first()
        if row is not None:
            _tell("indicator.unblocked", row, incident, by=by)
    return count


def concerned(organization_id: UUID, indicator: str) -> list[UUID]:
    """The incidents in whose name it is blocked, and those that show it so since one was merged into them.

    In the order in which they are locked.
    """
    known_as = spellings(indicator)
    blocked = live(organization_id).filter(indicator__in=known_as).exclude(incident=None)
    shown = Indicator.objects.filter(organization=organization_id, value__in=known_as, blocked_until__gt=clock.now())
    found = {*blocked.values_list("incident_id", flat=True), *shown.values_list("incident_id", flat=True)}
    return sorted(pk for pk in found if pk)


def spellings(indicator: str) -> set[str]:
    return {indicator.strip(), normal(indicator)}


def live(organization_id: UUID) -> QuerySet[BlockedIndicator]:
    """What is blocked now."""
    return BlockedIndicator.objects.filter(organization=organization_id).live(clock.now())


def normal(indicator: str) -> str:
    kind = indicators.kind_of(indicator)
    return indicators.normal(kind, indicator) if kind else indicator.strip()


def _noted(incident: Incident, indicator: str, kind: str, by: Actor) -> Indicator:
    """The incident's row of what is blocked in its name; an agent may block what no alert has named."""
    if not incident.indicators.filter(kind=kind, value=indicator).exists():
        seen = {Found(kind, indicator): 1}  # type: ignore[arg-type]
        known.merge(incident=incident, counts=seen, by=by, all_of_them=True)
    return incident.indicators.get(kind=kind, value=indicator)


def _tell(event: str, row: Indicator, incident: Incident, *, by: Actor) -> None:
    """Tell the incident's war room, wherever it was asked; its row is read again, since its head may have moved."""
    assert incident.room_id is not None
    latest = live(incident.organization_id).filter(indicator=row.value).order_by("-until").first()
    row.blocked_until = latest.until if latest else None
    row.save(update_fields=["blocked_until"])
    told = IndicatorChanged(event=event, indicator=resources.indicator(row), by=by.name, until=row.blocked_until)
    log.record(told, session=log.lock(incident.room_id), actor=by)
