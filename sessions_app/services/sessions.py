"""Chat sessions: create, activate, change, end, expire."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, QuerySet, When
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import extensions, permissions, runtime_config
from sessions_app.actors import SYSTEM, Actor
from sessions_app.errors import Conflict, Denied, NotFound, Refused
from sessions_app.events import log
from sessions_app.models import ChatSession, Feedback, Incident, Organization
from sessions_app.services import files
from sessions_app.vocabulary import SessionChanged

EXPIRED_AT_ONCE = 200
CLOSED_STATES = {"ended": "SESSION_ENDED", "expired": "SESSION_EXPIRED", "created": "SESSION_NOT_ACTIVE"}


@transaction.atomic
def create(
    *,
    organization: Organization,
    by: Actor,
    agent_id: UUID | None = None,
    agent_name: str = "",
    title: str = "",
    incident_id: UUID | None = None,
    category: str = ChatSession.Category.AGENT,
    config: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
    activate: bool = False,
    cause: UUID | None = None,
) -> ChatSession:
    """Open a chat session, in an incident or on its own."""
    permissions.require(by, "start_session", organization)
    if category == ChatSession.Category.ENGINEER_CHAT and not by.in_person:
        raise Denied(_("An engineer chat belongs to a person."))
    chosen, kept = runtime_config.split(config or {}, metadata or {})
    session = ChatSession(
        organization=organization,
        incident=_incident(organization, incident_id),
        category=category,
        title=title,
        owner=by.user,
        agent_id=_agent_id(organization, agent_id, agent_name),
        config=chosen,
        metadata=kept,
    )
    _require_unmerged(session)
    _require_possible(session, chosen)
    session.save(force_insert=True)
    session.refresh_from_db()  # the times are the database's
    return announce(session, by=by, activate=activate, cause=cause)


def announce(session: ChatSession, *, by: Actor, activate: bool, cause: UUID | None = None) -> ChatSession:
    """Write the first events of a session that was made in this transaction."""
    session = log.lock(session.pk)
    told = SessionChanged(event="session.created", title=session.title, category=session.category)
    log.record(told, session=session, actor=by, cause=cause)
    if activate:
        _activate(session, by=by, cause=cause)
    return session


@transaction.atomic
def activate(*, session_id: UUID, by: Actor, cause: UUID | None = None) -> ChatSession:
    session = locked(session_id, by=by, verb="start_session")
    if session.status == ChatSession.Status.CREATED:
        _activate(session, by=by, cause=cause)
    require_open(session)
    return session


@transaction.atomic
def change(*, session_id: UUID, changes: dict[str, Any], by: Actor, cause: UUID | None = None) -> ChatSession:
    """Change title, config or metadata, each as a whole; a run at work takes the new config at its next reply."""
    session = locked(session_id, by=by, verb="start_session")
    if session.over:
        require_open(session)
    if "config" in changes or "metadata" in changes:
        chosen, kept = runtime_config.split(
            changes.get("config", session.config), changes.get("metadata", session.metadata)
        )
        _require_possible(session, chosen)
        changes = {**changes, "config": chosen, "metadata": kept}
    told = {name: value for name, value in changes.items() if getattr(session, name) != value}
    if told:
        for name, value in told.items():
            setattr(session, name, value)
        session.save(update_fields=[*told, "updated_at"])
        log.record(SessionChanged(event="session.config_changed", **told), session=session, actor=by, cause=cause)
    return session


@transaction.atomic
def end(*, session_id: UUID, by: Actor, reason: str = "", cause: UUID | None = None) -> ChatSession:
    """End a session for good: nothing more is written in it, but it stays readable."""
    session = locked(session_id, by=by, verb="end_session")
    if session.status == ChatSession.Status.ENDED:
        return session
    if session.over:
        require_open(session)
    if Incident.objects.open().filter(room=session).exists():
        raise Conflict(_("This is the war room of an open incident; resolve or close the incident first."))
    _close(session, ChatSession.Status.ENDED, by=by, reason=reason, cause=cause)
    return session


def idle(*, now: datetime, category: str = ChatSession.Category.AGENT) -> list[UUID]:
    """The chats that nobody has written in for longer than the installation keeps them open."""
    rows = ChatSession.objects.idle(since=_idle_since(now)).filter(category=category).order_by("last_active_at")
    return list(rows.values_list("pk", flat=True)[:EXPIRED_AT_ONCE])


@transaction.atomic
def expire(session_id: UUID, *, now: datetime) -> bool:
    """Close an idle chat; judged again under its lock, since somebody may have written just now."""
    session = log.lock(session_id)
    if not ChatSession.objects.idle(since=_idle_since(now)).filter(pk=session_id).exists() or _busy(session):
        return False
    _close(session, ChatSession.Status.EXPIRED, by=SYSTEM, reason="Nobody has written here for a long time.")
    return True


@transaction.atomic
def purge(session_id: UUID, *, now: datetime) -> ChatSession:
    """Remove texts and files of a chat that is over, for good, wherever the room keeps them; what happened stays."""
    session = log.lock(session_id)
    for name in session.uploads.values_list("stored_name", flat=True):
        transaction.on_commit(partial(files.drop, name))
    session.uploads.all().delete()
    session.messages.update(content="", html="", attachments=[], metadata={})
    Feedback.objects.filter(message__session=session).update(comment="")
    log.purge(session)
    session.purged_at = now
    session.save(update_fields=["purged_at", "epoch", "updated_at"])
    return session


def locked(session_id: UUID, *, by: Actor, verb: str) -> ChatSession:
    """Lock a session that the actor may see and may do this to."""
    session = log.lock(session_id)
    permissions.require(by, verb, session, missing="SESSION_NOT_FOUND")
    return session


def shut(session: ChatSession, *, by: Actor, reason: str, cause: UUID | None = None) -> None:
    """End a session that the caller has locked, with the incident it belongs to."""
    _close(session, ChatSession.Status.ENDED, by=by, reason=reason, cause=cause)


def reopen(session: ChatSession, *, by: Actor, cause: UUID | None = None) -> None:
    """Take back such an end; the caller has locked the session."""
    _activate(session, by=by, cause=cause)


def stop_work(session: ChatSession, *, by: Actor) -> None:
    """End what agents do in a session that the caller has locked, and what waits for people there."""
    for close in extensions.on_close:
        close(session, by)


def require_open(session: ChatSession) -> None:
    """Raise what its state says, unless one may write in it."""
    _require_unmerged(session)
    if not session.open_to_posts:
        raise Refused(CLOSED_STATES[session.status])


def default_agent_id(organization: Organization) -> UUID | None:
    """The agent that answers where nobody named one: the organisation's first assistant."""
    assistants = _agents(organization).filter(enabled=True, role="assistant")
    found: UUID | None = assistants.order_by("id").values_list("pk", flat=True).first()
    return found


