"""Files on their way out: always a download, never something a browser would show, guess at or run."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator

from django.core.files.storage import default_storage
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from sessions_app.api.schema.describing import Media
from sessions_app.errors import NotFound
from sessions_app.models import Evidence, Upload
from sessions_app.services.files import CHUNK, chunks

FILE = Media("application/octet-stream", {"type": "string", "format": "binary"})
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Should a browser be talked into showing it: no script, no form, no request, and an origin of its own.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class WhateverIsAccepted(BaseContentNegotiation):
    """A file is what it is; only what we say in words is JSON."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


def download(row: Evidence | Upload, request: Request) -> StreamingHttpResponse:
    if not default_storage.exists(row.stored_name):
        raise NotFound(_("The file is no longer in storage."))
    # A plain iterator would be read whole into memory before an ASGI server sends its first byte.
    there = isinstance(request._request, ASGIRequest)
    content = _pieces_async(row.stored_name) if there else _pieces(row.stored_name)
    answer = StreamingHttpResponse(content, content_type=FILE.content_type, headers=HEADERS)
    answer["Content-Length"] = str(row.size)
    answer["Content-Disposition"] = content_disposition_header(True, row.filename) or "attachment"
    return answer


def _pieces(name: str) -> Iterator[bytes]:
    with default_storage.open(name, "rb") as file:
        yield from chunks(file)


async def _pieces_async(name: str) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(default_storage.open, name, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
