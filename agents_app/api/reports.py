"""The report of an incident: read it, and write a new version of it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.urls import path
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app.api.answers import ReportResource
from agents_app.services import reports
from sessions_app.api.doors import Door
from sessions_app.api.incidents import named
from sessions_app.api.schema.describing import described
from sessions_app.models import Report
from sessions_app.vocabulary import Body


class Edition(Body):
    markdown: Annotated[str, Field(min_length=1, max_length=reports.LONGEST)]
    status: Literal["draft", "final"] = "draft"


class IncidentReport(Door):
    @described("The newest report", ReportResource)
    def get(self, request: Request, incident_id: UUID) -> Response:
        return Response(shown(reports.newest(named(self.actor, incident_id))))

    @described("Write a new version of the report", ReportResource, body=Edition, errors=("CONFLICT",))
    def put(self, request: Request, incident_id: UUID) -> Response:
        told, incident = self.body(Edition), named(self.actor, incident_id)
        report = reports.edit(incident_id=incident.pk, markdown=told.markdown, status=told.status, by=self.actor)
        return Response(shown(report))


def shown(report: Report) -> dict[str, Any]:
    return {"markdown": report.markdown, "status": report.status, "version": report.version}


urlpatterns = [path("incidents/<uuid:incident_id>/report", IncidentReport.as_view(), name="incident-report")]
