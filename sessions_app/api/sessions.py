"""Chat sessions: list, open, look, change, end."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from django.utils.translation import gettext as _
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import permissions, resources
from sessions_app.actors import Actor
from sessions_app.api.answers import SessionEnded
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.paging import page
from sessions_app.api.schema.describing import described
from sessions_app.errors import NotFound
from sessions_app.models import ChatSession
from sessions_app.services import sessions
from sessions_app.vocabulary import Body, Config, Fields, Moment, SessionResource

CategoryName = Literal["agent", "engineer_chat"]


class Opening(Body):
    agent_id: UUID | None = None
    agent_name: Annotated[str, Field(max_length=60)] = ""
    title: Annotated[str, Field(max_length=200)] = ""
    incident_id: UUID | None = None
    category: CategoryName = "agent"
    config: Config = {}
    metadata: Fields = {}
    activate: bool = False
    organization_id: UUID | None = None


class SessionChange(Body):
    title: Annotated[str, Field(max_length=200)] = ""
    config: Config = {}
    metadata: Fields = {}


class Filters(Body):
    organization_id: UUID | None = None
    incident_id: UUID | None = None
    outside_incidents: bool | None = None
    agent_id: UUID | None = None
    agent_name: Annotated[str, Field(max_length=60)] | None = None
    owner_id: UUID | Literal["me"] | None = None
    category: CategoryName | None = None
    status: Literal["created", "active", "ended", "expired"] | None = None
    # Times with a zone; `after` belongs to the range, `before` does not.
    created_after: Moment | None = None
    created_before: Moment | None = None
    updated_after: Moment | None = None
    updated_before: Moment | None = None

    def lookups(self, by: Actor) -> dict[str, Any]:
        """What they mean to the database."""
        asked = self.model_dump(exclude_none=True)
        found = {LOOKUPS.get(name, name): value for name, value in asked.items()}
        return found | ({"owner_id": by.user_id} if self.owner_id == "me" else {})


LOOKUPS = {
    "outside_incidents": "incident__isnull",
    "agent_name": "agent__name",
    "created_after": "created_at__gte",
    "created_before": "created_at__lt",
    "updated_after": "updated_at__gte",
    "updated_before": "updated_at__lt",
}


class Sessions(Door):
    @described("Sessions, newest first", SessionResource, query=Filters, paged="id")
    def get(self, request: Request) -> Response:
        wanted = self.filters(Filters).lookups(self.actor)
        return Response(page(visible(self.actor).filter(**wanted), request.query_params, by="-id", show=shown))

    @described(
        "Open a session with an agent",
        SessionResource,
        status=201,
        body=Opening,
        example={"title": "What is this address?", "activate": True},
        errors=("NOT_FOUND", "SESSION_ENDED", "AGENT_NOT_FOUND", "AGENT_NOT_AVAILABLE", "INVALID_CONFIG"),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        told = self.body(Opening)
        home = self._home(told)
        session = sessions.create(organization=home, by=self.actor, **told.model_dump(exclude={"organization_id"}))
        return Response(shown(session), status=201)

    def _home(self, told: Opening) -> Any:
        """An incident says where its sessions belong."""
        if told.incident_id is None:
            return permissions.organization_for(self.actor, told.organization_id)
        incidents = permissions.visible_incidents(self.actor).select_related("organization")
        incident = incidents.filter(pk=told.incident_id).first()
        if incident is None or told.organization_id not in (None, incident.organization_id):
            raise NotFound(_("There is no such incident."))
        return incident.organization


class OneSession(Door):
    @described("One session", SessionResource, errors=("SESSION_NOT_FOUND",))
    def get(self, request: Request, session_id: UUID) -> Response:
        return Response(shown(named(self.actor, session_id)))

    @described(
        "Change title, configuration or metadata",
        SessionResource,
        body=SessionChange,
        errors=("SESSION_NOT_FOUND", "SESSION_ENDED", "SESSION_EXPIRED", "INVALID_CONFIG"),
    )
    def patch(self, request: Request, session_id: UUID) -> Response:
        changes = self.body(SessionChange).model_dump(exclude_unset=True)
        return Response(shown(sessions.change(session_id=session_id, changes=changes, by=self.actor)))

    @described("End a session", SessionEnded, errors=("SESSION_NOT_FOUND", "SESSION_EXPIRED", "CONFLICT"))
    def delete(self, request: Request, session_id: UUID) -> Response:
        return Response(ended(sessions.end(session_id=session_id, by=self.actor)))


class Activation(Door):
    @described("Activate a session", SessionResource, errors=("SESSION_NOT_FOUND", "SESSION_ENDED", "SESSION_EXPIRED"))
    @idempotent
    def post(self, request: Request, session_id: UUID) -> Response:
        return Response(shown(sessions.activate(session_id=session_id, by=self.actor)))


class End(Door):
    @described("End a session", SessionResource, errors=("SESSION_NOT_FOUND", "SESSION_EXPIRED", "CONFLICT"))
    @idempotent
    def post(self, request: Request, session_id: UUID) -> Response:
        return Response(shown(sessions.end(session_id=session_id, by=self.actor)))


def visible(actor: Actor) -> QuerySet[ChatSession]:
    return permissions.visible_sessions(actor).select_related("agent")


def named(actor: Actor, session_id: UUID) -> ChatSession:
    session = visible(actor).filter(pk=session_id).first()
    if session is None:
        raise NotFound(code="SESSION_NOT_FOUND")
    return session


def shown(session: ChatSession) -> dict[str, Any]:
    return resources.session(session).wire()


def ended(session: ChatSession) -> dict[str, Any]:
    return {"status": session.status, "session_id": str(session.pk)}


urlpatterns = [
    path("sessions", Sessions.as_view(), name="session-list"),
    path("sessions/<uuid:session_id>", OneSession.as_view(), name="session"),
    path("sessions/<uuid:session_id>/activate", Activation.as_view(), name="session-activate"),
    path("sessions/<uuid:session_id>/end", End.as_view(), name="session-end"),
]
