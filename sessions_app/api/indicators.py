"""Indicators of an incident: list them, add one by hand."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
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
from sessions_app.services import evidence_custody as custody
from sessions_app.services import indicators
from sessions_app.vocabulary import Body, IndicatorResource, Resource


class NewIndicator(Body):
    value: Annotated[str, Field(min_length=1, max_length=500)]
    kind: Kind | None = None


class PastedText(Body):
    text: Annotated[str, Field(min_length=1, max_length=indicators.LONGEST_TEXT)]


class Noted(Resource):
    """What came of a text; `unread` are lines in which nothing was found."""

    added: list[IndicatorResource]
    known: list[IndicatorResource]
    unread: list[str]


class SeenLine(Resource):
    evidence_id: UUID
    filename: str
    line: int
    text: str


class Seen(Resource):
    """A file it stands in: how many lines, the numbers of the first, and the first of them."""

    evidence_id: UUID
    filename: str
    count: int
    lines: list[int]
    example: SeenLine


class SeenElsewhere(Resource):
    id: UUID
    title: str
    severity: str
    status: str
    opened_at: datetime
    seen_count: int


class SeenIndicator(Resource):
    """`count` are lines of files; with `of_alert` of the alerts alone, since no file has it.

    With `cut` time was up before all evidence was read: there may be more.
    """

    indicator: IndicatorResource
    count: int
    of_alert: bool
    seen_in: list[Seen]
    other_incidents: list[SeenElsewhere]
    cut: bool


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


class PastedIndicators(Door):
    @described(
        "Add every indicator that a text names, as it was pasted",
        Noted,
        body=PastedText,
        example={"text": "c2 at 203[.]0[.]113[.]7, dropper hxxp://bad[.]example/a.sh"},
        errors=("CONFLICT",),
    )
    @idempotent
    def post(self, request: Request, incident_id: UUID) -> Response:
        told, incident = self.body(PastedText), named(self.actor, incident_id)
        noted = indicators.add_all(incident=incident, text=told.text, by=self.actor)
        rows = {name: [resources.indicator(row) for row in getattr(noted, name)] for name in ("added", "known")}
        return Response(Noted(**rows, unread=noted.unread).wire())


class IndicatorSightings(Door):
    @described("Where an indicator was seen: files, lines, and the organisation's other incidents", SeenIndicator)
    def get(self, request: Request, incident_id: UUID, indicator_id: UUID) -> Response:
        incident = named(self.actor, incident_id)
        row = indicators.of_incident(incident, indicator_id)
        seen = indicators.describe_row(row)
        custody.note(incident.evidence.all(), way="searched", by=self.actor)
        return Response(
            SeenIndicator(
                indicator=resources.indicator(row), count=seen.count, of_alert=seen.of_alert,
                seen_in=[Seen(**asdict(each)) for each in seen.seen_in],
                other_incidents=[SeenElsewhere(**asdict(each)) for each in seen.other_incidents],
                cut=seen.cut,
            ).wire()
        )  # fmt: skip


urlpatterns = [
    path("incidents/<uuid:incident_id>/indicators", Indicators.as_view(), name="incident-indicators"),
    path("incidents/<uuid:incident_id>/indicators/pasted", PastedIndicators.as_view(), name="pasted-indicators"),
    path(
        "incidents/<uuid:incident_id>/indicators/<uuid:indicator_id>",
        IndicatorSightings.as_view(),
        name="indicator-sightings",
    ),
]
