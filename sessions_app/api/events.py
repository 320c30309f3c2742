"""The log by HTTP: streamed as Server-Sent Events, or in pages."""

import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from rest_framework.exceptions import APIException

from sessions_app import cursors
from sessions_app.actors import Actor
from sessions_app.api.answers import EventPage
from sessions_app.api.authentication import actor_of
from sessions_app.api.doors import Door
from sessions_app.api.paging import CURSORS, MOST, number, read_cursor
from sessions_app.api.problems import answering, problem, refusal_of
from sessions_app.api.schema.describing import Media, Operation, describes
from sessions_app.errors import Refused
from sessions_app.events import executors, log
from sessions_app.events.hub import hub
from sessions_app.events.rooms import Viewer
from sessions_app.events.standing import place
from sessions_app.events.stream import EventStream
from sessions_app.models import Event

PAGE_BYTES = 4 * 1024 * 1024
FARTHEST = 2**53 - 1
# One event of the stream; what its data hold is told beside each stream.
STREAM = Media(
    "text/event-stream",
    {
        "type": "object",
        "properties": {"id": {"type": "string"}, "event": {"type": "string"}, "data": {"type": "string"}},
    },
)


class Position(NamedTuple):
    """Where a reader is; without an epoch it is a seq of the log as it stands."""

    epoch: str | None
    seq: int


@describes(
    GET=Operation(
        "The log: streamed, or in pages",
        {200: (EventPage, STREAM)},
        parameters={
            "after": {
                "type": "integer",
                "minimum": 0,
                "maximum": 999_999_999,
                "description": "Events with a seq above.",
            },
            "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": MOST},
            "cursor": CURSORS["seq"],
        },
        errors=("SESSION_NOT_FOUND",),
    )
)
@answering("GET")
async def events(request: HttpRequest, session_id: UUID) -> HttpResponseBase:
    try:
        actor = await executors.run(_caller, request)
        await executors.run(place, actor, str(session_id))
        if _wants_page(request):
            return await executors.run(_page, request, session_id)
        return sse(_stream(str(session_id), actor, _position(request)))
    except (Refused, APIException, DatabaseError) as error:
        refused = refusal_of(error)
        if refused is None:
            raise
        return problem(refused, request)


def _caller(request: HttpRequest) -> Actor:
    """Whoever every other door of the API would take; those views are not async, so this one asks by hand."""
    asked = Door().initialize_request(request)
    if not asked.user.is_authenticated:
        raise Refused("NOT_AUTHENTICATED")
    return actor_of(asked)


def _wants_page(request: HttpRequest) -> bool:
    accept = request.headers.get("Accept", "")
    if "text/event-stream" in accept:
        return False
    return "application/json" in accept or "after" in request.GET or "cursor" in request.GET


# --- Pages -----------------------------------------------------------------------------------------------------------
def _page(request: HttpRequest, session_id: UUID) -> HttpResponse:
    limit = number(request.GET, "limit", MOST, low=1, high=MOST)
    rows = log.read(session_id, after=_after(request), limit=limit, budget=PAGE_BYTES)
    _, head = log.position(session_id)
    more = bool(rows) and rows[-1][0] < head
    following = f'"{cursors.written(rows[-1][0])}"' if more else "null"
    body = f'{{"data":[{",".join(text for _, text in rows)}],"next":{following}}}'
    return HttpResponse(body, content_type="application/json")


def _after(request: HttpRequest) -> int:
    if (cursor := request.GET.get("cursor")) is not None:
        found: int = read_cursor(cursor, Event, "seq")
        return found
    return number(request.GET, "after", 0, low=0, high=FARTHEST)


# --- The stream ------------------------------------------------------------------------------------------------------
def _position(request: HttpRequest) -> Position:
    """`Last-Event-ID` is what a browser sends by itself when it comes back; without it the log is told from `after`."""
    last = request.headers.get("Last-Event-ID")
    if last is None:
        return Position(None, _after(request))
    epoch, _, seq = last.partition(":")
    known = seq.isascii() and seq.isdigit() and len(seq) <= 16
    return Position(epoch, int(seq)) if known else Position("", 0)


def sse(texts: AsyncIterator[str]) -> StreamingHttpResponse:
    """A response that goes out as it is written."""
    response = StreamingHttpResponse(texts, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # a proxy that collects first would make a stream of it once a minute
    return response


async def _stream(room_id: str, actor: Actor, at: Position) -> AsyncIterator[str]:
    stream = EventStream(actor, room_id)
    hub.open(stream)
    try:
        with contextlib.suppress(Refused, DatabaseError):  # the answer has begun: the client comes back and is told
            await _follow(stream, room_id, actor, at)
            async for text in stream.texts():
                yield text
    finally:
        stream.close()
        hub.close(stream)


async def _follow(stream: EventStream, room_id: str, actor: Actor, at: Position) -> None:
    async with hub.entering(room_id) as room:
        found = await executors.read(place, actor, room_id)
        room.reaches(found.epoch, found.head)
        start = at.seq
        if at.epoch not in (None, room.epoch):
            start = stream.reset(room, "epoch_changed")
        elif at.seq > room.head:
            start = stream.reset(room, "ahead_of_head")
        stream.follow(Viewer(room, stream, pos=start, deltas=False))


urlpatterns = [path("sessions/<uuid:session_id>/events", events, name="session-events")]
