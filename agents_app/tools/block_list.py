"""Changing the organisation's block list."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from agents_app import catalogue
from agents_app.services import containment
from agents_app.services.leases import held
from agents_app.tools.registry import Call, ToolFailed, tool
from sessions_app import actors
from sessions_app.errors import Refused
from sessions_app.models import ChatSession, Incident
from sessions_app.services import incidents


@tool
def block_indicator(call: Call, args: catalogue.BlockIndicator) -> dict[str, Any]:
    with _changing(call) as here:
        blocked = containment.block(
            session=here.session, incident=here.incident, indicator=args.indicator, minutes=args.minutes,
            reason=args.reason, key=call.idempotency_key, by=actors.agent(call.agent_name),
        )  # fmt: skip
    return {"blocked": blocked.indicator, "until": blocked.until.isoformat(timespec="seconds").replace("+00:00", "Z")}


@tool
def unblock_indicator(call: Call, args: catalogue.UnblockIndicator) -> dict[str, Any]:
    with _changing(call, unblocks=args.indicator) as here:
        entries = containment.unblock(
            organization_id=here.session.organization_id, locked=here.locked, indicator=args.indicator,
            by=actors.agent(call.agent_name),
        )  # fmt: skip
    return {"unblocked": args.indicator, "entries": entries}


@dataclass(frozen=True)
class Here:
    """Where a call is made, and every incident it may tell of, locked."""

    session: ChatSession
    incident: Incident | None
    locked: list[Incident]


@contextmanager
def _changing(call: Call, *, unblocks: str = "") -> Iterator[Here]:
    """One transaction with incidents, session and run locked, and the proof that the run is still ours."""
    try:
        with transaction.atomic():
            session = ChatSession.objects.only("incident_id", "organization_id").get(pk=call.lease.session_id)
            others = containment.concerned(session.organization_id, unblocks) if unblocks else []
            own = [session.incident_id] if session.incident_id else []
            # Whoever tells several rooms holds all their incidents first, in one order: so none waits for another.
            locked = {pk: incidents.lock(pk) for pk in sorted({*own, *others})}
            incident = locked.get(session.incident_id) if session.incident_id else None
            if incident is not None:
                incidents.require_unmerged(incident)  # it may have been merged since this was claimed
            yield Here(held(call.lease).session, incident, list(locked.values()))
    except Refused as refused:
        raise ToolFailed(refused.detail) from refused
