"""All that the war room's page needs: the same snapshot a socket would get, and the newest part of the log."""

from typing import Any
from uuid import UUID

import orjson
from django.urls import reverse
from django.utils import timezone

from sessions_app import permissions, resources, snapshot
from sessions_app.actors import Actor
from sessions_app.events import log
from sessions_app.models import Incident, Message, Severity
from sessions_app.pages.doors import position

HISTORY = 250
BUDGET = 1024 * 1024
ZERO = UUID(int=0)


def context(incident: Incident, *, by: Actor, before: str = "") -> dict[str, Any]:
    assert incident.room_id is not None
    taken = snapshot.take(incident.room_id, by=by)
    older = position(before)
    messages = taken.parts["messages"] if older is None else _history(incident, older)
    files = incident.evidence.select_related("uploaded_by").order_by("id")
    evidence = [resources.evidence(row).wire() for row in files]
    return {
        "incident": incident,
        "snapshot": taken.parts,
        "history": messages,
        "older_url": f"?before={messages[0]['seq']}" if len(messages) == snapshot.MESSAGES else "",
        "evidence": evidence,
        "page": _page(incident, taken, evidence, by=by),
        "zero": ZERO,
        "severities": Severity.choices,
        "statuses": Incident.Status.choices,
        "waiting_count": sum(len(taken.parts.get(name, ())) for name in ("approvals", "questions", "unknowns")),
        "has_report": incident.reports.exists(),
        "may_post": permissions.may(by, "post", incident.organization_id),
        "may_change": permissions.may(by, "change_incident", incident.organization_id),
        "may_attach": permissions.may(by, "attach_evidence", incident.organization_id),
    }


def _page(incident: Incident, taken: snapshot.Taken, evidence: list[dict[str, Any]], *, by: Actor) -> dict[str, Any]:
    """What the script starts from: the snapshot at seq n, and the events before it that it draws the stream from."""
    room = str(incident.room_id)
    return {
        "room": room,
        "seq": taken.head,
        "epoch": taken.epoch,
        "now": timezone.now().isoformat(),
        "snapshot": taken.parts,
        "events": _events(incident, taken),
        "evidence": evidence,
        "me": {
            "id": by.id,
            "name": by.name,
            "role": permissions.role_in(by, incident.organization_id),
            "posts": permissions.may(by, "post", incident.organization_id),
        },
        "urls": {
            "events": f"/api/v1/sessions/{room}/events",
            "evidence": f"/api/v1/incidents/{incident.pk}/evidence",
            "incident": f"/api/v1/incidents/{incident.pk}",
            "report": reverse("report", args=[incident.pk]),
            "viewer": reverse("evidence", args=[ZERO]),
            "zero": str(ZERO),
        },
    }


def _events(incident: Incident, taken: snapshot.Taken) -> list[dict[str, Any]]:
    """The newest part of the log, up to the snapshot: what came since then reaches the page by its socket."""
    found = log.read(incident.room_id, after=max(0, taken.head - HISTORY), limit=HISTORY, budget=BUDGET)  # type: ignore[arg-type]
    return [orjson.loads(text) for seq, text in found if seq <= taken.head]


def _history(incident: Incident, before: int) -> list[dict[str, Any]]:
    """Older messages for one who reads without JavaScript."""
    older = Message.objects.filter(session=incident.room_id, seq__lt=before).select_related("session")
    return [resources.message(row).wire() for row in reversed(older.order_by("-seq")[: snapshot.MESSAGES])]
