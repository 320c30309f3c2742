"""Tasks for people: what is still to be done about an incident, and by whom."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app import resources
from sessions_app.actors import Actor
from sessions_app.errors import NotFound
from sessions_app.events import log
from sessions_app.models import FollowUp, Incident
from sessions_app.services import incidents
from sessions_app.vocabulary import TaskChanged


@transaction.atomic
def add(*, incident_id: UUID, fields: dict[str, Any], by: Actor, cause: UUID | None = None) -> FollowUp:
    incident = incidents.workable(incident_id, verb="change_incident", by=by)
    task = FollowUp(incident=incident)
    _set(task, fields, incident)
    task.save()
    _tell(task, "task.created", incident, by=by, cause=cause)
    return task


@transaction.atomic
def change(
    *, task_id: UUID, incident_id: UUID, changes: dict[str, Any], by: Actor, cause: UUID | None = None
) -> FollowUp:
    incident = incidents.workable(incident_id, verb="change_incident", by=by)
    task = FollowUp.objects.filter(incident=incident, pk=task_id).first()
    if task is None:
        raise NotFound(_("There is no such task."))
    wanted = {name: value for name, value in changes.items() if getattr(task, name) != value}
    if wanted:
        _set(task, wanted, incident)
        task.save(update_fields=list(wanted))
        _tell(task, "task.updated", incident, by=by, cause=cause)
    return task


def _set(task: FollowUp, fields: dict[str, Any], incident: Incident) -> None:
    if fields.get("assignee_id"):
        task.assignee = incidents.responder(incident, fields["assignee_id"], field="assignee_id")
    for name, value in fields.items():
        setattr(task, name, value)


def _tell(task: FollowUp, event: str, incident: Incident, *, by: Actor, cause: UUID | None) -> None:
    assert incident.room_id is not None
    told = TaskChanged(event=event, **resources.task(task))
    log.record(told, session=log.lock(incident.room_id), actor=by, cause=cause)
    incidents.note(event, incident, by=by, task=resources.task(task))
