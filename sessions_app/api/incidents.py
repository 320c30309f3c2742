"""Incidents: list, declare, look, change; and what happened, in order."""

from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from django.db.models import Prefetch, QuerySet
from django.urls import path
from django.utils.translation import gettext as _
from pydantic import Field, StringConstraints
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import permissions, resources
from sessions_app.actors import Actor
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.paging import page, unchanged
from sessions_app.api.schema.describing import described
from sessions_app.errors import NotFound
from sessions_app.events import stored
from sessions_app.models import Event, Incident, IncidentRole, Indicator
from sessions_app.server_frames import EventFrame
from sessions_app.services import incidents
from sessions_app.vocabulary import Body, IncidentResource

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
SeverityName = Literal["critical", "high", "medium", "low", "info"]
StatusName = Literal["open", "investigating", "contained", "resolved", "closed"]


class Declaration(Body):
    title: Title
    severity: SeverityName
    description: Annotated[str, Field(max_length=20_000)] = ""
    source: Annotated[str, Field(max_length=40)] = ""
    metadata: dict[str, Any] = {}
    organization_id: UUID | None = None


class IncidentChange(Body):
    """Any of these; what is not sent stays, so the defaults are never read. Only the commander can be unset."""

    title: Title = ""
    severity: SeverityName = "info"
    status: StatusName = "open"
    commander_id: UUID | None = None


class Filters(Body):
    organization_id: UUID | None = None
    severity: SeverityName | None = None
    status: StatusName | None = None


@unchanged
class Incidents(Door):
    @described("Incidents, newest first", IncidentResource, query=Filters, paged="id", also={304: None})
    def get(self, request: Request) -> Response:
        wanted = self.filters(Filters).model_dump(exclude_none=True)
        return Response(page(visible(self.actor).filter(**wanted), request.query_params, by="-id", show=shown))

    @described(
        "Declare an incident; its war room opens",
        IncidentResource,
        status=201,
        body=Declaration,
        example={"title": "SSH brute force on web-1", "severity": "high"},
        errors=("NOT_FOUND",),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        told = self.body(Declaration)
        home = permissions.organization_for(self.actor, told.organization_id)
        incident = incidents.declare(organization=home, by=self.actor, **told.model_dump(exclude={"organization_id"}))
        return Response(resources.incident(incident).wire(), status=201)


class OneIncident(Door):
    @described("One incident", IncidentResource)
    def get(self, request: Request, incident_id: UUID) -> Response:
        return Response(shown(named(self.actor, incident_id)))

    @described("Change an incident", IncidentResource, body=IncidentChange, errors=("CONFLICT",))
    def patch(self, request: Request, incident_id: UUID) -> Response:
        changes = self.body(IncidentChange).model_dump(exclude_unset=True)
        incident = incidents.change(incident_id=incident_id, changes=changes, by=self.actor)
        return Response(resources.incident(incident).wire())


class Timeline(Door):
    """All that happened in the incident's war room, newest first."""

    @described("What happened in the war room, newest first", EventFrame, paged="seq")
    def get(self, request: Request, incident_id: UUID) -> Response:
        incident = named(self.actor, incident_id)
        told = Event.objects.filter(session=incident.room_id)
        return Response(
            page(told, request.query_params, by="-seq", show=lambda event: orjson.Fragment(stored.frame_of(event)))
        )


def visible(actor: Actor) -> QuerySet[Incident]:
    """The incidents an actor may see, with all that showing them needs."""
    oldest_first = Prefetch("indicators", Indicator.objects.order_by("id"))
    rows = permissions.visible_incidents(actor).select_related("commander", "merged_into")
    holders = Prefetch("roles", IncidentRole.objects.select_related("user"))
    within = Prefetch("merged_from", Incident.objects.order_by("id"))
    return rows.prefetch_related(oldest_first, holders, within)


def named(actor: Actor, incident_id: UUID) -> Incident:
    incident = visible(actor).filter(pk=incident_id).first()
    if incident is None:
        raise NotFound(_("There is no such incident."))
    return incident


def shown(incident: Incident) -> dict[str, Any]:
    return resources.incident(
        incident, indicators=incident.indicators.all(), roles=incident.roles.all(), merged=incident.merged_from.all()
    ).wire()


urlpatterns = [
    path("incidents", Incidents.as_view(), name="incident-list"),
    path("incidents/<uuid:incident_id>", OneIncident.as_view(), name="incident"),
    path("incidents/<uuid:incident_id>/timeline", Timeline.as_view(), name="incident-timeline"),
]
