"""REST of talking: post into a session and wait for the whole reply."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app import resources as ours
from agents_app.api import runs
from agents_app.api.answers import Posted, Reply, Waiting
from agents_app.api.waiting import until_settled
from agents_app.models import Approval, Question, Run
from sessions_app import resources
from sessions_app.actors import Actor
from sessions_app.api import problems
from sessions_app.api.authentication import caller_of
from sessions_app.api.doors import asked, key_of
from sessions_app.api.messages import History
from sessions_app.api.schema.describing import described, stands_for
from sessions_app.errors import Refused
from sessions_app.events import executors
from sessions_app.models import Message
from sessions_app.services import idempotency, messages
from sessions_app.vocabulary import MessageSend

# Longer than a model may take over a few requests; whoever still waits then asks for the run.
LONGEST_WAIT_SECONDS = 600.0
# What talking to an agent can end with, beyond what posting refuses.
TALKING = (
    "SESSION_NOT_FOUND", "SESSION_NOT_ACTIVE", "SESSION_ENDED", "SESSION_EXPIRED", "AGENT_NOT_AVAILABLE",
    "AGENT_CONFIG_ERROR", "INVALID_CONFIG", "RUN_ACTIVE", "TOO_MANY_RUNS", "RATE_LIMIT_EXCEEDED", "RUN_CRASHED",
    "CONFLICT",
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

        def act() -> dict[str, Any]:
            posted = messages.post(session_id=session_id, body=body, by=self.actor)
            return {"message_id": str(posted.message.pk), **posted.extra}

        key = key_of(request)
        if key is None:
            return Response(act(), status=202)
        # Only the post is kept: a repeat waits for the same run, and gets the same reply.
        kept, _ = idempotency.once(caller=caller_of(self.actor), key=key, asked=asked(request), act=act)
        return Response(kept, status=202)


_talk: Callable[..., HttpResponse] = Talk.as_view()


@stands_for(Talk)
@csrf_exempt  # REST framework asks for the token itself where the browser's session signs the caller in
async def talk(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The same, but a POST waits for the reply: on the loop, with no thread held. Leaving cancels nothing."""
    response: HttpResponse = await executors.run(partial(_talk, request, session_id=session_id))
    if request.method != "POST" or not isinstance(response, Response) or "run_id" not in (response.data or {}):
        return response
    run_id = UUID(response.data["run_id"])
    await until_settled(run_id, within=LONGEST_WAIT_SECONDS)
    try:
        # Asked again: who posted may have left while the run worked, or before they sent the same key once more.
        by = response.renderer_context["view"].actor  # type: ignore[attr-defined]  # the stubs do not know it
        answer, status = await executors.run(partial(reply, run_id, by=by))
    except Refused as refused:
        return problems.problem(refused, request)
    return JsonResponse(answer, status=status)


def reply(run_id: UUID, *, by: Actor) -> tuple[dict[str, Any], int]:
    """What a run has come to, as the one who asked is told."""
    run = runs.named(by, run_id)
    if not run.finished:
        return _unfinished(run), 202
    said = Message.objects.filter(run=run, message_type=Message.Type.TEXT).select_related("session")
    message = said.order_by("-seq").first()
    if run.status == Run.Status.FAILED:
        raise Refused(run.error_code, run.error, details={"run_id": str(run.pk)})
    if message is None:
        raise Refused("CONFLICT", "The run was cancelled before it said anything.", details={"run_id": str(run.pk)})
    calls = run.tool_calls.order_by("id")
    told = {
        "usage": run.usage,
        "path": run.path,
        "tier": run.tier,
        "fallback_status": run.fallback_status or None,
        "error_struct": None,
        "tool_calls": [ours.tool_call(call).wire() for call in calls],
    }
    return {**resources.message(message).wire(), **told}, 200


def _unfinished(run: Run) -> dict[str, Any]:
    pending = Approval.objects.filter(tool_calls__run=run, status=Approval.Status.PENDING)
    questions = run.questions.filter(status=Question.Status.OPEN)
    return {
        "run_id": str(run.pk),
        "status": run.status,
        "waiting_for": run.waiting_for or None,
        "approval_ids": [str(pk) for pk in pending.distinct().values_list("pk", flat=True)],
        "question_ids": [str(pk) for pk in questions.values_list("pk", flat=True)],
    }


urlpatterns = [path("sessions/<uuid:session_id>/messages", talk, name="session-messages")]
