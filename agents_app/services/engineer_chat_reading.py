"""Reading engineer chats: one's own freely; an auditor anybody's in the organisation, and each look is written down."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agents_app.services import conversation_log, engineer_chats
from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.errors import Invalid, NotFound
from sessions_app.models import ChatSession, Feedback, Incident, Message
from sessions_app.services import audit


@dataclass(frozen=True)
class Told:
    """What their reader thought of these messages, and which of them the room has."""

    feedback: dict[UUID, Feedback]
    shared: set[UUID]


def incident_for(incident_id: UUID, by: Actor) -> Incident:
    incident = permissions.visible_incidents(by).filter(pk=incident_id).first()
    if incident is None:
        raise NotFound(_("There is no such incident."))
    return incident


def history(*, session_id: UUID | None, incident_id: UUID | None, by: Actor) -> QuerySet[Message]:
    """What was said in a chat, or in all one's chats on an incident."""
    if session_id is None and incident_id is None:
        raise Invalid(_("Name a session or an incident."), details={"field": "session_id"})
    chats = _of_session(session_id, by) if session_id else _of_incident(incident_id, by)
    return Message.objects.filter(session__in=chats).select_related("session")


def told(messages: Iterable[Message], *, by: Actor) -> Told:
    rows = list(messages)
    ids = [row.pk for row in rows]
    given = Feedback.objects.filter(message__in=ids, user=by.user)
    rooms = Incident.objects.filter(sessions__in={row.session_id for row in rows}).values("room")
    copies = Message.objects.filter(session__in=rooms, shared_from__in=ids)
    shared = {each for each in copies.values_list("shared_from", flat=True) if each}
    return Told({row.message_id: row for row in given}, shared)


def _of_session(session_id: UUID, by: Actor) -> QuerySet[ChatSession]:
    mine = engineer_chats.own(by).filter(pk=session_id)
    if mine.exists():
        return mine
    found = permissions.auditable_sessions(by).filter(pk=session_id)
    _note_look(found, by)
    if not found:
        raise NotFound(code="SESSION_NOT_FOUND")
    return found


def _of_incident(incident_id: UUID | None, by: Actor) -> QuerySet[ChatSession]:
    assert incident_id is not None
    incident = incident_for(incident_id, by)
    others = permissions.auditable_sessions(by).filter(incident=incident)
    _note_look(others, by)
    return ChatSession.objects.filter(pk__in=[each.pk for each in (*engineer_chats.own(by, incident), *others)])


@transaction.atomic
def _note_look(sessions: QuerySet[ChatSession], by: Actor) -> None:
    for session in sessions.order_by("pk"):
        audit.append(
            organization_id=session.organization_id, actor=by, action="engineer_chat.read", thing=session,
            detail={"session_id": str(session.pk), "owner_id": str(session.owner_id)},
        )  # fmt: skip
        conversation_log.note("read", session, by=by.id)
