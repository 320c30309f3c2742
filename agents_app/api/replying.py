"""What the doors that talk to an agent have in common: the post is kept once, the reply is waited for or streamed."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app import resources as ours
from agents_app.api import chat_stream, runs
from agents_app.api.chat_stream import Awaited
from agents_app.api.chat_words import Words
from agents_app.api.waiting import until_settled
from agents_app.models import Approval, Question, Run
from sessions_app import permissions, resources
from sessions_app.actors import Actor
from sessions_app.api import problems
from sessions_app.api.authentication import caller_of
from sessions_app.api.doors import Door, asked, key_of
from sessions_app.api.events import sse
from sessions_app.drafts import Draft
from sessions_app.errors import Denied, Refused
from sessions_app.events import executors
from sessions_app.events.standing import place
from sessions_app.models import Message
from sessions_app.services import idempotency, messages
from sessions_app.services.messages import Posted
from sessions_app.vocabulary import MessageSend

# Longer than a model may take over a few requests; whoever still waits then asks for the run.
LONGEST_WAIT_SECONDS = 600.0


class Begun(Response):
    """A post that an agent answers, on its way from the view to the door that waits for the reply or streams it."""

    def __init__(self, kept: dict[str, Any], *, door: Door, stream: bool = False) -> None:
        super().__init__(kept, status=202)
        self.awaited = Awaited(kept["session_id"], kept["run_id"], kept["after"], door.actor)
        self.stream = stream


def once(door: Door, request: Request, body: MessageSend, deliver: Callable[[Draft], dict[str, Any]]) -> dict[str, Any]:
    """Only the post is kept: a repeat waits for the same run, and gets the same reply."""
    key, prepare = key_of(request), partial(messages.draft, body, by=door.actor)
    if key is None:
        return deliver(prepare())
    caller = caller_of(door.actor)
    return idempotency.once(caller=caller, key=key, asked=asked(request), prepare=prepare, act=deliver)[0]


def require_reader(by: Actor) -> None:
    """Where the answer is the reply, a key that may not read has nothing to ask for; said before anything is posted."""
    if not permissions.may_read(by):
        raise Denied(_("This key may not read."))


def begun(posted: Posted) -> dict[str, Any]:
    """What is kept of a post that must be answered; raised in its transaction, a refusal takes it back."""
    if "run_id" not in posted.extra:
        raise Refused("AGENT_NOT_AVAILABLE", _("No agent answers in this session."))
    message = posted.message
    return {
        "session_id": str(message.session_id),
        "message_id": str(message.pk),
        "run_id": posted.extra["run_id"],
        "after": message.seq,
    }


async def answered(response: Begun, request: HttpRequest, words: Words) -> HttpResponseBase:
    """The reply: streamed, or whole."""
    if response.stream:
        return await _streamed(response.awaited, request, words)
    return await whole(UUID(response.awaited.run_id), request, by=response.awaited.actor)


async def _streamed(awaited: Awaited, request: HttpRequest, words: Words) -> HttpResponseBase:
    """What can't be followed, by a key that may not read or by who has left since, is said before a stream begins."""
    try:
        await executors.read(place, awaited.actor, awaited.session_id)
    except Refused as refused:
        return problems.problem(refused, request)
    return sse(chat_stream.told(awaited, words))


async def whole(run_id: UUID, request: HttpRequest, *, by: Actor) -> HttpResponse:
    """Wait for the run on the loop, with no thread held, and say what it came to."""
    await until_settled(run_id, within=LONGEST_WAIT_SECONDS)
    try:
        # Asked again: who posted may have left while the run worked, or before they sent the same key once more.
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
        raise Refused("CONFLICT", _("The run was cancelled before it said anything."), details={"run_id": str(run.pk)})
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
