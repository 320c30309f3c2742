"""Files of a session: put one there, to name it in a message; get it back as a download."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import StreamingHttpResponse
from django.urls import path
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import resources
from sessions_app.api import bodies, incoming
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.downloads import FILE, WhateverIsAccepted, download
from sessions_app.api.schema.describing import Media, described
from sessions_app.services import evidence, uploads
from sessions_app.services import evidence_custody as custody
from sessions_app.vocabulary import Body, UploadResource

FORM = Media(
    "multipart/form-data",
    {
        "type": "object",
        "required": ["file", "session_id"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "session_id": {"type": "string", "format": "uuid"},
        },
    },
)


class Where(Body):
    session_id: UUID


class Uploads(Door):
    parser_classes = (MultiPartParser,)

    @described(
        "Put a file into a session",
        UploadResource,
        status=201,
        body=FORM,
        errors=("SESSION_NOT_FOUND", "SESSION_NOT_ACTIVE", "SESSION_ENDED", "SESSION_EXPIRED", "RATE_LIMIT_EXCEEDED"),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Its `id` goes into `attachments` of a message. A text becomes evidence of its incident with the message that
        is said in the war room. What is never sent is gone after a day."""
        session_id, filename, read = self.prepared
        row = uploads.record(session_id=session_id, filename=filename, read=read, by=self.actor)
        return Response(resources.upload(row).wire(), status=201)

    def before(self, request: Request) -> None:
        uploads.require_somewhere(self.actor)
        incoming.bound(request._request, settings.WARROOM_UPLOAD_MAX_BYTES)

    def asked(self, request: Request) -> dict[str, Any]:
        return {**super().asked(request), "body": incoming.said(request._request)}

    def prepare(self, request: Request) -> tuple[UUID, str, evidence.Read]:
        file = incoming.file_of(request)
        where = bodies.parse(Where, request._request.POST.dict())
        uploads.open_to(where.session_id, by=self.actor)
        return where.session_id, file.name or "", uploads.read(file)


class OneUpload(Door):
    """The file itself, for those who see the session."""

    content_negotiation_class = WhateverIsAccepted

    @described("The file itself, as a download", FILE)
    def get(self, request: Request, upload_id: UUID) -> StreamingHttpResponse:
        row = uploads.visible(self.actor, upload_id)
        answer = download(row, request)
        if row.evidence is not None:  # the same file
            custody.note([row.evidence], way="downloaded", by=self.actor)
        return answer


urlpatterns = [
    path("uploads", Uploads.as_view(), name="uploads"),
    path("uploads/<uuid:upload_id>", OneUpload.as_view(), name="upload"),
]
