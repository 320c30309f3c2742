"""Evidence of an incident: attach a file, list, download, page, search and count its lines; who looked at it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import QueryDict, StreamingHttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import permissions, resources
from sessions_app.actors import Actor
from sessions_app.api import incoming
from sessions_app.api.answers import Counts as CountsShown
from sessions_app.api.answers import Lines as LinesShown
from sessions_app.api.answers import Look as LookShown
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.downloads import FILE, WhateverIsAccepted, download
from sessions_app.api.incidents import named
from sessions_app.api.paging import MOST, USUAL, number, page
from sessions_app.api.schema.describing import Media, described
from sessions_app.errors import NotFound
from sessions_app.models import Evidence, EvidenceLook
from sessions_app.services import evidence
from sessions_app.services import evidence_custody as custody
from sessions_app.services.evidence_queries import LONGEST_PATTERN, Query
from sessions_app.services.evidence_search import MOST_CONTEXT
from sessions_app.vocabulary import EvidenceResource

FARTHEST = 999_999_999
UPLOAD = Media(
    "multipart/form-data",
    {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}},
)
ASKED: dict[str, dict[str, Any]] = {
    "q": {"type": "string", "description": "Words that a line must hold, in any case."},
    "regex": {
        "type": "string",
        "maxLength": LONGEST_PATTERN,
        "description": "A regular expression (RE2: no look-around, no back-references) that a line must match.",
    },
    "indicator": {
        "type": "string",
        "description": "An address, domain, URL, hash or e-mail, as a whole; also defanged.",
    },
}
LINE_PARAMETERS: dict[str, dict[str, Any]] = {
    **ASKED,
    "context": {
        "type": "integer", "minimum": 0, "maximum": MOST_CONTEXT, "default": 0,
        "description": "So many lines before and after each that is found.",
    },
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    "after": {"type": "integer", "minimum": 0, "maximum": FARTHEST, "default": 0},
    "cursor": {"type": "integer", "minimum": 0, "maximum": FARTHEST, "description": "`next` of the page before."},
}  # fmt: skip


class AllEvidence(Door):
    parser_classes = (MultiPartParser,)

    @described("Evidence of an incident", EvidenceResource, paged="id")
    def get(self, request: Request, incident_id: UUID) -> Response:
        rows = named(self.actor, incident_id).evidence.select_related("uploaded_by")
        return Response(page(rows, request.query_params, by="id", show=lambda row: resources.evidence(row).wire()))

    @described("Attach a file", EvidenceResource, status=201, body=UPLOAD, errors=("CONFLICT",))
    @idempotent
    def post(self, request: Request, incident_id: UUID) -> Response:
        """Files past 2.5 MB go through a temporary file, so that memory stays flat."""
        filename, read = self.prepared
        incident = named(self.actor, incident_id)
        permissions.require(self.actor, "attach_evidence", incident)
        row = evidence.admit(incident=incident, filename=filename, read=read, by=self.actor)
        return Response(resources.evidence(row).wire(), status=201)

    def before(self, request: Request) -> None:
        permissions.require(self.actor, "attach_evidence", named(self.actor, self.kwargs["incident_id"]))
        incoming.bound(request._request, settings.WARROOM_EVIDENCE_MAX_BYTES)

    def asked(self, request: Request) -> dict[str, Any]:
        return {**super().asked(request), "body": incoming.said(request._request)}

    def prepare(self, request: Request) -> tuple[str, evidence.Read]:
        file = incoming.file_of(request)
        return file.name or "", evidence.read(file)


class OneEvidence(Door):
    """The file itself."""

    content_negotiation_class = WhateverIsAccepted

    @described("The file itself, as a download", FILE)
    def get(self, request: Request, evidence_id: UUID, incident_id: UUID | None = None) -> StreamingHttpResponse:
        row = seen(self.actor, evidence_id, incident_id)
        answer = download(row, request)
        custody.note([row], way="downloaded", by=self.actor)
        return answer


class Lines(Door):
    """Lines from behind `after` on; with `q`, `regex` or `indicator` only those that match."""

    @described("Lines of a file, or those that match", LinesShown, parameters=LINE_PARAMETERS)
    def get(self, request: Request, evidence_id: UUID, incident_id: UUID | None = None) -> Response:
        """Looking for lines ends after a few seconds: then `cut` is true, and `next` goes on where it ended."""
        row, asked = seen(self.actor, evidence_id, incident_id), request.query_params
        limit = number(asked, "limit", USUAL, low=1, high=MOST)
        after = number(asked, "cursor" if "cursor" in asked else "after", 0, low=0, high=FARTHEST)
        context = number(asked, "context", 0, low=0, high=MOST_CONTEXT)
        query = query_of(asked)
        found = evidence.page(row, query, after=after, count=limit)
        custody.note([row], way="searched" if query else "read", by=self.actor)
        near = evidence.Surroundings(row, (line.number for line in found.lines), context if query else 0)
        shown = [line_of(line, near) for line in found.lines]
        following = str(found.following) if found.following else None
        special = {"cut": found.cut, "reading": row.reading}
        told = {name: value for name, value in special.items() if value}
        return Response({"data": shown, "next": following, "lines": row.lines, **told})


class Counts(Door):
    """When the lines that match were written."""

    @described("How many lines match, and when", CountsShown, parameters=ASKED)
    def get(self, request: Request, evidence_id: UUID, incident_id: UUID | None = None) -> Response:
        """Of all lines if nothing is looked for. Counting ends after a few seconds: then `cut` is true."""
        row, query = seen(self.actor, evidence_id, incident_id), query_of(request.query_params)
        custody.note([row], way="searched" if query else "read", by=self.actor)
        return Response(evidence.over_time(row, query))


class Looks(Door):
    """Its chain of custody: who looked, newest first; ten minutes of the same are one look."""

    @described("Who looked at a file, newest first", LookShown, paged="id")
    def get(self, request: Request, evidence_id: UUID, incident_id: UUID | None = None) -> Response:
        row = seen(self.actor, evidence_id, incident_id)
        permissions.require(self.actor, "see_custody", row)
        return Response(page(row.looks.all(), request.query_params, by="-id", show=look_of))


def query_of(told: QueryDict) -> Query | None:
    words, regex, indicator = (told.get(name, "").strip() for name in ("q", "regex", "indicator"))
    return Query(words, regex=regex, indicator=indicator) if words or regex or indicator else None


def line_of(line: evidence.Line, near: evidence.Surroundings) -> dict[str, Any]:
    shown: dict[str, Any] = {"line": line.number, "text": line.text}
    if near.context:
        shown["before"], shown["after"] = near.of(line.number)
    return shown


def look_of(look: EvidenceLook) -> dict[str, Any]:
    by = {"kind": look.actor_kind, "id": look.actor_id, "name": look.actor_name}
    return {"id": look.pk, "way": look.way, "by": by, "at": look.at}


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
    path(f"{OF_INCIDENT}/<uuid:evidence_id>/counts", Counts.as_view(), name="incident-evidence-counts"),
    path(f"{OF_INCIDENT}/<uuid:evidence_id>/looks", Looks.as_view(), name="incident-evidence-looks"),
    path("evidence/<uuid:evidence_id>", OneEvidence.as_view(), name="evidence"),
    path("evidence/<uuid:evidence_id>/lines", Lines.as_view(), name="evidence-lines"),
    path("evidence/<uuid:evidence_id>/counts", Counts.as_view(), name="evidence-counts"),
    path("evidence/<uuid:evidence_id>/looks", Looks.as_view(), name="evidence-looks"),
]
