"""Merge an incident into another, and take it out again."""

from uuid import UUID

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import resources
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.incidents import named
from sessions_app.api.schema.describing import described
from sessions_app.services import merging
from sessions_app.vocabulary import Body, IncidentResource


class Into(Body):
    into: UUID


class Nothing(Body):
    pass


class Merge(Door):
    @described("Merge an incident into another", IncidentResource, body=Into, errors=("CONFLICT",))
    @idempotent
    def post(self, request: Request, incident_id: UUID) -> Response:
        """Alerts, indicators, evidence and tasks go over; its crew stops, what waits is cancelled, its room ends."""
        into = named(self.actor, self.body(Into).into).pk
        incident = merging.merge(incident_id=named(self.actor, incident_id).pk, into=into, by=self.actor)
        return Response(resources.incident(incident).wire())


class Unmerge(Door):
    @described("Take a merged incident out again", IncidentResource, body=Nothing, errors=("CONFLICT",))
    @idempotent
    def post(self, request: Request, incident_id: UUID) -> Response:
        """What it brought goes back, what came since stays; its room opens again."""
        self.body(Nothing)
        incident = merging.unmerge(incident_id=named(self.actor, incident_id).pk, by=self.actor)
        return Response(resources.incident(incident).wire())


urlpatterns = [
    path("incidents/<uuid:incident_id>/merge", Merge.as_view(), name="incident-merge"),
    path("incidents/<uuid:incident_id>/unmerge", Unmerge.as_view(), name="incident-unmerge"),
]
