"""Evidence of an incident: attach a file, list, download, page and search its lines."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import StreamingHttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import permissions, resources
from sessions_app.actors import Actor
from sessions_app.api import incoming
from sessions_app.api.answers import Lines as LinesShown
from sessions_app.api.doors import Door
from sessions_app.api.downloads import FILE, WhateverIsAccepted, download
from sessions_app.api.incidents import named
from sessions_app.api.paging import MOST, USUAL, number, page
from sessions_app.api.schema.describing import Media, described
from sessions_app.errors import NotFound
from sessions_app.models import Evidence
from sessions_app.services import evidence
from sessions_app.vocabulary import EvidenceResource

FARTHEST = 999_999_999
UPLOAD = Media(
    "multipart/form-data",
    {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}},
)
LINE_PARAMETERS: dict[str, dict[str, Any]] = {
    "q": {"type": "string", "description": "Words that a line must hold."},
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    "after": {"type": "integer", "minimum": 0, "maximum": FARTHEST, "default": 0},
    "cursor": {"type": "integer", "minimum": 0, "maximum": FARTHEST, "description": "`next` of the page before."},
}


class AllEvidence(Door):
    parser_classes = (MultiPartParser,)

    @described("Evidence of an incident", EvidenceResource, paged="id")
    def get(self, request: Request, incident_id: UUID) -> Response:
        rows = named(self.actor, incident_id).evidence.select_related("uploaded_by")
        return Response(page(rows, request.query_params, by="id", show=lambda row: resources.evidence(row).wire()))

    @described("Attach a file", EvidenceResource, status=201, body=UPLOAD, errors=("CONFLICT",))
    def post(self, request: Request, incident_id: UUID) -> Response:
        """Files past 2.5 MB go through a temporary file, so that memory stays flat."""
        incident = named(self.actor, incident_id)
        permissions.require(self.actor, "attach_evidence", incident)
        incoming.bound(request._request, settings.WARROOM_EVIDENCE_MAX_BYTES)
        file = incoming.file_of(request)
        row = evidence.attach(incident=incident, filename=file.name or "", stream=file, by=self.actor)
        return Response(resources.evidence(row).wire(), status=201)


class OneEvidence(Door):
    """The file itself."""

    content_negotiation_class = WhateverIsAccepted

    @described("The file itself, as a download", FILE)
    def get(self, request: Request, evidence_id: UUID, incident_id: UUID | None = None) -> StreamingHttpResponse:
        return download(seen(self.actor, evidence_id, incident_id), request)


class Lines(Door):
    """Lines from behind `after` on; with `q` only those that match."""

    @described("Lines of a file, or those that match", LinesShown, parameters=LINE_PARAMETERS)
    def get(self, request: Request, evidence_id: UUID, incident_id: UUID | None = None) -> Response:
        row, asked = seen(self.actor, evidence_id, incident_id), request.query_params
        limit = number(asked, "limit", USUAL, low=1, high=MOST)
        after = number(asked, "cursor" if "cursor" in asked else "after", 0, low=0, high=FARTHEST)
        if q := asked.get("q", "").strip():
            found = evidence.matching(row, q, after=after, count=limit + 1)
        else:
            found = evidence.lines(row, after + 1, limit + 1)
        more = len(found) > limit
        shown = [{"line": line.number, "text": line.text} for line in found[:limit]]
        return Response({"data": shown, "next": str(shown[-1]["line"]) if more else None, "lines": row.lines})


def seen(actor: Actor, evidence_id: UUID, incident_id: UUID | None) -> Evidence:
    """A piece of evidence the actor may see; under an incident's address only that incident's."""
    within: dict[str, Any] = {"incident_id": incident_id} if incident_id else {}
    rows = Evidence.objects.filter(incident__in=permissions.visible_incidents(actor), **within)
    row = rows.filter(pk=evidence_id).select_related("uploaded_by").first()
    if row is None:
        raise NotFound(_("There is no such evidence."))
    return row


OF_INCIDENT = "incidents/<uuid:incident_id>/evidence"
urlpatterns = [
    path(OF_INCIDENT, AllEvidence.as_view(), name="incident-evidence"),
    path(f"{OF_INCIDENT}/<uuid:evidence_id>", OneEvidence.as_view(), name="incident-evidence-file"),
    path(f"{OF_INCIDENT}/<uuid:evidence_id>/lines", Lines.as_view(), name="incident-evidence-lines"),
    path("evidence/<uuid:evidence_id>", OneEvidence.as_view(), name="evidence"),
    path("evidence/<uuid:evidence_id>/lines", Lines.as_view(), name="evidence-lines"),
]
