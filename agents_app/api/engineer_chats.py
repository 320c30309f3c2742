"""REST of engineer chats: ask in private, one's chats on an incident, what was said, and showing it to the room."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field, model_validator
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app.api.answers import Asked, PrivateMessage
from agents_app.services import engineer_chat_reading as reading
from agents_app.services import engineer_chats
from sessions_app import resources
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.paging import page
from sessions_app.api.schema.describing import described
from sessions_app.drafts import Draft
from sessions_app.errors import Denied
from sessions_app.models import Message
from sessions_app.services import messages
from sessions_app.vocabulary import Body, Config, MessageResource, MessageSend, SessionResource

# What asking can end with, beyond what every door with a body can say.
ASKING = (
    "NOT_FOUND", "SESSION_NOT_FOUND", "SESSION_NOT_ACTIVE", "SESSION_ENDED", "SESSION_EXPIRED", "ROUND_LIMIT_REACHED",
    "AGENT_NOT_AVAILABLE", "AGENT_CONFIG_ERROR", "INVALID_CONFIG", "TOO_MANY_RUNS", "RATE_LIMIT_EXCEEDED",
    "SERVICE_UNAVAILABLE", "QUOTA_EXCEEDED",
)  # fmt: skip


class OfIncident(Body):
    """`event_id` is another name for `incident_id`."""

    incident_id: UUID | None = None
    event_id: UUID | None = None

    @model_validator(mode="after")
    def _one_incident(self) -> "OfIncident":
        if None not in (self.incident_id, self.event_id) and self.incident_id != self.event_id:
            raise ValueError(gettext_noop("incident_id and event_id are two names of one incident"))
        return self

    @property
    def incident(self) -> UUID | None:
        return self.incident_id or self.event_id


class Question(OfIncident):
    message: Annotated[str, Field(min_length=1, max_length=32_000)]
    session_id: UUID | None = None
    config: Config = {}

    @model_validator(mode="after")
    def _somewhere(self) -> "Question":
        if self.incident is None and self.session_id is None:
            raise ValueError(gettext_noop("incident_id is missing"))
        return self


class Opening(OfIncident):
    title: Annotated[str, Field(max_length=200)] = ""


class Wanted(OfIncident):
    session_id: UUID | None = None


class InPerson(Door):
    """Engineer chats are for people: no key opens them, whatever its scopes."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.actor.in_person:
            raise Denied(_("An engineer chat belongs to a person."))


class Send(InPerson):
    @described(
        "Ask in private; the answer comes over the socket",
        Asked,
        status=202,
        body=Question,
        example={"incident_id": "01890000-0000-7000-8000-000000000000", "message": "What do we know of this address?"},
        errors=("IDEMPOTENCY_MISMATCH", *ASKING),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Without a session it goes on in the newest open chat on the incident, or begins one. A chat that has had its
        rounds says ROUND_LIMIT_REACHED: begin a new one with `engineer-chat/sessions`."""
        asked = self.body(Question)
        posted = engineer_chats.send(self.prepared, incident_id=asked.incident, session_id=asked.session_id)
        told = {"status": "success", "ai_processing": True, "message_id": str(posted.message.pk), **posted.extra}
        return Response(told, status=202)

    def prepare(self, request: Request) -> Draft:
        asked = self.body(Question)
        return messages.draft(MessageSend(content=asked.message, config=asked.config), by=self.actor)


class Sessions(InPerson):
    @described("My engineer chats, newest first", SessionResource, query=OfIncident, paged="id", errors=("NOT_FOUND",))
    def get(self, request: Request) -> Response:
        wanted = self.filters(OfIncident).incident
        mine = engineer_chats.own(self.actor, reading.incident_for(wanted, self.actor) if wanted else None)
        return Response(page(mine, request.query_params, by="-id", show=lambda row: resources.session(row).wire()))

    @described(
        "Begin a new engineer chat on an incident",
        SessionResource,
        status=201,
        body=Opening,
        example={"incident_id": "01890000-0000-7000-8000-000000000000"},
        errors=("NOT_FOUND", "SESSION_ENDED", "AGENT_NOT_AVAILABLE"),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        told = self.body(Opening)
        incident = engineer_chats.incident_for(told.incident, self.actor)
        made = engineer_chats.begin(incident=incident, title=told.title, by=self.actor)
        return Response(resources.session(made).wire(), status=201)


class History(InPerson):
    @described(
        "What was said in my engineer chats, newest first; an auditor's look is an entry of the audit trail",
        PrivateMessage,
        query=Wanted,
        paged="id",
        errors=("NOT_FOUND", "SESSION_NOT_FOUND"),
    )
    def get(self, request: Request) -> Response:
        wanted = self.filters(Wanted)
        found = reading.history(session_id=wanted.session_id, incident_id=wanted.incident, by=self.actor)
        answer = page(found, request.query_params, by="-id", show=lambda row: row)
        return Response({**answer, "data": list(_shown(answer["data"], reading.told(answer["data"], by=self.actor)))})


def _shown(rows: Iterable[Message], told: reading.Told) -> Iterable[dict[str, Any]]:
    for row in rows:
        given = told.feedback.get(row.pk)
        opinion = {"rating": given.rating, "comment": given.comment} if given else None
        yield {**resources.message(row).wire(), "feedback": opinion, "shared": row.pk in told.shared}


class Share(InPerson):
    @described(
        "Show a message of my engineer chat to the incident's room",
        MessageResource,
        status=201,
        also={200: MessageResource},
        errors=("NOT_FOUND", "CONFLICT", "SESSION_NOT_ACTIVE", "SESSION_ENDED", "SESSION_EXPIRED"),
    )
    @idempotent
    def post(self, request: Request, message_id: UUID) -> Response:
        """In my own name, marked with where it comes from; the crew may read it then. What the room has stays once."""
        told, new = engineer_chats.share(message_id=message_id, by=self.actor)
        return Response(resources.message(told).wire(), status=201 if new else 200)


older = [
    path("engineer-chat/send", Send.as_view(), name="engineer-chat-send"),
    path("engineer-chat/sessions", Sessions.as_view(), name="engineer-chat-sessions"),
    path("engineer-chat/history", History.as_view(), name="engineer-chat-history"),
]
urlpatterns = [*older, path("messages/<uuid:message_id>/share", Share.as_view(), name="message-share")]
