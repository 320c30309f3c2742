"""Evidence of an incident: attach a file, list, download, page and search its lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from django.urls import path
from django.utils.http import content_disposition_header
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import permissions, resources
from sessions_app.actors import Actor
from sessions_app.api.answers import Lines as LinesShown
from sessions_app.api.doors import Door
from sessions_app.api.incidents import named
from sessions_app.api.paging import MOST, USUAL, number, page
from sessions_app.api.schema.describing import Media, described
from sessions_app.errors import Invalid, NotFound, Refused
from sessions_app.models import Evidence
from sessions_app.services import evidence
from sessions_app.vocabulary import EvidenceResource

CHUNK = 256 * 1024
FARTHEST = 999_999_999
FORM_OVERHEAD = 64 * 1024
UPLOAD = Media(
    "multipart/form-data",
    {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}},
)
FILE = Media("application/octet-stream", {"type": "string", "format": "binary"})
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
        refuse_too_long(request)
        file = request.FILES.get("file")
        if file is None:
            raise Invalid("Send the file as the form field `file`.", details={"field": "file"})
        row = evidence.attach(incident=incident, filename=file.name or "", stream=file, by=self.actor)
        return Response(resources.evidence(row).wire(), status=201)


class OneEvidence(Door):
    """The file itself: always a download, never something a browser would show or run."""

    @described("The file itself, as a download", FILE)
    def get(self, request: Request, evidence_id: UUID, incident_id: UUID | None = None) -> StreamingHttpResponse:
        row = seen(self.actor, evidence_id, incident_id)
        # A plain iterator would be read whole into memory before an ASGI server sends its first byte.
        content = async_chunks(row) if isinstance(request._request, ASGIRequest) else chunks(row)
        answer = StreamingHttpResponse(content, content_type="application/octet-stream")
        answer["Content-Length"] = str(row.size)
        answer["Content-Disposition"] = content_disposition_header(True, row.filename) or "attachment"
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


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
        raise NotFound("There is no such evidence.")
    return row


def refuse_too_long(request: Request) -> None:
    """What says it is too long is not parsed at all; what lies is caught while it is written."""
    most, said = settings.WARROOM_EVIDENCE_MAX_BYTES, request.META.get("CONTENT_LENGTH") or "0"
    if said.isdigit() and int(said) > most + FORM_OVERHEAD:
        raise Refused("PAYLOAD_TOO_LARGE", f"Evidence may have {most // (1024 * 1024)} MB.")


def chunks(row: Evidence) -> Iterator[bytes]:
    with default_storage.open(row.stored_name, "rb") as file:
        yield from iter(lambda: file.read(CHUNK), b"")


async def async_chunks(row: Evidence) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(default_storage.open, row.stored_name, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk


OF_INCIDENT = "incidents/<uuid:incident_id>/evidence"
urlpatterns = [
    path(OF_INCIDENT, AllEvidence.as_view(), name="incident-evidence"),
    path(f"{OF_INCIDENT}/<uuid:evidence_id>", OneEvidence.as_view(), name="incident-evidence-file"),
    path(f"{OF_INCIDENT}/<uuid:evidence_id>/lines", Lines.as_view(), name="incident-evidence-lines"),
    path("evidence/<uuid:evidence_id>", OneEvidence.as_view(), name="evidence"),
    path("evidence/<uuid:evidence_id>/lines", Lines.as_view(), name="evidence-lines"),
]
