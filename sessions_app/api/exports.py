"""A session as a file: streamed, whatever its length."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from django.urls import path
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from sessions_app.api.answers import SessionExport
from sessions_app.api.doors import Door
from sessions_app.api.schema.describing import Media, described
from sessions_app.errors import Invalid
from sessions_app.events import executors
from sessions_app.services import exports
from sessions_app.services.exports import Export, Format

TYPES: dict[Format, str] = {"md": "text/markdown; charset=utf-8", "json": "application/json"}
MARKDOWN = Media("text/markdown", {"type": "string"})
LONGEST_NAME = 60


class AsNamed(BaseContentNegotiation):
    """`format` names the file here, and no renderer of the framework's."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]


class SessionFile(Door):
    content_negotiation_class = AsNamed

    @described(
        "A session as a file, Markdown or JSON",
        (SessionExport, MARKDOWN),
        parameters={"format": {"type": "string", "enum": list(TYPES), "default": "md"}},
        errors=("SESSION_NOT_FOUND",),
    )
    def get(self, request: Request, session_id: UUID) -> StreamingHttpResponse:
        form = request.query_params.get("format", "md")
        if form not in TYPES:
            raise Invalid(_("format must be md or json."), details={"field": "format"})
        export = exports.begin(session_id=session_id, form=form, by=self.actor)
        # A plain iterator would be read whole into memory before an ASGI server sends its first byte.
        under_asgi = isinstance(request._request, ASGIRequest)
        content = _one_by_one(export.pieces()) if under_asgi else export.pieces()
        answer = StreamingHttpResponse(content, content_type=TYPES[export.form])
        answer["Content-Disposition"] = content_disposition_header(True, _filename(export)) or "attachment"
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cache-Control"] = "no-store"
        return answer


async def _one_by_one(pieces: Iterator[str]) -> AsyncIterator[str]:
    while (piece := await executors.work(next, pieces, None)) is not None:
        yield piece


def _filename(export: Export) -> str:
    """From the title, as far as it can stand in a name anywhere."""
    session = export.session
    title = session.incident.title if session.incident else session.title
    name = slugify(title, allow_unicode=True)[:LONGEST_NAME].strip("-_") or "session"
    return f"{name}-{str(session.pk)[:8]}.{export.form}"


urlpatterns = [path("sessions/<uuid:session_id>/export", SessionFile.as_view(), name="session-export")]
