"""REST of talking in a session: post and wait for the whole reply, or follow it as it is given."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from pydantic import StrictBool
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app.api.answers import Posted, Reply, Waiting
from agents_app.api.chat_words import OfSession
from agents_app.api.replying import Begun, answered, begun, once, require_reader, whole
from sessions_app import permissions
from sessions_app.api.doors import Door
from sessions_app.api.events import STREAM
from sessions_app.api.messages import History
from sessions_app.api.schema.describing import described, stands_for
from sessions_app.drafts import Draft
from sessions_app.events import executors
from sessions_app.services import messages
from sessions_app.transactions import refusable
from sessions_app.vocabulary import MessageSend

# What talking to an agent can end with, beyond what posting refuses.
TALKING = (
    "SESSION_NOT_FOUND", "SESSION_NOT_ACTIVE", "SESSION_ENDED", "SESSION_EXPIRED", "AGENT_NOT_AVAILABLE",
    "AGENT_CONFIG_ERROR", "INVALID_CONFIG", "RUN_ACTIVE", "TOO_MANY_RUNS", "RATE_LIMIT_EXCEEDED", "RUN_CRASHED",
    "CONFLICT", "ROUND_LIMIT_REACHED",
    "LLM_TIMEOUT", "LLM_RATE_LIMIT", "LLM_API_ERROR", "LLM_CONTENT_FILTER", "LLM_TOKEN_LIMIT", "TOOL_NOT_FOUND",
    "TOOL_EXECUTION_ERROR", "TOOL_TIMEOUT", "TOOL_VALIDATION_ERROR", "QUOTA_EXCEEDED", "EMERGENCY_STOP",
)  # fmt: skip


class Talk(History):
    """GET the history; POST a message, which is answered by `talk` below once the reply is there."""

    @described(
        "Say something, and wait for the reply",
        Reply,
        also={202: Waiting | Posted},
        body=MessageSend,
        example={"content": "Who are you?"},
        errors=("IDEMPOTENCY_MISMATCH", *TALKING),
    )
    def post(self, request: Request, session_id: UUID) -> Response:
        body = self.body(MessageSend)

        def deliver(draft: Draft) -> dict[str, Any]:
            posted = messages.deliver(draft, session_id=session_id)
            return {"message_id": str(posted.message.pk), **posted.extra}

        return Response(once(self, request, body, deliver), status=202)


class ChatSend(MessageSend):
    stream: StrictBool = False


class Chat(Door):
    """Say something to the session's agent; `chat` below waits for the reply, or streams it."""

    @described(
        "Say something, and get the reply: whole, or as it is given",
        (Reply, STREAM),
        also={202: Waiting},
        body=ChatSend,
        example={"content": "Who are you?", "stream": True},
        errors=("IDEMPOTENCY_MISMATCH", *TALKING),
    )
    def post(self, request: Request, session_id: UUID) -> Response:
        """With `stream` the answer is Server-Sent Events: `content` {type, data, message_id}, `thinking`, `reset`,
        `tool_call`, `tool_result`, `approval_required`, `question`, `error`, and last `done` {type, content,
        message_id, usage, run_id, status}. A stream that is broken off says `error` and `done` with the status
        `unfinished`. Leaving cancels nothing."""
        body = self.body(ChatSend)
        require_reader(self.actor)

        @refusable()
        def deliver(draft: Draft) -> dict[str, Any]:
            return begun(messages.deliver(draft, session_id=session_id))

        return Begun(once(self, request, body, deliver), door=self, stream=body.stream)


_talk: Callable[..., HttpResponse] = Talk.as_view()
_chat: Callable[..., HttpResponse] = Chat.as_view()


@stands_for(Talk)
@csrf_exempt  # REST framework asks for the token itself where the browser's session signs the caller in
async def talk(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The same, but a POST waits for the reply: on the loop, with no thread held. Leaving cancels nothing."""
    response: HttpResponse = await executors.run(partial(_talk, request, session_id=session_id))
    if request.method != "POST" or not isinstance(response, Response) or "run_id" not in (response.data or {}):
        return response
    by = response.renderer_context["view"].actor  # type: ignore[attr-defined]  # the stubs do not know it
    if not permissions.may_read(by):
        return JsonResponse({"message_id": response.data["message_id"]}, status=202)  # the reply is not for this key
    return await whole(UUID(response.data["run_id"]), request, by=by)


@stands_for(Chat)
@csrf_exempt
async def chat(request: HttpRequest, session_id: UUID) -> HttpResponseBase:
    response: HttpResponse = await executors.run(partial(_chat, request, session_id=session_id))
    return await answered(response, request, OfSession()) if isinstance(response, Begun) else response


urlpatterns = [
    path("sessions/<uuid:session_id>/messages", talk, name="session-messages"),
    path("sessions/<uuid:session_id>/chat", chat, name="session-chat"),
]
