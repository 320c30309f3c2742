"""What rooms and lists show of the agents: faces, runs at work, and how many work or wait in each incident."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count

from agents_app import quota_words, resources
from agents_app.models import Agent, Approval, Run
from agents_app.services import quota_standing
from sessions_app.actors import Actor
from sessions_app.models import ChatSession

BROKE_OFF: dict[str, str] = {Run.Status.CANCELLED: "stopped", Run.Status.FAILED: "failed"}


def faces(session: ChatSession) -> list[dict[str, Any]]:
    """The agents of the room's organisation as people see them: the same everywhere."""
    rows = Agent.objects.filter(organization=session.organization_id).order_by("id")
    return [{"name": row.name, "role": row.role, "color": row.color, "symbol": row.symbol} for row in rows]


def quotas(session: ChatSession, by: Actor) -> dict[str, Any]:
    """What the one who writes here is near to, or out of; nothing to watch where nothing is limited."""
    found = quota_standing.standing(session.organization_id, by.user_id)
    return {"watched": bool(found), "lines": [line for each in found if (line := quota_words.line(each))]}


def unfinished_runs(session: ChatSession) -> list[dict[str, Any]]:
    rows = Run.objects.filter(session=session).unfinished().select_related("agent", "provider").order_by("id")
    return [resources.run(row).wire() for row in rows]


def crew_broke_off(session: ChatSession, by: Actor) -> str:
    """How the last crew here ended before it was done, if it did; the same as in static/js/models/waiting.js."""
    crews = Run.objects.filter(session=session, mode=Run.Mode.CREW).order_by("-pk")
    return BROKE_OFF.get(crews.values_list("status", flat=True).first() or "", "")


def agents_at_work(incident_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Those in the open: whose engineer chat answers just now is nobody else's business."""
    public = Run.objects.filter(session__category=ChatSession.Category.AGENT)
    running = public.filter(session__incident__in=list(incident_ids), status=Run.Status.RUNNING)
    return dict(running.values_list("session__incident").annotate(Count("agent", distinct=True)))


def approvals_waiting(incident_ids: Iterable[UUID]) -> dict[UUID, int]:
    public = Approval.objects.filter(session__category=ChatSession.Category.AGENT)
    pending = public.filter(incident__in=list(incident_ids), status=Approval.Status.PENDING)
    return dict(pending.values_list("incident").annotate(Count("id")))
