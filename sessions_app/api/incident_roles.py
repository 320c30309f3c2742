"""Roles of an incident: {role: user id}."""

from typing import Annotated
from uuid import UUID

from django.urls import path
from pydantic import Field, RootModel
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app.api import incidents
from sessions_app.api.doors import Door
from sessions_app.api.schema.describing import described
from sessions_app.services import incident_roles

RoleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,23}$")]


class Roles(RootModel[Annotated[dict[RoleName, UUID], Field(max_length=20)]]):
    """{role: user id}"""


class IncidentRoles(Door):
    @described("Who has which role", Roles)
    def get(self, request: Request, incident_id: UUID) -> Response:
        return Response(incident_roles.of(incidents.named(self.actor, incident_id)))

    @described("Set all roles", Roles, body=Roles, errors=("CONFLICT",))
    def put(self, request: Request, incident_id: UUID) -> Response:
        roles = self.body(Roles).root
        return Response(incident_roles.assign(incident_id=incident_id, roles=roles, by=self.actor))


urlpatterns = [path("incidents/<uuid:incident_id>/roles", IncidentRoles.as_view(), name="incident-roles")]
