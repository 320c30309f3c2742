"""Roles of an incident: {role: user id}."""

import re
from typing import Annotated
from uuid import UUID

from django.urls import path
from django.utils.translation import gettext as _
from pydantic import Field, RootModel
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app.api import incidents
from sessions_app.api.doors import Door
from sessions_app.api.schema.describing import described
from sessions_app.errors import Invalid
from sessions_app.services import incident_roles
from sessions_app.vocabulary import Body

ROLE = re.compile(r"[a-z][a-z0-9_-]{0,23}")
RoleName = Annotated[str, Field(pattern=rf"^{ROLE.pattern}$")]


class Roles(RootModel[Annotated[dict[RoleName, UUID], Field(max_length=20)]]):
    """{role: user id}"""


class Holder(Body):
    user_id: UUID


class IncidentRoles(Door):
    @described("Who has which role", Roles)
    def get(self, request: Request, incident_id: UUID) -> Response:
        return Response(incident_roles.of(incidents.named(self.actor, incident_id)))

    @described("Set all roles", Roles, body=Roles, errors=("CONFLICT",))
    def put(self, request: Request, incident_id: UUID) -> Response:
        roles = self.body(Roles).root
        return Response(incident_roles.assign(incident_id=incident_id, roles=roles, by=self.actor))


class OneRole(Door):
    """One role alone: two people who give two roles at once don't undo each other."""

    @described("Give a role to somebody", Roles, body=Holder, errors=("CONFLICT",))
    def put(self, request: Request, incident_id: UUID, role: str) -> Response:
        holder = self.body(Holder).user_id
        roles = incident_roles.give(incident_id=incident_id, role=named(role), user_id=holder, by=self.actor)
        return Response(roles)

    @described("Take a role away", Roles, errors=("INVALID_REQUEST", "CONFLICT"))
    def delete(self, request: Request, incident_id: UUID, role: str) -> Response:
        roles = incident_roles.give(incident_id=incident_id, role=named(role), user_id=None, by=self.actor)
        return Response(roles)


def named(role: str) -> str:
    if not ROLE.fullmatch(role):
        raise Invalid(
            _("A role's name has small letters, digits, hyphens, and at most 24 of them."), details={"field": "role"}
        )
    return role


urlpatterns = [
    path("incidents/<uuid:incident_id>/roles", IncidentRoles.as_view(), name="incident-roles"),
    path("incidents/<uuid:incident_id>/roles/<str:role>", OneRole.as_view(), name="incident-role"),
]
