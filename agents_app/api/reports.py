"""The report of an incident: read it, write a new version of it, look at earlier ones, take it along."""

from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from django.http import HttpResponse
from django.urls import path
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app.api.answers import ReportExport, ReportResource, ReportVersion
from agents_app.services import report_exports, reports
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.exports import MARKDOWN, TYPES, AsNamed
from sessions_app.api.incidents import named
from sessions_app.api.paging import page
from sessions_app.api.schema.describing import described
from sessions_app.errors import Invalid
from sessions_app.models import Incident, Report
from sessions_app.vocabulary import Body

Version = Annotated[int, Field(ge=0, strict=True)]


class Edition(Body):
    """`version` is the one that was read: if another has come since, it is a CONFLICT. 0 where there is none yet."""

    markdown: Annotated[str, Field(min_length=1, max_length=reports.LONGEST)]
    status: Literal["draft", "final"] = "draft"
    version: Version | None = None


class Redraft(Body):
    version: Version | None = None


class IncidentReport(Door):
    @described("The newest report", ReportResource)
    def get(self, request: Request, incident_id: UUID) -> Response:
        incident = named(self.actor, incident_id)
        return Response(shown(incident, reports.newest(incident)))

    @described("Write a new version of the report", ReportResource, body=Edition, errors=("CONFLICT",))
    def put(self, request: Request, incident_id: UUID) -> Response:
        told, incident = self.body(Edition), named(self.actor, incident_id)
        report = reports.edit(incident_id=incident.pk, by=self.actor, **told.model_dump())
        return Response(shown(incident, report))

    @described("Draft the report anew from the log", ReportResource, status=201, body=Redraft, errors=("CONFLICT",))
    @idempotent
    def post(self, request: Request, incident_id: UUID) -> Response:
        told, incident = self.body(Redraft), named(self.actor, incident_id)
        report = reports.redraft(incident_id=incident.pk, version=told.version, by=self.actor)
        return Response(shown(incident, report), status=201)


class Versions(Door):
    @described("Versions of the report, newest first", ReportVersion, paged="seq")
    def get(self, request: Request, incident_id: UUID) -> Response:
        rows = named(self.actor, incident_id).reports.select_related("author").defer("markdown")
        return Response(page(rows, request.query_params, by="-version", show=report_exports.version))


class OneVersion(Door):
    @described("One version of the report", ReportResource)
    def get(self, request: Request, incident_id: UUID, version: int) -> Response:
        incident = named(self.actor, incident_id)
        return Response(shown(incident, reports.numbered(incident, version)))


class ReportFile(Door):
    content_negotiation_class = AsNamed

    @described(
        "The report as a file, Markdown or JSON",
        (ReportExport, MARKDOWN),
        parameters={"format": {"type": "string", "enum": list(TYPES), "default": "md"}},
    )
    def get(self, request: Request, incident_id: UUID) -> HttpResponse:
        form = request.query_params.get("format", "md")
        if form not in TYPES:
            raise Invalid(_("format must be md or json."), details={"field": "format"})
        incident = named(self.actor, incident_id)
        report, copy = report_exports.take(incident, form=form, by=self.actor)
        answer = HttpResponse(copy if isinstance(copy, str) else orjson.dumps(copy), content_type=TYPES[form])
        name = slugify(incident.title, allow_unicode=True)[:60].strip("-_") or "incident"
        answer["Content-Disposition"] = content_disposition_header(True, f"report-{name}-{report.version}.{form}") or ""
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cache-Control"] = "no-store"
        return answer


def shown(incident: Incident, report: Report) -> dict[str, Any]:
    return {
        "markdown": report.markdown,
        **report_exports.version(report),
        "evidence_since": report_exports.since(incident, report),
    }


OF_INCIDENT = "incidents/<uuid:incident_id>/report"
urlpatterns = [
    path(OF_INCIDENT, IncidentReport.as_view(), name="incident-report"),
    path(f"{OF_INCIDENT}/versions", Versions.as_view(), name="report-versions"),
    path(f"{OF_INCIDENT}/versions/<int:version>", OneVersion.as_view(), name="report-version"),
    path(f"{OF_INCIDENT}/export", ReportFile.as_view(), name="report-export"),
]
