"""Rows to the wire's objects: runs, tool calls, approvals, questions, plan nodes."""

from agents_app.catalogue import TOOLS
from agents_app.models import Approval, Grant, PlanNode, Question, Run, ToolCall
from sessions_app.resources import moment, person
from sessions_app.vocabulary import (
    ApprovalResource,
    GrantResource,
    PlanNodeResource,
    QuestionResource,
    RunResource,
    ToolCallResource,
)


def run(row: Run) -> RunResource:
    return RunResource(
        id=row.pk,
        session_id=row.session_id,
        parent_run_id=row.parent_id,
        prompt_id=row.prompt_id,
        mode=row.mode,
        path=row.path,
        path_reason=row.path_reason,
        status=row.status,
        waiting_for=row.waiting_for or None,
        phase=row.phase or None,
        agent_name=row.agent.name,
        provider=row.provider.name if row.provider else None,
        model=row.model,
        config=row.config,
        tier=row.tier,
        fallback_status=row.fallback_status or None,
        error_code=row.error_code or None,
        error=row.error or None,
        usage=row.usage,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def tool_call(row: ToolCall) -> ToolCallResource:
    return ToolCallResource(
        id=row.pk,
        run_id=row.run_id,
        step=row.step,
        tool=row.tool,
        via=row.via,
        args=row.args,
        state=row.state,
        result=row.result,
        error=row.error or None,
        approval_id=row.approval_id,
        idempotency_key=row.idempotency_key,
        agent_name=row.agent_name,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def approval(row: Approval, *, can_decide: bool | None = None) -> ApprovalResource:
    """`can_decide` is for the one who asks; an event goes to everybody and leaves it out. A list fetches `shown()`."""
    return ApprovalResource(
        id=row.pk,
        version=row.version,
        digest=row.digest,
        level=row.level,
        status=row.status,
        session_id=row.session_id,
        incident_id=row.incident_id,
        run_id=row.tool_call.run_id,
        tool_call_id=row.tool_call_id,
        tool=row.tool,
        args=row.args,
        impact=row.impact,
        agent_name=row.agent_name,
        agent_reason=row.agent_reason,
        requested_by=row.requested_by.display_name if row.requested_by else None,
        risk=row.risk,
        policy=row.policy,
        votes=[
            {
                "user_id": str(vote.user_id),
                "name": vote.user.display_name,
                "vote": vote.vote,
                "at": moment(vote.at),
                "feedback": vote.feedback or None,
            }
            for vote in sorted(row.votes.all(), key=lambda vote: vote.pk)
            if vote.version == row.version and vote.withdrawn_at is None
        ],
        can_decide=can_decide,
        expires_at=row.expires_at,
        execute_by=row.execute_by,
        decided_by=person(row.decided_by),
        decided_at=row.decided_at,
        feedback=row.feedback or None,
        outcome=row.tool_call.state if row.tool_call.state not in ("requested", "approved") else None,
        created_at=row.created_at,
        own_words=list(spec.arguments.in_own_words) if (spec := TOOLS.get(row.tool)) else [],
    )


def grant(row: Grant) -> GrantResource:
    return GrantResource(
        id=row.pk,
        session_id=row.session_id,
        agent_name=row.agent_name,
        tool=row.tool,
        constraint=row.constraint,
        uses_left=row.uses_left,
        expires_at=row.expires_at,
        by=row.given_by.display_name,
    )


def question(row: Question) -> QuestionResource:
    return QuestionResource(
        id=row.pk,
        session_id=row.session_id,
        run_id=row.run_id,
        question=row.question,
        options=row.options,
        asked_by=row.asked_by,
        status=row.status,
        answer=row.answer or None,
        answered_by=row.answered_by.display_name if row.answered_by else None,
        expires_at=row.expires_at,
    )


def plan_node(row: PlanNode) -> PlanNodeResource:
    return PlanNodeResource(
        id=row.pk,
        parent_id=row.parent_id,
        kind=row.kind,
        title=row.title,
        assignee=row.assignee,
        status=row.status,
        intent=row.intent or None,
        tool_call_id=row.tool_call_id,
        error=row.error or None,
        outcome=row.outcome or None,
    )
