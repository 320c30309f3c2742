"""REST of `chat/start`: name an agent, say something, follow the reply; a session is made where none is named."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app.api.chat import TALKING
from agents_app.api.chat_words import OfStart
from agents_app.api.replying import Begun, answered, begun, once, require_reader
from agents_app.models import Agent
from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.api import sessions as session_doors
from sessions_app.api.doors import Door
from sessions_app.api.events import STREAM
from sessions_app.api.schema.describing import described, stands_for
from sessions_app.drafts import Draft
from sessions_app.errors import Conflict, NotFound
from sessions_app.events import executors
from sessions_app.services import messages, sessions
from sessions_app.transactions import refusable
from sessions_app.vocabulary import Body, MessageSend

TITLE = 80


class ChatStart(Body):
    # The names of this door are older than ours.
    agentId: UUID
    message: Annotated[str, Field(min_length=1, max_length=32_000)]
    sessionId: UUID | None = None


class Start(Door):
    @described(
        "Start a chat with an agent, or go on with one, and follow the reply",
        STREAM,
        body=ChatStart,
        example={"agentId": "01890000-0000-7000-8000-000000000000", "message": "Who are you?"},
        errors=("IDEMPOTENCY_MISMATCH", "AGENT_NOT_FOUND", *TALKING),
    )
    def post(self, request: Request) -> Response:
        """Server-Sent Events `message`, `error`, `done` or `heartbeat`, each {id, type, data, timestamp}; `type` is
        text, thinking, tool_call or tool_result where it is a `message`. `done` carries {sessionId, messageId, usage,
        executionMode, status}. Leaving cancels nothing."""
        body = self.body(ChatStart)
        require_reader(self.actor)

        @refusable()
        def deliver(draft: Draft) -> dict[str, Any]:
            return begun(messages.deliver(draft, session_id=_session(body, by=self.actor)))

        return Begun(once(self, request, MessageSend(content=body.message), deliver), door=self, stream=True)


def _session(body: ChatStart, *, by: Actor) -> UUID:
    agent = Agent.objects.filter(organization__in=permissions.organizations_of(by), pk=body.agentId).first()
    if agent is None:
        raise NotFound(code="AGENT_NOT_FOUND")
    if body.sessionId is None:
        title = body.message.strip().partition("\n")[0][:TITLE]
        made = sessions.create(organization=agent.organization, by=by, agent_id=agent.pk, title=title, activate=True)
        return made.pk
    session = session_doors.named(by, body.sessionId)
    if session.agent_id != agent.pk:
        raise Conflict(_("Another agent answers in this session."), details={"agent_id": str(session.agent_id)})
    return session.pk


_start: Callable[..., HttpResponse] = Start.as_view()


@stands_for(Start)
@csrf_exempt  # REST framework asks for the token itself where the browser's session signs the caller in
async def start(request: HttpRequest) -> HttpResponseBase:
    response: HttpResponse = await executors.run(partial(_start, request))
    return await answered(response, request, OfStart()) if isinstance(response, Begun) else response


urlpatterns = [path("chat/start", start, name="chat-start")]
