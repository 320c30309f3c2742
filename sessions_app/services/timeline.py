"""Pinned entries of an incident's timeline: the row says what is pinned, the log who did it and when."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app import log_words
from sessions_app.actors import Actor
from sessions_app.errors import NotFound
from sessions_app.events import log
from sessions_app.models import ChatSession, Event, Incident, Pin
from sessions_app.services import incidents
from sessions_app.vocabulary import TimelinePinned


@transaction.atomic
def pin(*, incident_id: UUID, seq: int, note: str, by: Actor, cause: UUID | None = None) -> None:
    """Pin an entry, or give a pinned one another note."""
    incident, room, entry = _entry(incident_id, seq, by)
    text = log_words.line_of(entry.type, entry.data, entry.actor_name)[: Pin._meta.get_field("text").max_length]
    fields = {"note": note, "by_name": by.name, "text": text, "ts": entry.ts}
    known = Pin.objects.filter(session=room, seq=seq).first()
    if known is not None and (known.note, known.by_name) == (note, by.name):
        return
    Pin.objects.update_or_create(session=room, seq=seq, defaults=fields)
    told = TimelinePinned(event="timeline.pinned", seq=seq, by=by.name, note=note or None, text=text, ts=entry.ts)
    log.record(told, session=room, actor=by, cause=cause)
    incidents.note("timeline.pinned", incident, by=by, seq=seq, note=note)


@transaction.atomic
def unpin(*, incident_id: UUID, seq: int, by: Actor, cause: UUID | None = None) -> None:
    incident, room, _told = _entry(incident_id, seq, by)
    taken, _each = Pin.objects.filter(session=room, seq=seq).delete()
    if taken:
        log.record(TimelinePinned(event="timeline.unpinned", seq=seq, by=by.name), session=room, actor=by, cause=cause)
        incidents.note("timeline.unpinned", incident, by=by, seq=seq)


def _entry(incident_id: UUID, seq: int, by: Actor) -> tuple[Incident, ChatSession, Event]:
    """The incident, its room and the entry, locked in this order."""
    incident = incidents.workable(incident_id, verb="change_incident", by=by)
    assert incident.room_id is not None
    room = log.lock(incident.room_id)
    entry = Event.objects.filter(session=room, seq=seq).first()
    if entry is None:
        raise NotFound(_("There is no such entry."))
    return incident, room, entry
