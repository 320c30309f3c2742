"""The row of an approval: locked in order, bound by its digest, ended in one way, told to the room and to the audit."""

from typing import Any
from uuid import UUID

from agents_app import clock, resources
from agents_app.digests import digest
from agents_app.models import Approval, ToolCall
from agents_app.services import calls, runs
from sessions_app import actors
from sessions_app.actors import Actor
from sessions_app.canonical import canonical
from sessions_app.events import log
from sessions_app.models import ChatSession
from sessions_app.services import audit
from sessions_app.vocabulary import ApprovalChanged

Status = Approval.Status


def locked(approval_id: UUID, *, session: ChatSession | None = None) -> Approval:
    """Lock session, run, tool call and approval, in the order that everybody keeps.

    Who holds the session already gives it: its head moves with every event, and must not be read a second time.
    """
    at = Approval.objects.values("session_id", "tool_call_id", "tool_call__run_id").get(pk=approval_id)
    session = session or log.lock(at["session_id"])
    run = calls.lock_run(at["tool_call__run_id"], session=session)
    call = calls.lock(at["tool_call_id"], run=run)
    approval = (
        Approval.objects.select_for_update(of=("self",), no_key=True)
        .select_related("requested_by", "decided_by")
        .get(pk=approval_id)
    )
    approval.session, approval.tool_call = session, call
    call.approval = approval
    return approval


def digest_of(approval: Approval) -> str:
    """The digest as it must be for what is stored."""
    call = approval.tool_call
    return digest(
        organization=approval.organization_id,
        session=approval.session_id,
        run=call.run_id,
        step=call.step,
        agent=approval.agent_name,
        tool=approval.tool,
        tool_schema=approval.tool_schema,
        arguments=approval.args,
        policy=approval.policy,
        version=approval.version,
    )


def expire(approval: Approval) -> None:
    """Nobody decided in time: the agent is told, and goes on. Time never approves."""
    close(approval, Status.EXPIRED, by=actors.SYSTEM)
    words = "Nobody decided in time; it was not done."
    calls.settle(approval.tool_call, state=ToolCall.State.EXPIRED, by=actors.SYSTEM, error=words)
    runs.wake(approval.tool_call.run, by=actors.SYSTEM)
    note(approval, by=actors.SYSTEM)


def cancel(approval: Approval, *, by: Actor, cause: UUID | None = None) -> None:
    """What asked for it has ended. The caller writes the audit entry, once for all that ends together."""
    close(approval, Status.CANCELLED, by=by, cause=cause)
    calls.let_go(approval.tool_call, by=by, cause=cause)
    words = "Cancelled before anybody decided; it was not done."
    calls.settle(approval.tool_call, state=ToolCall.State.CANCELLED, by=by, error=words, cause=cause)
    runs.wake(approval.tool_call.run, by=by, cause=cause)


def invalidate(approval: Approval, why: str) -> None:
    """What was approved is not what would run now: the approval is void, and the call has to be asked anew."""
    close(approval, Status.INVALIDATED, by=actors.SYSTEM)
    call = approval.tool_call
    calls.let_go(call, by=actors.SYSTEM)
    call.approval, call.state = None, ToolCall.State.REQUESTED
    call.save(update_fields=["approval", "state"])
    note(approval, by=actors.SYSTEM, why=why)


def close(approval: Approval, status: str, *, by: Actor, cause: UUID | None = None, **fields: Any) -> bool:
    """The one compare-and-set that ends a request; False for whoever comes second."""
    before = approval.status
    decided = {"decided_at": clock.now()} if before == Status.PENDING else {}
    # The session is locked: the event that tells of it is the next.
    changes = {"status": status, "decided_seq": approval.session.head + 1, **decided, **fields}
    mine = Approval.objects.filter(pk=approval.pk, status=before, version=approval.version, digest=approval.digest)
    if before not in (Status.PENDING, Status.APPROVED) or not mine.update(**changes):
        return False
    for name, value in changes.items():
        setattr(approval, name, value)
    tell(approval, f"approval.{status}", by=by, cause=cause)
    return True


def tell(approval: Approval, event: str, *, by: Actor, cause: UUID | None = None) -> None:
    run = approval.tool_call.run
    told = ApprovalChanged(event=event, approval=resources.approval(approval))
    log.record(told, session=approval.session, actor=by, run=run.pk, parent_run=run.parent_id, cause=cause)


def note(approval: Approval, *, by: Actor, action: str = "", **detail: Any) -> None:
    """Write to the audit trail; last in the transaction."""
    audit.append(
        organization_id=approval.organization_id,
        actor=by,
        action=action or f"approval.{approval.status}",
        thing=approval,
        detail={
            "tool": approval.tool,
            # As text: a database may write a number in another way than it got it, and the hash would not hold.
            "args": canonical(approval.args),
            "version": approval.version,
            "digest": approval.digest,
            "rule": approval.policy["rule"],
            **detail,
        },
    )
