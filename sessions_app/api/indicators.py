"""Indicators of an incident: list them, add one by hand."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.urls import path
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import resources
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.incidents import named
from sessions_app.api.paging import page
from sessions_app.api.schema.describing import described
from sessions_app.indicators import Kind
from sessions_app.services import indicators
from sessions_app.vocabulary import Body, IndicatorResource


class NewIndicator(Body):
    value: Annotated[str, Field(min_length=1, max_length=500)]
    kind: Kind | None = None


class Indicators(Door):
    @described("Indicators, oldest first", IndicatorResource, paged="id")
    def get(self, request: Request, incident_id: UUID) -> Response:
        incident = named(self.actor, incident_id)
        shown = page(
            incident.indicators.all(), request.query_params, by="id", show=lambda row: resources.indicator(row).wire()
        )
        return Response(shown)

    @described(
        "Add an indicator; one that is known is given back",
        IndicatorResource,
        status=201,
        also={200: IndicatorResource},
        body=NewIndicator,
        errors=("CONFLICT",),
    )
    @idempotent
    def post(self, request: Request, incident_id: UUID) -> Response:
        told, incident = self.body(NewIndicator), named(self.actor, incident_id)
        row, new = indicators.add(incident=incident, value=told.value, kind=told.kind, by=self.actor)
        return Response(resources.indicator(row).wire(), status=201 if new else 200)


urlpatterns = [path("incidents/<uuid:incident_id>/indicators", Indicators.as_view(), name="incident-indicators")]
