"""Answers of the API that are nobody's resource: told to the documentation, which the tests hold every answer to."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sessions_app.server_frames import EventFrame
from sessions_app.vocabulary import IncidentResource, MessageResource, Resource, SessionResource


class EventPage(Resource):
    data: list[EventFrame]
    next: str | None


class Tokens(Resource):
    access: str
    refresh: str
    expires_in: int


class Ticket(Resource):
    ticket: str
    expires_at: datetime


class Home(Resource):
    id: UUID
    slug: str
    name: str
    role: str | None


class Myself(Resource):
    id: UUID
    username: str
    name: str
    organizations: list[Home]


class TaskResource(Resource):
    id: UUID
    title: str
    assignee_id: UUID | None
    # Their name.
    assignee: str | None
    due: datetime | None
    status: Literal["open", "done"]


class Pinned(Resource):
    seq: int
    pinned: Literal[True]
    note: str | None


class Received(Resource):
    """What became of a body of alerts: the incidents they belong to, new or known."""

    incident_id: UUID | None
    incident_ids: list[UUID]
    alert_ids: list[UUID]
    deduplicated: int
    resolved: int


class Line(Resource):
    """Of those that were looked for with `context`, also the lines around."""

    line: int
    text: str
    before: list[str] = []
    after: list[str] = []


class Lines(Resource):
    data: list[Line]
    next: str | None
    lines: int | None
    # Time was up before the page was full: `next` goes on where it ended.
    cut: bool = False
    # How the text was read, if not as it stands.
    reading: Literal["gzip", "gzip-cut", "utf-16", "latin-1"] | None = None


class Bucket(Resource):
    start: datetime
    count: int


class Counts(Resource):
    total: int
    bucket_minutes: int
    buckets: list[Bucket]
    cut: bool


class Look(Resource):
    id: UUID
    way: Literal["read", "searched", "downloaded"]
    by: dict[str, str]
    at: datetime


class SessionEnded(Resource):
    status: Literal["ended"]
    session_id: UUID


class SessionExport(Resource):
    """A session as it was when it was asked for, with all that was said and happened in it, oldest first."""

    session: SessionResource
    incident: IncidentResource | None
    exported_at: datetime
    exported_by: str
    messages: list[MessageResource]
    events: list[EventFrame]


class SearchHit(Resource):
    """`marks` are pairs of from and to in the code points of `snippet`, `title_marks` of `title`."""

    kind: Literal["incident", "session", "message"]
    id: UUID
    incident_id: UUID | None
    session_id: UUID | None
    title: str
    title_marks: list[tuple[int, int]]
    snippet: str
    marks: list[tuple[int, int]]
    sender_name: str | None
    score: float
    at: datetime
    # The page that shows it, on this server.
    url: str
