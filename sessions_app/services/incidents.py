"""Incidents: declare one, change it, settle it."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import extensions, permissions, resources
from sessions_app.actors import Actor
from sessions_app.errors import Conflict, Invalid, NotFound
from sessions_app.events import log
from sessions_app.models import ChatSession, Incident, Membership, Organization, Severity, User
from sessions_app.services import audit, messages, participants, sessions
from sessions_app.vocabulary import IncidentChanged


@transaction.atomic
def declare(
    *,
    organization: Organization,
    title: str,
    severity: str,
    description: str = "",
    source: str = "",
    metadata: dict[str, Any] | None = None,
    fingerprint: str = "",
    by: Actor,
    verb: str = "declare",
    cause: UUID | None = None,
) -> Incident:
    """Open an incident and its war room. An alert source does it under its own verb, `ingest`.

    Of two with one fingerprint the second raises IntegrityError: the caller looks for the first.
    """
    permissions.require(by, verb, organization)
    incident = Incident.objects.create(
        organization=organization, title=title, severity=Severity(severity), description=description, source=source,
        metadata=metadata or {}, fingerprint=fingerprint, opened_at=timezone.now(),
    )  # fmt: skip
    incident.room = _open_room(incident, by=by, cause=cause)
    incident.save(update_fields=["room"])
    told = IncidentChanged(event="incident.opened", incident=resources.incident(incident, indicators=()))
    log.record(told, session=incident.room, actor=by, cause=cause)
    for hook in extensions.on_open:
        hook(incident, by)
    return incident


@transaction.atomic
def change(*, incident_id: UUID, changes: dict[str, Any], by: Actor, cause: UUID | None = None) -> Incident:
    """Change title, severity, status or commander; everyone in its war room sees who did it."""
    incident = workable(incident_id, verb="change_incident", by=by)
    if told := change_locked(incident, changes, by=by, cause=cause):
        note("incident.changed", incident, by=by, changes=told)
    return incident


def change_locked(
    incident: Incident, changes: dict[str, Any], *, by: Actor, cause: UUID | None = None
) -> dict[str, tuple[Any, Any]]:
    """The same on an incident that the caller has locked to work on: answers what changed, for the audit trail."""
    wanted = {name: value for name, value in changes.items() if getattr(incident, name) != value}
    if not wanted:
        return {}
    settles = wanted.get("status") in Incident.SETTLED and incident.status not in Incident.SETTLED
    if settles:
        permissions.require(by, "close_incident", incident)
    told = _apply(incident, wanted)
    _tell(incident, told, settles=settles, by=by, cause=cause)
    return told


@transaction.atomic
def resolve(*, incident_id: UUID, words: str = "", by: Actor, cause: UUID | None = None) -> Incident:
    """Settle what is done with, as only a person does; their words stand in the room before it closes."""
    incident = workable(incident_id, verb="close_incident", by=by)
    if incident.status in Incident.SETTLED:
        raise Conflict(_("The incident is {status} already.").format(status=incident.get_status_display().lower()))
    if words and incident.room_id is not None:
        messages.say(session=log.lock(incident.room_id), speaker=by, content=words, cause=cause)
    return change(incident_id=incident_id, changes={"status": Incident.Status.RESOLVED}, by=by, cause=cause)


def lock(incident_id: UUID) -> Incident:
    """Lock an incident's row; before its session's, always."""
    incident = (
        Incident.objects.select_for_update(of=("self",), no_key=True)
        .select_related("room", "commander", "merged_into")
        .filter(pk=incident_id)
        .first()
    )
    if incident is None:
        raise NotFound()
    return incident


def workable(incident_id: UUID, *, verb: str, by: Actor) -> Incident:
    """Lock an incident to work on, as the actor may; one that was merged says where its work goes on."""
    incident = lock(incident_id)
    permissions.require(by, verb, incident)
    require_unmerged(incident)
    return incident


def require_unmerged(incident: Incident) -> None:
    if (went := incident.merged_into) is not None:
        raise Conflict(
            _("This incident was merged into “{title}”; go on there.").format(title=went.title),
            details={"merged_into": str(went.pk)},
        )


def note(action: str, incident: Incident, *, by: Actor, **detail: Any) -> None:
    """What a person has changed stands in the audit trail; last in the transaction."""
    if by.kind == "user":
        audit.append(organization_id=incident.organization_id, actor=by, action=action, thing=incident, detail=detail)


def responder(incident: Incident, user_id: UUID, *, field: str) -> User:
    """Somebody who may work on the incident: an active member of its organisation, in a role that acts."""
    member = (
        Membership.objects.filter(
            organization=incident.organization_id, user=user_id, active=True, user__is_active=True
        )
        .select_related("user")
        .first()
    )
    if member is None or member.role not in permissions.RESPONDERS:
        raise Invalid(_("This must be one of the organisation's responders."), details={"field": field})
    return member.user


def _open_room(incident: Incident, *, by: Actor, cause: UUID | None) -> ChatSession:
    room = ChatSession.objects.create(
        organization=incident.organization, incident=incident, title=incident.title, owner=by.user,
        agent_id=sessions.default_agent_id(incident.organization),
    )  # fmt: skip
    room = sessions.announce(room, by=by, activate=True, cause=cause)
    if by.user is not None:
        participants.enter(room, by)
    return room


def _apply(incident: Incident, wanted: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    told: dict[str, tuple[Any, Any]] = {}
    for name, value in wanted.items():
        if name == "commander_id":
            told["commander"] = (resources.person(incident.commander), resources.person(_commander(incident, value)))
        else:
            told[name] = (getattr(incident, name), str(value))
        setattr(incident, name, value)
    if "status" in wanted:
        incident.closed_at = timezone.now() if incident.status in Incident.SETTLED else None
    try:
        with transaction.atomic():
            incident.save(update_fields=[*wanted, "closed_at"])
    except IntegrityError as error:
        raise Conflict(_("Another open incident already collects these alerts.")) from error
    return told


def _commander(incident: Incident, user_id: UUID | None) -> User | None:
    return None if user_id is None else responder(incident, user_id, field="commander_id")


def _tell(
    incident: Incident, told: dict[str, tuple[Any, Any]], *, settles: bool, by: Actor, cause: UUID | None
) -> None:
    """Write the events; when the incident settles, what is at work in its sessions stops in this transaction."""
    assert incident.room_id is not None
    room = log.lock(incident.room_id)
    shown = resources.incident(incident)
    log.record(
        IncidentChanged(event="incident.changed", incident=shown, changes=told), session=room, actor=by, cause=cause
    )
    if not settles:
        return
    for session in _live_sessions(incident, room):
        sessions.stop_work(session, by=by)
    log.record(
        IncidentChanged(event="incident.closed", incident=shown, changes=told), session=room, actor=by, cause=cause
    )


def _live_sessions(incident: Incident, room: ChatSession) -> list[ChatSession]:
    """The incident's sessions, locked in the order of their ids: the room is the oldest."""
    others = incident.sessions.filter(status=ChatSession.Status.ACTIVE).exclude(pk=room.pk).order_by("id")
    return [room, *(log.lock(pk) for pk in others.values_list("pk", flat=True))]
