"""Who has been in a room."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.events import log
from sessions_app.models import ChatSession, Participant, User
from sessions_app.vocabulary import ParticipantMoved


def join(session_id: UUID, by: Actor) -> None:
    """Note that a person is in the room; the first time, everybody is told."""
    with transaction.atomic():
        session = log.lock(session_id)
        permissions.require(by, "see", session, missing="SESSION_NOT_FOUND")
        enter(session, by)


def depart(*, user: User, organization_id: UUID, by: Actor) -> None:
    """Take a person whose membership has ended out of every room of the organisation."""
    theirs = Participant.objects.filter(user=user, left_at=None, session__organization=organization_id)
    for session_id in theirs.order_by("session_id").values_list("session_id", flat=True):
        with transaction.atomic():
            session = log.lock(session_id)
            row = Participant.objects.get(session=session, user=user)
            row.left_at = timezone.now()
            row.save(update_fields=["left_at"])
            _tell(session, row, "participant.left", by)


def enter(session: ChatSession, by: Actor) -> None:
    """Put a person into a session that the caller has locked."""
    role = permissions.role_in(by, session.organization_id) or ""
    row, new = Participant.objects.get_or_create(session=session, user=by.user, defaults={"role": role})
    # Two tabs that open the room at once: the second finds the first one's row under the session's lock.
    if not new and row.left_at is None:
        return
    if not new:
        row.role, row.left_at, row.joined_at = role, None, timezone.now()
        row.save(update_fields=["role", "left_at", "joined_at"])
    _tell(session, row, "participant.joined", by)


def _tell(session: ChatSession, row: Participant, event: str, by: Actor) -> None:
    told = ParticipantMoved(event=event, user_id=row.user_id, name=row.user.display_name, role=row.role)
    log.record(told, session=session, actor=by)
