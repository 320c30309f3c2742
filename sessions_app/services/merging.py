"""Two incidents that are one: the one is put into the other, and taken out again as it was."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import permissions, resources
from sessions_app.actors import Actor
from sessions_app.errors import Conflict, Invalid
from sessions_app.events import log
from sessions_app.models import ChatSession, Evidence, FollowUp, Incident, Merge
from sessions_app.services import incidents, indicators, merged_rows, sessions
from sessions_app.vocabulary import IncidentChanged, Passage

Status = Incident.Status
MOST_OFFERED = 50


@transaction.atomic
def merge(*, incident_id: UUID, into: UUID, by: Actor, cause: UUID | None = None) -> Incident:
    """Put an open incident into another: what is known goes over, what is at work stops, its room ends."""
    source, target = _both(incident_id, into, by)
    if source == target:
        raise Invalid(_("An incident can't be merged into itself."), details={"field": "into"})
    if source.merged_into_id == target.pk:
        return source  # said twice
    for each in (source, target):
        _require_open(each)
    assert source.room is not None, "an incident is declared together with its room"
    moved = {"room": source.room.status, **merged_rows.carry(source, target)}
    merged_rows.recount(target)
    merge = Merge.objects.create(
        source=source, target=target, by=by.user, at=timezone.now(), status_before=source.status, moved=moved
    )
    source.merged_into, source.status, source.closed_at = target, Status.CLOSED, merge.at
    source.save(update_fields=["merged_into", "status", "closed_at"])
    rooms = _rooms(source, target)
    _tell_merged(source, target, moved, rooms, by=by, cause=cause)
    _stop(source, rooms, by=by, cause=cause)
    _note("incident.merged", source, target, moved, by=by)
    return source


@transaction.atomic
def unmerge(*, incident_id: UUID, by: Actor, cause: UUID | None = None) -> Incident:
    """Take an incident out of the one it was put into: what it brought goes back, its room opens again.

    What came in since for its own alerts is its own; all else that came since stays where it came.
    """
    into = Merge.objects.filter(source=incident_id, undone_at=None).values_list("target", flat=True).first()
    source, target = _both(incident_id, into or incident_id, by)
    # Asked again under the locks: somebody may have undone it, and merged it elsewhere, meanwhile.
    if into is None or source.merged_into_id != into:
        raise Conflict(_("This incident is not merged into another."), details={"merged_into": None})
    incidents.require_unmerged(target)  # a chain comes apart from its end
    merge = source.merges.get(undone_at=None)
    merge.source, merge.target = source, target
    merged_rows.take_out(merge, _after(merge))
    for each in (source, target):
        merged_rows.recount(each)
    indicators.judge_rows(source)  # meanwhile nobody has: its own rows waited in an incident that is over
    _restore(source, merge.status_before)
    merge.undone_by, merge.undone_at = by.user, timezone.now()
    merge.save(update_fields=["undone_by", "undone_at"])
    _tell_unmerged(source, target, merge, _rooms(source, target), by=by, cause=cause)
    _note("incident.unmerged", source, target, merge.moved, by=by)
    return source


def family(incident: Incident) -> list[Incident]:
    """An incident and all that was merged into it, into those too."""
    found, newest = [incident], [incident]
    while newest := list(Incident.objects.filter(merged_into__in=newest).order_by("id")):
        found += newest
    return found


def offered(incident: Incident) -> list[Incident]:
    """Where it could go: the newest open incidents beside it."""
    others = Incident.objects.open().filter(organization=incident.organization_id).exclude(pk=incident.pk)
    return list(others.order_by("-pk")[:MOST_OFFERED])


def _both(first: UUID, second: UUID, by: Actor) -> tuple[Incident, Incident]:
    """Lock both, in the order of their ids: two merges at once, even crosswise, take turns."""
    rows = {pk: incidents.lock(pk) for pk in sorted({first, second})}
    for row in rows.values():
        permissions.require(by, "merge_incident", row)
    if rows[first].organization_id != rows[second].organization_id:
        raise Invalid(_("Incidents of two organisations stay apart."), details={"field": "into"})
    return rows[first], rows[second]


def _require_open(incident: Incident) -> None:
    """Of what was merged nothing goes on, so chains may grow at their end only, and no circle can close."""
    incidents.require_unmerged(incident)
    if incident.status in Incident.SETTLED:
        raise Conflict(
            _("“{title}” is {status}; only open incidents are merged.").format(
                title=incident.title, status=incident.get_status_display().lower()
            ),
            details={"incident_id": str(incident.pk), "status": incident.status},
        )


def _after(merge: Merge) -> list[Merge]:
    """Those into the same target that came later and stand, oldest first."""
    standing = list(merge.target.taken_in.filter(undone_at=None).select_related("source").order_by("at", "id"))
    return standing[standing.index(merge) + 1 :]


def _restore(source: Incident, status: str) -> None:
    source.merged_into, source.status, source.closed_at = None, status, None
    try:
        with transaction.atomic():
            source.save(update_fields=["merged_into", "status", "closed_at"])
    except IntegrityError as error:
        raise Conflict(_("Another open incident already collects these alerts.")) from error


def _rooms(source: Incident, target: Incident) -> dict[UUID, ChatSession]:
    """The target's room and all live sessions of the source, locked in the order of their ids."""
    live = source.sessions.filter(status=ChatSession.Status.ACTIVE).values_list("pk", flat=True)
    wanted = {*live, source.room_id, target.room_id}
    return {pk: log.lock(pk) for pk in sorted(pk for pk in wanted if pk)}