def _idle_since(now: datetime) -> datetime:
    return now - timedelta(hours=settings.WARROOM_SESSION_IDLE_HOURS)


def _busy(session: ChatSession) -> bool:
    """What agents have not finished, and what waits for a person, is not idle."""
    return any(busy(session) for busy in extensions.busy)


def _close(session: ChatSession, status: str, *, by: Actor, reason: str, cause: UUID | None = None) -> None:
    """What is at work in it stops first, so that its last events come before the end."""
    session.status = status
    stop_work(session, by=by)
    session.save(update_fields=["status", "updated_at"])
    event = "session.ended" if status == ChatSession.Status.ENDED else "session.expired"
    log.record(SessionChanged(event=event, status=status, reason=reason or None), session=session, actor=by,
               cause=cause)  # fmt: skip


def _require_unmerged(session: ChatSession) -> None:
    """What belongs to a merged incident, its room and the chats beside it, says where it goes on."""
    went = session.incident.merged_into if session.incident else None
    if went is not None:
        raise Refused(
            "SESSION_ENDED",
            _("This incident was merged into “{title}”; go on there.").format(title=went.title),
            details={"merged_into": str(went.pk), "session_id": str(went.room_id)},
        )


def _require_possible(session: ChatSession, config: dict[str, Any]) -> None:
    for judge in extensions.on_config:
        judge(session, config)


def _activate(session: ChatSession, *, by: Actor, cause: UUID | None) -> None:
    session.status = ChatSession.Status.ACTIVE
    session.last_active_at = timezone.now()
    session.save(update_fields=["status", "last_active_at", "updated_at"])
    log.record(SessionChanged(event="session.activated", status=session.status), session=session, actor=by, cause=cause)


def agents_to_ask(organization: Organization) -> QuerySet[Any]:
    """Who a chat may be started with: the assistants first. An executor runs calls and has no words of its own."""
    agents = _agents(organization).filter(enabled=True).exclude(role="executor")
    return agents.order_by(Case(When(role="assistant", then=0), default=1), "name")


def _agents(organization: Organization) -> QuerySet[Any]:
    """The agents live in the app above; the foreign key knows their class."""
    model: Any = ChatSession._meta.get_field("agent").related_model
    agents: QuerySet[Any] = model.objects.filter(organization=organization)
    return agents


def _incident(organization: Organization, incident_id: UUID | None) -> Incident | None:
    if incident_id is None:
        return None
    incident = Incident.objects.filter(organization=organization, pk=incident_id).first()
    if incident is None:
        raise NotFound(_("There is no such incident."))
    return incident


def _agent_id(organization: Organization, agent_id: UUID | None, agent_name: str) -> UUID | None:
    if agent_id is None and not agent_name:
        return default_agent_id(organization)
    named = {"pk": agent_id} if agent_id else {"name": agent_name}
    agent = _agents(organization).filter(**named).first()
    if agent is None:
        raise NotFound(code="AGENT_NOT_FOUND")
    if not agent.enabled:
        raise Refused("AGENT_NOT_AVAILABLE", _("{name} is switched off.").format(name=agent.name))
    found: UUID = agent.pk
    return found
