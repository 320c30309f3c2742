"""All that a room's page needs: the same snapshot a socket would get, and the newest part of the log."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import extensions, permissions, resources, snapshot
from sessions_app.actors import Actor
from sessions_app.events import log
from sessions_app.models import ChatSession, Incident, Membership, Message, Severity
from sessions_app.pages.doors import position, uuid_of
from sessions_app.services import merging

HISTORY = 250
BUDGET = 1024 * 1024
ZERO = UUID(int=0)


@dataclass(frozen=True)
class Look:
    """Where in the room somebody wants to look: at its end, at what came before a seq, or at one message."""

    before: int | None = None
    message: UUID | None = None

    @classmethod
    def asked(cls, query: QueryDict) -> "Look":
        return cls(position(query.get("before", "")), uuid_of(query.get("message", "")))


def context(incident: Incident, *, by: Actor, look: Look) -> dict[str, Any]:
    """The war room of an incident."""
    assert incident.room is not None
    files = incident.evidence.select_related("uploaded_by").order_by("id")
    evidence = [resources.evidence(row).wire() for row in files]
    urls = {
        "evidence": f"/api/v1/incidents/{incident.pk}/evidence",
        "incident": f"/api/v1/incidents/{incident.pk}",
        "indicator": reverse("indicator", args=[incident.pk, ZERO]),
        "war_room": reverse("war-room", args=[ZERO]),
        "indicators": f"/api/v1/incidents/{incident.pk}/indicators",
        "report": reverse("report", args=[incident.pk]),
        "room": reverse("war-room", args=[ZERO]),
    }
    room = of_session(incident.room, by=by, look=look, evidence=evidence, urls=urls)
    has_report = incident.reports.exists()
    merged = incident.merged_into_id is not None
    may_merge = permissions.may(by, "merge_incident", incident.organization_id)
    return {
        **room,
        "incident": incident,
        "severities": Severity.choices,
        "statuses": Incident.Status.choices,
        "has_report": has_report,
        "ready_to_resolve": has_report and incident.status not in Incident.SETTLED and not _crew_at_work(room),
        "may_close": permissions.may(by, "close_incident", incident.organization_id),
        "may_change": not merged and permissions.may(by, "change_incident", incident.organization_id),
        "may_merge": not merged and may_merge and incident.status not in Incident.SETTLED,
        "may_unmerge": may_merge,
        "merge_targets": merging.offered(incident) if may_merge else [],
        "responders": _responders(incident),
        "may_add_indicator": not merged and permissions.may(by, "add_indicator", incident.organization_id),
        "may_attach": not merged and permissions.may(by, "attach_evidence", incident.organization_id),
    }


def _responders(incident: Incident) -> list[dict[str, str]]:
    """Who may be given something to do."""
    members = Membership.objects.filter(
        organization=incident.organization_id, active=True, user__is_active=True, role__in=permissions.RESPONDERS
    )
    return [resources.named(member.user) for member in members.select_related("user").order_by("user__username")]


def _crew_at_work(room: dict[str, Any]) -> bool:
    return any(run["mode"] == "crew" for run in room["snapshot"].get("runs", ()))


def of_session(
    session: ChatSession, *, by: Actor, look: Look, evidence: list[dict[str, Any]], urls: dict[str, str]
) -> dict[str, Any]:
    """What every room's page has: the stream, what waits for people, and what the script starts from."""
    taken = snapshot.take(session.pk, by=by)
    target = _seq_of(session, look.message)
    messages = _looked_at(session.pk, look, target) or taken.parts["messages"]
    return {
        "snapshot": taken.parts,
        "history": messages,
        "older_url": _older_than(session.pk, messages),
        "newest_here": messages is taken.parts["messages"],
        "evidence": evidence,
        "page": {**_page(session, taken, evidence, urls, by=by), **_opened(session.pk, taken, look, target)},
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


def _seq_of(session: ChatSession, message: UUID | None) -> int | None:
    """Only a message of this room: another's id means nothing here."""
    if message is None:
        return None
    return Message.objects.filter(session=session, pk=message).values_list("seq", flat=True).first()


def _older_than(room: UUID, messages: list[dict[str, Any]]) -> str:
    first = messages[0]["seq"] if messages else 0
    return f"?before={first}" if Message.objects.filter(session=room, seq__lt=first).exists() else ""


def _opened(room: UUID, taken: snapshot.Taken, look: Look, target: int | None) -> dict[str, Any]:
    """The part of the log that the stream is drawn from at first, and the message it opens at."""
    if target is None or target > taken.head - HISTORY:
        after = max(0, taken.head - HISTORY)
    else:
        after = max(0, target - HISTORY // 2)
    return {
        "events": _events(room, taken, after=after),
        "target": str(look.message) if target is not None else None,
    }


def _events(room: UUID, taken: snapshot.Taken, *, after: int) -> list[dict[str, Any]]:
    """Up to the snapshot: what came since then reaches the page by its socket."""
    found = log.read(room, after=after, limit=HISTORY, budget=BUDGET)
    return [orjson.loads(text) for seq, text in found if seq <= taken.head]


def _looked_at(room: UUID, look: Look, target: int | None) -> list[dict[str, Any]]:
    """Older messages for one who reads without JavaScript; none where the newest are meant."""
    said = Message.objects.filter(session=room).select_related("session")
    if target is not None:
        half = snapshot.MESSAGES // 2
        before, after = said.filter(seq__lte=target).order_by("-seq"), said.filter(seq__gt=target).order_by("seq")
        rows = [*reversed(before[:half]), *after[:half]]
    elif look.before is not None:
        rows = list(reversed(said.filter(seq__lt=look.before).order_by("-seq")[: snapshot.MESSAGES]))
    else:
        rows = []
    return [resources.message(row).wire() for row in rows]
