"""What every room gets from approvals, questions and outcomes: socket commands, and parts of the snapshot."""

from typing import Any
from uuid import UUID

from agents_app import resources
from agents_app.models import Approval, Grant, Question, ToolCall
from agents_app.services import approvals, grants, outcomes, questions
from sessions_app.actors import Actor
from sessions_app.errors import NotFound
from sessions_app.models import ChatSession
from sessions_app.vocabulary import ApprovalDecide, ApprovalWithdraw, GrantRevoke, OutcomeDecide, QuestionAnswer

MOST_DECISIONS = 20
# static/js/models/overview.js keeps the same.
DECIDED = (
    "id", "tool", "args", "agent_name", "status", "decided_by", "decided_at", "outcome", "tool_call_id",
)  # fmt: skip


# --- Commands ---------------------------------------------------------------------------------------------------------
def decide_approval(
    body: ApprovalDecide, *, session: ChatSession | None, by: Actor, cause: UUID | None
) -> dict[str, Any]:
    _of_this_room(Approval.objects.filter(pk=body.approval_id, session=session).exists(), session, "APPROVAL_NOT_FOUND")
    approval = approvals.decide(approval_id=body.approval_id, decision=body, by=by, cause=cause)
    return {"approval": resources.approval(approval, can_decide=False).wire()}


def withdraw_vote(
    body: ApprovalWithdraw, *, session: ChatSession | None, by: Actor, cause: UUID | None
) -> dict[str, Any]:
    _of_this_room(Approval.objects.filter(pk=body.approval_id, session=session).exists(), session, "APPROVAL_NOT_FOUND")
    approval = approvals.withdraw(approval_id=body.approval_id, version=body.version, by=by, cause=cause)
    return {"approval": resources.approval(approval).wire()}


def answer_question(
    body: QuestionAnswer, *, session: ChatSession | None, by: Actor, cause: UUID | None
) -> dict[str, Any]:
    _of_this_room(Question.objects.filter(pk=body.question_id, session=session).exists(), session)
    return {"question": resources.question(questions.answer(body=body, by=by, cause=cause)).wire()}


def decide_outcome(
    body: OutcomeDecide, *, session: ChatSession | None, by: Actor, cause: UUID | None
) -> dict[str, Any]:
    _of_this_room(ToolCall.objects.filter(pk=body.tool_call_id, run__session=session).exists(), session)
    call = outcomes.decide(tool_call_id=body.tool_call_id, outcome=body.outcome, note=body.note, by=by, cause=cause)
    return {"tool_call": resources.tool_call(call).wire()}


def revoke_grant(body: GrantRevoke, *, session: ChatSession | None, by: Actor, cause: UUID | None) -> dict[str, Any]:
    _of_this_room(Grant.objects.filter(pk=body.grant_id, session=session).exists(), session)
    return {"grant": resources.grant(grants.revoke(grant_id=body.grant_id, by=by, cause=cause)).wire()}


def _of_this_room(there: bool, session: ChatSession | None, code: str = "NOT_FOUND") -> None:
    """A command names its room, so that its acknowledgement can name the seq there; without one any room will do."""
    if session is not None and not there:
        raise NotFound(code=code)


# --- The snapshot -----------------------------------------------------------------------------------------------------
def pending_approvals(session: ChatSession) -> list[dict[str, Any]]:
    rows = Approval.objects.filter(session=session, status=Approval.Status.PENDING).order_by("id")
    return [resources.approval(row).wire() for row in rows.shown()]


def decisions(session: ChatSession) -> list[dict[str, Any]]:
    """What people allowed and refused, and what became of it; the newest, in the order they were decided."""
    rows = Approval.objects.filter(session=session, decided_seq__isnull=False).exclude(status=Approval.Status.PENDING)
    newest = rows.shown().order_by("-decided_seq")[:MOST_DECISIONS]
    return [{**_told(row), "seq": row.decided_seq} for row in reversed(newest)]


def _told(row: Approval) -> dict[str, Any]:
    whole = resources.approval(row).wire()
    return {name: whole[name] for name in DECIDED}


def open_questions(session: ChatSession) -> list[dict[str, Any]]:
    rows = session.questions.filter(status=Question.Status.OPEN).order_by("id").select_related("answered_by")
    return [resources.question(row).wire() for row in rows]


def unclear_outcomes(session: ChatSession) -> list[dict[str, Any]]:
    rows = ToolCall.objects.filter(run__session=session, state=ToolCall.State.UNKNOWN).order_by("id")
    return [resources.tool_call(row).wire() for row in rows]


def live_grants(session: ChatSession) -> list[dict[str, Any]]:
    rows = Grant.objects.live().filter(session=session).order_by("id").select_related("given_by")
    return [resources.grant(row).wire() for row in rows]
