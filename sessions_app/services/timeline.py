"""Pinned entries of an incident's timeline. The log itself says what is pinned: nothing else is kept."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.errors import NotFound
from sessions_app.events import log
from sessions_app.models import ChatSession, Event
from sessions_app.services import incidents
from sessions_app.vocabulary import TimelinePinned

PINS = TimelinePinned.types


@transaction.atomic
def pin(*, incident_id: UUID, seq: int, note: str, by: Actor, cause: UUID | None = None) -> None:
    """Pin an entry, or give a pinned one another note."""
    room = _room(incident_id, seq, by)
    told = TimelinePinned(event="timeline.pinned", seq=seq, by=by.name, note=note or None)
    if _pinned(room, seq) != told.wire():
        log.record(told, session=room, actor=by, cause=cause)


@transaction.atomic
def unpin(*, incident_id: UUID, seq: int, by: Actor, cause: UUID | None = None) -> None:
    room = _room(incident_id, seq, by)
    if _pinned(room, seq) is not None:
        log.record(TimelinePinned(event="timeline.unpinned", seq=seq, by=by.name), session=room, actor=by, cause=cause)


def _room(incident_id: UUID, seq: int, by: Actor) -> ChatSession:
    incident = incidents.lock(incident_id)
    permissions.require(by, "change_incident", incident)
    assert incident.room_id is not None
    room = log.lock(incident.room_id)
    if not Event.objects.filter(session=room, seq=seq).exists():
        raise NotFound(_("There is no such entry."))
    return room


def _pinned(room: ChatSession, seq: int) -> dict[str, object] | None:
    """What the newest pin of an entry says; none when it was taken off."""
    newest = Event.objects.filter(session=room, type__in=PINS, data__seq=seq).order_by("-seq").first()
    return newest.data if newest and newest.type == "timeline.pinned" else None