def _stop(source: Incident, rooms: dict[UUID, ChatSession], *, by: Actor, cause: UUID | None) -> None:
    """What is at work in its sessions stops, and what waits for people there with it; the room ends last."""
    for pk, session in rooms.items():
        if session.incident_id == source.pk and pk != source.room_id:
            sessions.stop_work(session, by=by)
    room = rooms[source.room_id]  # type: ignore[index]  # an incident is declared together with its room
    if room.open_to_posts:
        sessions.shut(room, by=by, reason="merged", cause=cause)


# --- What is told ----------------------------------------------------------------------------------------------------
def _tell_merged(
    source: Incident, target: Incident, moved: dict[str, Any], rooms: dict[UUID, ChatSession], *, by: Actor,
    cause: UUID | None,
) -> None:  # fmt: skip
    for incident, other, way in ((source, target, "went"), (target, source, "came")):
        told = IncidentChanged(
            event="incident.merged", incident=resources.incident(incident), **{way: _passage(other, moved)}
        )
        log.record(told, session=rooms[incident.room_id], actor=by, cause=cause)  # type: ignore[index]


def _tell_unmerged(
    source: Incident, target: Incident, merge: Merge, rooms: dict[UUID, ChatSession], *, by: Actor, cause: UUID | None
) -> None:
    room = rooms[source.room_id]  # type: ignore[index]
    if room.status == ChatSession.Status.ENDED and merge.moved.get("room") == ChatSession.Status.ACTIVE:
        sessions.reopen(room, by=by, cause=cause)
    back: dict[str, tuple[Any, Any]] = {
        "status": (Status.CLOSED, source.status), "merged_into": (resources.titled(target), None)
    }  # fmt: skip
    out: dict[str, tuple[Any, Any]] = {"merged": ([resources.titled(source)], [])}
    for incident, other, way, changes in ((source, target, "came", back), (target, source, "went", out)):
        passage = _passage(other, merge.moved)
        told = IncidentChanged(
            event="incident.changed", incident=resources.incident(incident), changes=changes, **{way: passage}
        )
        log.record(told, session=rooms[incident.room_id], actor=by, cause=cause)  # type: ignore[index]


def _passage(other: Incident, moved: dict[str, Any]) -> Passage:
    files = Evidence.objects.filter(pk__in=moved["evidence"]).select_related("uploaded_by").order_by("id")
    tasks = FollowUp.objects.filter(pk__in=moved["tasks"]).select_related("assignee").order_by("id")
    return Passage(
        incident=resources.titled(other),
        evidence=[resources.evidence(row) for row in files],
        tasks=[resources.task(row) for row in tasks],
    )


def _note(action: str, source: Incident, target: Incident, moved: dict[str, Any], *, by: Actor) -> None:
    """The custody of each file that changed its incident stands in the trail."""
    incidents.note(action, source, by=by, target=resources.titled(target), evidence=moved["evidence"])
