"""Questions: an agent asks the people in the room, and goes on when one has answered, hours later if need be."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agents_app import clock, resources
from agents_app.models import Question, Run, ToolCall
from agents_app.services import calls, runs
from sessions_app import actors, permissions
from sessions_app.actors import Actor
from sessions_app.errors import Conflict, Denied, Invalid, NotFound
from sessions_app.events import log
from sessions_app.models import ChatSession
from sessions_app.services import audit
from sessions_app.vocabulary import QuestionAnswer, QuestionChanged

TO_ANSWER = timedelta(hours=24)
Status = Question.Status


def ask(*, call: ToolCall, run: Run, by: Actor) -> Question:
    """Put an agent's question before the room; the call that asked waits for the answer."""
    question = Question.objects.create(
        session=run.session, run=run, tool_call=call, question=call.args["question"], options=call.args["options"],
        asked_by=by.name, expires_at=clock.now() + TO_ANSWER, created_at=clock.now(),
    )  # fmt: skip
    _tell(question, by=by, event="question.asked")
    return question


@transaction.atomic
def answer(*, body: QuestionAnswer, by: Actor, cause: UUID | None = None) -> Question:
    """Answer an agent: in words, by one of its options, or both."""
    _require_visible(body.question_id, by)
    question = _locked(body.question_id)
    if not by.in_person or not permissions.may(by, "answer_question", question.session.organization_id):
        raise Denied(_("Your role does not answer agents."))
    words = _words(question, body)
    if question.status == Status.ANSWERED and question.answered_by_id == by.user_id and question.answer == words:
        return question
    if question.status != Status.OPEN or question.expires_at <= clock.now():
        over = Status(question.status) if question.status != Status.OPEN else Status.EXPIRED
        raise Conflict(_already(question, over), details={"status": over})
    question.answer, question.answered_by = words, by.user
    _end(question, Status.ANSWERED, by=by, cause=cause)
    result = {"answer": words, "answered_by": by.name}
    calls.settle(question.tool_call, state=ToolCall.State.SUCCEEDED, by=by, result=result, cause=cause)
    runs.wake(question.run, by=by, cause=cause)
    audit.append(
        organization_id=question.session.organization_id, actor=by, action="question.answered", thing=question,
        detail={"question": question.question, "answer": words},
    )  # fmt: skip
    return question


def due() -> list[UUID]:
    """The questions nobody answered in time."""
    late = Question.objects.filter(status=Status.OPEN, expires_at__lte=clock.now())
    return list(late.order_by("expires_at").values_list("pk", flat=True))


@transaction.atomic
def expire(question_id: UUID) -> bool:
    """End a question, unless somebody has answered it just now."""
    question = _locked(question_id)
    if question.status != Status.OPEN:
        return False
    _end(question, Status.EXPIRED, by=actors.SYSTEM)
    words = "Nobody answered in time."
    calls.settle(question.tool_call, state=ToolCall.State.EXPIRED, by=actors.SYSTEM, error=words)
    runs.wake(question.run, by=actors.SYSTEM)
    return True


def cancel_open(
    *, run: Run | None = None, session: ChatSession | None = None, by: Actor, cause: UUID | None = None
) -> None:
    """The run or room that the caller has locked ends; its questions with it."""
    is_open = Question.objects.filter(status=Status.OPEN)
    mine = is_open.filter(run=run) if run else is_open.filter(session=session)
    for pk in mine.order_by("pk").values_list("pk", flat=True):
        question = _locked(pk, session=run.session if run else session)
        _end(question, Status.CANCELLED, by=by, cause=cause)
        words = "Cancelled before anybody answered."
        if not question.tool_call.settled:
            calls.settle(question.tool_call, state=ToolCall.State.CANCELLED, by=by, error=words, cause=cause)
        runs.wake(question.run, by=by, cause=cause)


def _require_visible(question_id: UUID, by: Actor) -> None:
    found = Question.objects.select_related("session").filter(pk=question_id).first()
    if found is None or not permissions.sees(by, found):
        raise NotFound(_("There is no such question."))


def _locked(question_id: UUID, *, session: ChatSession | None = None) -> Question:
    at = Question.objects.values("session_id", "run_id", "tool_call_id").get(pk=question_id)
    session = session or log.lock(at["session_id"])
    run = calls.lock_run(at["run_id"], session=session)
    call = calls.lock(at["tool_call_id"], run=run)
    rows = Question.objects.select_for_update(of=("self",), no_key=True)
    question = rows.select_related("answered_by").get(pk=question_id)
    question.session, question.run, question.tool_call = session, run, call
    return question


def _already(question: Question, over: Status) -> str:
    if question.answered_by is None:
        return _("This question is already {status}.").format(status=over.label.lower())
    told = _("This question is already {status} by {name}.")
    return told.format(status=over.label.lower(), name=question.answered_by.display_name)


def _words(question: Question, body: QuestionAnswer) -> str:
    if body.option is not None and body.option not in question.options:
        raise Invalid(_("That is none of the question's options."), details={"options": question.options})
    words = "; ".join(dict.fromkeys(filter(None, [body.option, body.content.strip()])))
    if not words:
        raise Invalid(_("An answer needs words or an option."), details={"content": "is empty"})
    return words


def _end(question: Question, status: str, *, by: Actor, cause: UUID | None = None) -> None:
    question.status = status
    question.save(update_fields=["status", "answer", "answered_by"])
    _tell(question, by=by, event=f"question.{status}", cause=cause)


def _tell(question: Question, *, by: Actor, event: str, cause: UUID | None = None) -> None:
    told = QuestionChanged(event=event, question=resources.question(question))
    log.record(
        told, session=question.session, actor=by, run=question.run_id, parent_run=question.run.parent_id, cause=cause
    )
