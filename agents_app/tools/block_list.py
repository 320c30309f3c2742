"""Changing the organisation's block list."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from agents_app import catalogue
from agents_app.services import containment
from agents_app.services.runs import held
from agents_app.tools.registry import Call, ToolFailed, tool
from sessions_app import actors
from sessions_app.errors import Refused
from sessions_app.models import ChatSession, Incident
from sessions_app.services import incidents


@tool
def block_indicator(call: Call, args: catalogue.BlockIndicator) -> dict[str, Any]:
    with _changing(call) as (session, incident):
        blocked = containment.block(
            session=session, incident=incident, indicator=args.indicator, minutes=args.minutes, reason=args.reason,
            key=call.idempotency_key, by=actors.agent(call.agent_name),
        )  # fmt: skip
    return {"blocked": blocked.indicator, "until": blocked.until.isoformat(timespec="seconds").replace("+00:00", "Z")}


@tool
def unblock_indicator(call: Call, args: catalogue.UnblockIndicator) -> dict[str, Any]:
    with _changing(call) as (session, incident):
        entries = containment.unblock(
            session=session, incident=incident, indicator=args.indicator, by=actors.agent(call.agent_name)
        )
    return {"unblocked": args.indicator, "entries": entries}


@contextmanager
def _changing(call: Call) -> Iterator[tuple[ChatSession, Incident | None]]:
    """One transaction with incident, session and run locked, and the proof that the run is still ours."""
    try:
        with transaction.atomic():
            incident_id = ChatSession.objects.values_list("incident_id", flat=True).get(pk=call.lease.session_id)
            incident = incidents.lock(incident_id) if incident_id else None
            yield held(call.lease).session, incident
    except Refused as refused:
        raise ToolFailed(refused.detail) from refused
