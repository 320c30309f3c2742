"""What time does to engineer chats: idle ones expire and stay readable; later their texts go, and the counts stay."""

from collections import Counter
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery

from agents_app.models import Run, ToolCall
from agents_app.services import conversation_log
from sessions_app.actors import Actor
from sessions_app.models import ChatSession, Organization
from sessions_app.services import sessions

ENGINEER_CHAT = ChatSession.Category.ENGINEER_CHAT
OVER = (ChatSession.Status.ENDED, ChatSession.Status.EXPIRED)
PURGED_AT_ONCE = 100


def due(*, now: datetime) -> list[UUID]:
    """Chats that are over and have been kept for as long as their organisation says."""
    kept = ChatSession.objects.filter(category=ENGINEER_CHAT, status__in=OVER, purged_at=None)
    found: list[UUID] = []
    for organization in Organization.objects.order_by("pk"):
        before = now - organization.engineer_chat_retention
        old = kept.filter(organization=organization, last_active_at__lt=before).order_by("pk")
        found += old.values_list("pk", flat=True)[:PURGED_AT_ONCE]
    return found


@transaction.atomic
def purge(session_id: UUID, *, now: datetime) -> None:
    """Remove the texts wherever they are kept: messages, log, checkpoints, what tools were asked and found."""
    session = sessions.purge(session_id, now=now)
    runs = Run.objects.filter(session=session)
    runs.update(checkpoint=None)
    ToolCall.objects.filter(run__in=runs).update(args={}, result=None, error="", reason="")
    conversation_log.note("purged", session, messages=session.messages.count())


def on_close(session: ChatSession, by: Actor) -> None:
    """How a chat ended: completed when its last question was answered, abandoned when it was not."""
    if session.category == ENGINEER_CHAT and session.over:
        last = Run.objects.filter(session=session, parent=None).order_by("-pk").values_list("status", flat=True).first()
        conversation_log.note(outcome_of(last), session, by=by.kind)


def outcome_of(last_run: str | None) -> str:
    if last_run is None:
        return "unused"
    return "completed" if last_run == Run.Status.SUCCEEDED else "abandoned"


def outcomes(organization: Organization) -> Counter[str]:
    """How many chats that are over were completed, abandoned, or never used; purged ones count as before."""
    newest = Run.objects.filter(session=OuterRef("pk"), parent=None).order_by("-pk").values("status")[:1]
    over = ChatSession.objects.filter(organization=organization, category=ENGINEER_CHAT, status__in=OVER)
    return Counter(map(outcome_of, over.annotate(last_run=Subquery(newest)).values_list("last_run", flat=True)))
