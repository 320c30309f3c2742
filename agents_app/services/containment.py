"""The organisation's block list: what firewalls that read the feed stop, until when."""

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agents_app import clock, policy
from agents_app.models import BlockedIndicator
from sessions_app import indicators, resources
from sessions_app.actors import Actor
from sessions_app.errors import Denied
from sessions_app.events import log
from sessions_app.indicators import Found
from sessions_app.models import ChatSession, Incident, Indicator
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


def unblock(*, session: ChatSession, incident: Incident | None, indicator: str, by: Actor) -> int:
    """Take an indicator off the list, whoever put it there; how many entries that were, none if it was not there."""
    spellings = {indicator.strip(), normal(indicator)}
    rows = live(session.organization_id).filter(indicator__in=spellings)
    count = rows.update(unblocked_at=clock.now())
    row = incident.indicators.filter(value__in=spellings).first() if incident else None
    if count and incident is not None and row is not None:
        _tell("indicator.unblocked", row, incident, by=by)
    return count


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
