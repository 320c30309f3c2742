"""All that a room's page needs: the same snapshot a socket would get, and the newest part of the log."""

from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import extensions, permissions, resources, snapshot
from sessions_app.actors import Actor
from sessions_app.events import log
from sessions_app.models import ChatSession, Incident, Message, Severity
from sessions_app.pages.doors import position

HISTORY = 250
BUDGET = 1024 * 1024
ZERO = UUID(int=0)


def context(incident: Incident, *, by: Actor, before: str = "") -> dict[str, Any]:
    """The war room of an incident."""
    assert incident.room is not None
    files = incident.evidence.select_related("uploaded_by").order_by("id")
    evidence = [resources.evidence(row).wire() for row in files]
    urls = {
        "evidence": f"/api/v1/incidents/{incident.pk}/evidence",
        "incident": f"/api/v1/incidents/{incident.pk}",
        "report": reverse("report", args=[incident.pk]),
    }
    room = of_session(incident.room, by=by, before=before, evidence=evidence, urls=urls)
    has_report = incident.reports.exists()
    return {
        **room,
        "incident": incident,
        "severities": Severity.choices,
        "statuses": Incident.Status.choices,
        "has_report": has_report,
        "ready_to_resolve": has_report and incident.status not in Incident.SETTLED and not _crew_at_work(room),
        "may_close": permissions.may(by, "close_incident", incident.organization_id),
        "may_change": permissions.may(by, "change_incident", incident.organization_id),
        "may_attach": permissions.may(by, "attach_evidence", incident.organization_id),
    }


def _crew_at_work(room: dict[str, Any]) -> bool:
    return any(run["mode"] == "crew" for run in room["snapshot"].get("runs", ()))


def of_session(
    session: ChatSession, *, by: Actor, before: str, evidence: list[dict[str, Any]], urls: dict[str, str]
) -> dict[str, Any]:
    """What every room's page has: the stream, what waits for people, and what the script starts from."""
    taken = snapshot.take(session.pk, by=by)
    older = position(before)
    messages = taken.parts["messages"] if older is None else _history(session.pk, older)
    return {
        "snapshot": taken.parts,
        "history": messages,
        "older_url": f"?before={messages[0]['seq']}" if len(messages) == snapshot.MESSAGES else "",
        "evidence": evidence,
        "page": _page(session, taken, evidence, urls, by=by),
        "zero": ZERO,
        "waiting_count": sum(len(taken.parts.get(name, ())) for name in ("approvals", "questions", "unknowns")),
        "most_of_a_file": settings.WARROOM_UPLOAD_MAX_BYTES,
        "may_post": permissions.may(by, "post", session.organization_id) and session.open_to_posts,
        "closed_words": "" if session.open_to_posts else _closed(session),
        **{name: part(session, by) for name, part in extensions.page_parts.items()},
    }


def _closed(session: ChatSession) -> str:
    return _("This room is {status}; it can still be read.").format(status=session.get_status_display().lower())


def _page(
    session: ChatSession, taken: snapshot.Taken, evidence: list[dict[str, Any]], urls: dict[str, str], *, by: Actor
) -> dict[str, Any]:
    """What the script starts from: the snapshot at seq n, and the events before it that it draws the stream from."""
    room = str(session.pk)
    return {
        "room": room,
        "seq": taken.head,
        "epoch": taken.epoch,
        "now": timezone.now().isoformat(),
        "snapshot": taken.parts,
        "events": _events(session.pk, taken),
        "evidence": evidence,
        "me": {
            "id": by.id,
            "name": by.name,
            "role": permissions.role_in(by, session.organization_id),
            "posts": permissions.may(by, "post", session.organization_id),
        },
        "urls": {
            "events": f"/api/v1/sessions/{room}/events",
            "uploads": reverse("uploads"),
            "viewer": reverse("evidence", args=[ZERO]),
            "zero": str(ZERO),
            **urls,
        },
    }


def _events(room: UUID, taken: snapshot.Taken) -> list[dict[str, Any]]:
    """The newest part of the log, up to the snapshot: what came since then reaches the page by its socket."""
    found = log.read(room, after=max(0, taken.head - HISTORY), limit=HISTORY, budget=BUDGET)
    return [orjson.loads(text) for seq, text in found if seq <= taken.head]


def _history(room: UUID, before: int) -> list[dict[str, Any]]:
    """Older messages for one who reads without JavaScript."""
    older = Message.objects.filter(session=room, seq__lt=before).select_related("session")
    return [resources.message(row).wire() for row in reversed(older.order_by("-seq")[: snapshot.MESSAGES])]
