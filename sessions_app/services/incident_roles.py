"""Who does what in an incident: commander apart, scribe, liaison, and whatever else people call it."""

from uuid import UUID

from django.db import transaction

from sessions_app import permissions, resources
from sessions_app.actors import Actor
from sessions_app.events import log
from sessions_app.models import Incident, IncidentRole
from sessions_app.services import incidents
from sessions_app.vocabulary import IncidentChanged


@transaction.atomic
def assign(*, incident_id: UUID, roles: dict[str, UUID], by: Actor, cause: UUID | None = None) -> dict[str, UUID]:
    """Set the whole list; a role that is not named is nobody's any more."""
    incident = incidents.lock(incident_id)
    permissions.require(by, "change_incident", incident)
    before = of(incident)
    for user_id in roles.values():
        incidents.responder(incident, user_id, field="roles")
    if before != roles:
        incident.roles.all().delete()
        IncidentRole.objects.bulk_create(
            IncidentRole(incident=incident, role=role, user_id=user_id) for role, user_id in roles.items()
        )
        _tell(incident, before, roles, by=by, cause=cause)
    return roles


def of(incident: Incident) -> dict[str, UUID]:
    return dict(incident.roles.order_by("role").values_list("role", "user_id"))


def _tell(
    incident: Incident, before: dict[str, UUID], after: dict[str, UUID], *, by: Actor, cause: UUID | None
) -> None:
    assert incident.room_id is not None
    told = IncidentChanged(
        event="incident.changed", incident=resources.incident(incident), changes={"roles": (before, after)}
    )
    log.record(told, session=log.lock(incident.room_id), actor=by, cause=cause)
