"""Ledger rows: what is told of them, and how those that joined one request share its outcome."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from agents_app import catalogue, clock, resources
from agents_app.models import Agent, Run, ToolCall
from agents_app.policy import Situation
from agents_app.services import runs
from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.canonical import canonical, sha256
from sessions_app.events import log
from sessions_app.models import ChatSession, Message
from sessions_app.services import audit
from sessions_app.vocabulary import ExecutionChanged, ToolTold

State = ToolCall.State


def lock(call_id: UUID, *, run: Run) -> ToolCall:
    """Lock a call of a run that the caller has locked, session first."""
    call = ToolCall.objects.select_for_update(of=("self",), no_key=True).get(pk=call_id)
    call.run = run
    return call


def lock_run(run_id: UUID, *, session: ChatSession) -> Run:
    """Lock a run of a session that the caller has locked."""
    run = Run.objects.select_for_update(of=("self",), no_key=True).select_related("agent", "provider").get(pk=run_id)
    run.session = session
    return run


def situation(call: ToolCall, *, run: Run, parsed: bool = True) -> Situation:
    """The call as the policy sees it: from what is stored, never from what a model says now."""
    organization = run.session.organization
    return Situation(
        organization=organization,
        tool=call.tool,
        spec=catalogue.TOOLS.get(call.tool),
        args=call.args,
        parsed=parsed,
        agent=Agent.objects.filter(organization=organization, name=call.agent_name).first(),
        requester_ids=_wanted_by(call, run),
        path=run.path,
        tier=run.tier,
    )


def _wanted_by(call: ToolCall, run: Run) -> tuple[UUID, ...]:
    """Who asked for the reply, whose words it answers if another has it tried again, and who told it something since.

    What is said after the call was made has not asked for it. A reply that a program asked for has these people too;
    what a crew asks for is nobody's own.
    """
    if run.lane == Run.Lane.CREW:
        return ()
    heard = Q(pk__in=run.inbox.filter(taken_at__lte=call.created_at).values("message")) | Q(pk=run.prompt_id)
    told = Message.objects.filter(heard).exclude(sender=None).order_by("seq").values_list("sender_id", flat=True)
    asked = (run.requested_by_id,) if run.requested_by_id else ()
    return tuple(dict.fromkeys((*asked, *told)))


def settle(
    call: ToolCall, *, state: str, by: Actor, result: Any = None, error: str = "", cause: UUID | None = None
) -> None:
    """Give a call its outcome, and the calls that joined its request the same. The call's run is locked."""
    _close(call, state=state, by=by, result=result, error=error, cause=cause)
    edited = call.approval is not None and call.approval.version > 1
    for other in joined(call):
        if edited:  # for all who asked for it: theirs has not been done, and is not told as if it had
            other.args = call.args
        _close(other, state=state, by=by, result=result, error=error, cause=cause)
        runs.wake(other.run, by=by, cause=cause)


def joined(call: ToolCall) -> list[ToolCall]:
    """Calls of the same room that wait for this one's outcome; locked, with their runs, in the order of ids."""
    if call.approval is None or call.approval.tool_call_id != call.pk:
        return []
    rows = ToolCall.objects.filter(approval=call.approval, state=State.REQUESTED).exclude(pk=call.pk)
    found = list(rows.order_by("run_id", "pk").values_list("pk", "run_id"))
    locked = {run_id: lock_run(run_id, session=call.run.session) for _, run_id in found}
    return [lock(pk, run=locked[run_id]) for pk, run_id in found]


def let_go(call: ToolCall, *, by: Actor, cause: UUID | None = None) -> None:
    """The request ends without an outcome: those who joined it ask for themselves."""
    for other in joined(call):
        other.approval = None
        other.save(update_fields=["approval"])
        runs.wake(other.run, by=by, cause=cause)


def harmless(call: ToolCall) -> bool:
    spec = catalogue.TOOLS.get(call.tool)
    return spec is not None and spec.harmless


def become_unknown(call: ToolCall, *, by: Actor) -> None:
    """It was begun and nobody saw the end: it may have happened, so only a person can say."""
    call.state = State.UNKNOWN
    call.save(update_fields=["state"])
    tell(call, "execution.unknown", by=by)
    note(call, "execution.unknown", by=by)


def note(call: ToolCall, action: str, *, by: Actor, **detail: Any) -> None:
    """Write to the audit trail; last in the transaction."""
    # What was asked for in an engineer chat stands in the trail by its hash, like all that is said there.
    args = f"sha256:{sha256(call.args)}" if permissions.private(call) else canonical(call.args)
    asked = {"tool": call.tool, "args": args, "idempotency_key": call.idempotency_key}
    organization_id = call.run.session.organization_id
    audit.append(organization_id=organization_id, actor=by, action=action, thing=call, detail={**asked, **detail})


def tell(call: ToolCall, event: str, *, by: Actor, resolution: str | None = None, cause: UUID | None = None) -> None:
    """Record `tool.*` or `execution.*` of a call in its room."""
    shown = resources.tool_call(call)
    told = (
        ToolTold(event=event, tool_call=shown)
        if event.startswith("tool.")
        else ExecutionChanged(
            event=event,
            tool_call=shown,
            approval_id=call.approval_id,
            resolution=resolution,
            grant=resources.grant(call.grant) if call.grant and event == "execution.started" else None,
        )
    )
    log.record(
        told, session=call.run.session, actor=by, run=call.run_id, parent_run=call.run.parent_id, cause=cause
    )  # fmt: skip


def _close(call: ToolCall, *, state: str, by: Actor, result: Any, error: str, cause: UUID | None) -> None:
    call.state, call.result, call.error, call.ended_at = state, result, error, clock.now()
    call.save(update_fields=["state", "args", "result", "error", "ended_at"])
    tell(call, "tool.result", by=by, cause=cause)
