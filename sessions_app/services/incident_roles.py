"""Who does what in an incident: commander, scribe, liaison, and whatever else people call it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from sessions_app import resources
from sessions_app.actors import Actor
from sessions_app.events import log
from sessions_app.models import Incident, IncidentRole, User
from sessions_app.services import incidents
from sessions_app.vocabulary import IncidentChanged

# The one role that is a field of the incident: it stands in every list, and there is no second truth of it.
COMMANDER = "commander"


@transaction.atomic
def assign(*, incident_id: UUID, roles: dict[str, UUID], by: Actor, cause: UUID | None = None) -> dict[str, UUID]:
    """Set the whole list; a role that is not named is nobody's any more."""
    incident = incidents.workable(incident_id, verb="change_incident", by=by)
    _set(incident, roles, by=by, cause=cause)
    return roles


@transaction.atomic
def give(
    *, incident_id: UUID, role: str, user_id: UUID | None, by: Actor, cause: UUID | None = None
) -> dict[str, UUID]:
    """Give one role to somebody, or to nobody; the others stay with who has them."""
    incident = incidents.workable(incident_id, verb="change_incident", by=by)
    others = {name: holder for name, holder in of(incident).items() if name != role}
    roles = {**others, role: user_id} if user_id else others
    _set(incident, roles, by=by, cause=cause)
    return of(incident)


def of(incident: Incident) -> dict[str, UUID]:
    roles: dict[str, UUID] = dict(incident.roles.order_by("role").values_list("role", "user_id"))
    return {COMMANDER: incident.commander_id, **roles} if incident.commander_id else roles


def _set(incident: Incident, roles: Mapping[str, UUID], *, by: Actor, cause: UUID | None) -> None:
    """The room hears of the commander and of the other roles; the audit trail has all of it as one entry."""
    people = {role: incidents.responder(incident, user_id, field="roles") for role, user_id in roles.items()}
    told = incidents.change_locked(incident, {"commander_id": roles.get(COMMANDER)}, by=by, cause=cause)
    others = {role: person for role, person in people.items() if role != COMMANDER}
    told |= _set_others(incident, others, by=by, cause=cause)
    if told:
        incidents.note("incident.roles_changed", incident, by=by, **told)


def _set_others(
    incident: Incident, people: Mapping[str, User], *, by: Actor, cause: UUID | None
) -> dict[str, tuple[Any, Any]]:
    before = {row.role: resources.named(row.user) for row in incident.roles.select_related("user").order_by("role")}
    after = {role: resources.named(people[role]) for role in sorted(people)}
    if before == after:
        return {}
    incident.roles.all().delete()
    IncidentRole.objects.bulk_create(
        IncidentRole(incident=incident, role=role, user=people[role]) for role in after
    )  # fmt: skip
    assert incident.room_id is not None
    changes = {"roles": (before, after)}
    told = IncidentChanged(event="incident.changed", incident=resources.incident(incident), changes=changes)
    log.record(told, session=log.lock(incident.room_id), actor=by, cause=cause)
    return changes
