"""What a client needs to draw a session at one seq."""

from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from sessions_app import cursors, extensions, overview, permissions, resources
from sessions_app.actors import Actor
from sessions_app.errors import NotFound
from sessions_app.events import log
from sessions_app.models import ChatSession, Message, Participant

MESSAGES = 50
ATTEMPTS = 5


class Taken(NamedTuple):
    parts: dict[str, Any]
    head: int
    epoch: str


def take(session_id: UUID | str, *, by: Actor) -> Taken:
    """The session as it is, with the head and epoch it is true for.

    Read without a lock: everything that changes a snapshot raises the head, so the same head before and after means
    that nothing came between. A room that never holds still is locked for once.
    """
    for _ in range(ATTEMPTS):
        session = _session(session_id)
        permissions.require(by, "see", session, missing="SESSION_NOT_FOUND")
        parts = _draw(session)
        if log.position(session.pk) == (session.epoch, session.head):
            return Taken(parts, session.head, session.epoch)
    with transaction.atomic():
        log.lock(session.pk)
        session = _session(session_id)
        return Taken(_draw(session), session.head, session.epoch)


def _session(session_id: UUID | str) -> ChatSession:
    found = (
        ChatSession.objects.select_related("agent", "incident__commander", "incident__merged_into")
        .filter(pk=session_id)
        .first()
    )
    if found is None:
        raise NotFound(code="SESSION_NOT_FOUND")
    return found


def _draw(session: ChatSession) -> dict[str, Any]:
    messages, cursor = _messages(session)
    incident = session.incident
    # What was decided is told in the overview, and not beside it.
    above = {name: part(session) for name, part in extensions.snapshot_parts.items()}
    decided = above.pop("decisions", [])
    parts = {
        "session": resources.session(session).wire(),
        "incident": resources.incident(incident).wire() if incident else None,
        "messages": messages,
        "messages_next": cursor,
        "participants": _participants(session),
        "summary": incident.summary or None if incident else None,
        "tasks": _tasks(session),
        "pins": [resources.pin(row) for row in session.pins.order_by("seq")],
        **{name: [] for name in ("runs", "plan", "approvals", "questions", "unknowns", "grants")},
        **above,
    }
    return {**parts, "overview": overview.of(parts, decided) if _is_war_room(session) else None}


def _is_war_room(session: ChatSession) -> bool:
    return session.incident is not None and session.incident.room_id == session.pk


def _tasks(session: ChatSession) -> list[dict[str, Any]]:
    """Of people; told in the war room only."""
    if session.incident is None or not _is_war_room(session):
        return []
    return [resources.task(row) for row in session.incident.follow_ups.select_related("assignee").order_by("id")]


def _messages(session: ChatSession) -> tuple[list[dict[str, Any]], str | None]:
    """The newest, in the order they were said, and the cursor of the history before them."""
    newest = list(Message.objects.filter(session=session).order_by("-seq")[: MESSAGES + 1])
    shown = newest[:MESSAGES]
    for row in shown:
        row.session = session
    older = cursors.written(shown[-1].seq) if len(newest) > MESSAGES else None
    return [resources.message(row).wire() for row in reversed(shown)], older


def _participants(session: ChatSession) -> list[dict[str, str]]:
    rows = Participant.objects.filter(session=session, left_at=None).select_related("user").order_by("id")
    return [{"user_id": str(row.user_id), "name": row.user.display_name, "role": row.role} for row in rows]
