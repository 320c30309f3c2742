"""The one place where a tool call is judged and run, whatever agent, mode or sub-agent it comes from."""

import asyncio
import inspect
import json
import math
import reprlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, transaction
from pydantic import ValidationError

from agents_app import catalogue, clock, policy
from agents_app.catalogue import Arguments, ToolSpec
from agents_app.engine import ledger
from agents_app.models import Agent, Approval, Run, ToolCall
from agents_app.policy import Effect, Ruling
from agents_app.services import approvals, calls, grants, questions, quorum, requests
from agents_app.services.approvals import NotAsked
from agents_app.services.leases import Lease, LeaseLost, held
from agents_app.tools import Call, OutcomeUnclear, ToolFailed, named
from sessions_app import actors
from sessions_app.events import executors
from sessions_app.ingest.body import depth
from sessions_app.models import Incident
from sessions_app.services import masks

State = ToolCall.State
LARGEST_ARGUMENTS = 64_000
DEEPEST_ARGUMENTS = 32
logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ToolRequest:
    """A call as a model made it. `ordinal` counts the model's responses in the run: providers reuse call ids."""

    ordinal: int
    call_id: str
    tool: str
    args: dict[str, Any] | str
    agent: Agent
    reason: str = ""
    step: str = ""
    via: str = "tool"


@dataclass(frozen=True)
class Settled:
    """The call has its outcome; `text` is what the model is told, inside a data block."""

    tool_call: ToolCall
    text: str


@dataclass(frozen=True)
class Waiting:
    """A person must decide first: `approval`, `answer` or `outcome`. Park, and dispatch again when woken."""

    tool_call: ToolCall
    waiting_for: str


@dataclass(frozen=True)
class _Claimed:
    tool_call: ToolCall
    spec: ToolSpec
    args: Arguments


@dataclass(frozen=True)
class _Outcome:
    state: str
    result: Any = None
    error: str = ""
    caught: Counter[str] = field(default_factory=Counter)


async def dispatch(lease: Lease, request: ToolRequest, *, within: float = math.inf) -> Settled | Waiting:
    """Judge a call and run it, or say for whom it waits. Calling again with the same request goes on where it stood.

    `within`: the seconds its run has left, if that is less than the tool itself may take.
    """
    standing = await executors.run(_open, lease, request)
    if not isinstance(standing, _Claimed):
        return standing
    outcome = await _execute(lease, standing, within)
    outcome = await executors.work(_without_secrets, standing.tool_call, outcome)
    return await executors.run(_record, lease, standing.tool_call, outcome)


# --- Before: one transaction that ends in a claim, an answer, or a wait -----------------------------------------------
@transaction.atomic
def _open(lease: Lease, request: ToolRequest) -> _Claimed | Settled | Waiting:
    run = held(lease)
    call = ledger.open_call(
        run, ordinal=request.ordinal, call_id=request.call_id, tool=request.tool, args=_readable(request.args),
        agent_name=request.agent.name, reason=ledger.storable(request.reason), via=request.via,
        step=request.step or str(request.ordinal),
    )  # fmt: skip
    if call.settled:
        return _settled(call)
    if run.cancel_requested_at is not None and call.state in (State.REQUESTED, State.APPROVED):
        return _end(call, State.CANCELLED, "The run was cancelled before this was done.")
    if call.state in (State.CLAIMED, State.UNKNOWN):
        return _after_a_lost_claim(lease, run, call)
    return _waits(call) or _judged(lease, run, call)


def _after_a_lost_claim(lease: Lease, run: Run, call: ToolCall) -> _Claimed | Settled | Waiting:
    """Whoever claimed it is gone. What may be done twice is done again under the same key; else a person says."""
    spec = catalogue.TOOLS.get(call.tool)
    if call.state == State.UNKNOWN:
        return Waiting(call, Run.WaitingFor.OUTCOME)
    if spec is not None and spec.harmless:
        return _judged(lease, run, call)
    args, _ = _fitting(spec, call)
    if spec is not None and args is not None and spec.idempotent and _still_allowed(call, run, spec):
        return _claim(lease, call, spec, args)
    calls.become_unknown(call, by=actors.SYSTEM)
    return Waiting(call, Run.WaitingFor.OUTCOME)


def _still_allowed(call: ToolCall, run: Run, spec: ToolSpec) -> bool:
    """Whether what was begun might begin now: a server may have been away for days, and a yes does not keep."""
    ruling = policy.judge(calls.situation(call, run=run))
    if ruling.effect == Effect.DENY or run.cancel_requested_at is not None or _over(run):
        return False
    if ruling.effect == Effect.ALLOW:
        return True
    if call.approval is not None:
        return not _void(requests.locked(call.approval.pk, session=run.session), call, spec, ruling)
    return grants.still_covers(call, run=run, ruling=ruling)


def _waits(call: ToolCall) -> Waiting | None:
    """What the call already waits for."""
    if hasattr(call, "question"):
        return Waiting(call, Run.WaitingFor.ANSWER)
    if call.approval is None:
        return None
    first = call.approval.tool_call
    if first.pk != call.pk and first.state == State.UNKNOWN:
        return Waiting(call, Run.WaitingFor.OUTCOME)
    if first.pk != call.pk or call.approval.status == Approval.Status.PENDING:
        return Waiting(call, Run.WaitingFor.APPROVAL)
    return None


def _judged(lease: Lease, run: Run, call: ToolCall) -> _Claimed | Settled | Waiting:
    """Policy first, then whether the call makes sense, then whether somebody has to be asked."""
    spec = catalogue.TOOLS.get(call.tool)
    args, complaints = _fitting(spec, call)
    ruling = policy.judge(calls.situation(call, run=run, parsed=args is not None))
    if ruling.effect == Effect.DENY:
        return _denied(call, ruling)
    if spec is None:
        known = ", ".join(catalogue.TOOLS)
        return _end(call, State.FAILED, f"TOOL_NOT_FOUND: there is no tool {call.tool!r}; there are {known}.")
    if args is None:
        return _end(call, State.FAILED, f"TOOL_VALIDATION_ERROR: {json.dumps(complaints)}")
    if not spec.harmless and _over(run):
        return _end(call, State.CANCELLED, "The incident is over; nothing more is changed on its behalf.")
    if ruling.effect != Effect.ALLOW and not _allowed(call, run, spec, ruling):
        return _ask(call, run, spec, ruling)
    if spec.asks_a_person:
        questions.ask(call=call, run=run, by=actors.agent(call.agent_name))
        return Waiting(call, Run.WaitingFor.ANSWER)
    return _claim(lease, call, spec, args)


def _allowed(call: ToolCall, run: Run, spec: ToolSpec, ruling: Ruling) -> bool:
    """By the approval it has; a call that nobody was asked about yet, by a grant for calls like it."""
    if call.approval is not None:
        return _stands(call, run, spec, ruling)
    return grants.spend(call, run=run, spec=spec, ruling=ruling)


def _stands(call: ToolCall, run: Run, spec: ToolSpec, ruling: Ruling) -> bool:
    """Whether an approval covers what would run now; one that no longer does is void."""
    if call.approval is None:
        return False
    approval = requests.locked(call.approval.pk, session=run.session)
    if not (why := _void(approval, call, spec, ruling)):
        return True
    requests.invalidate(approval, why)
    call.approval, call.state = None, State.REQUESTED
    return False


def _void(approval: Approval, call: ToolCall, spec: ToolSpec, ruling: Ruling) -> str:
    """Immediately before execution everything is checked again."""
    edited = approval.version > 1
    expected = approvals.edited_policy(ruling, spec) if edited else ruling.policy()
    if approval.status != Approval.Status.APPROVED or approval.execute_by is None:
        return "it is not approved"
    if approval.execute_by < clock.now():
        return "it was not executed in time"
    if approval.args != call.args or requests.digest_of(approval) != approval.digest:
        return "what is stored is not what was approved"
    if approval.tool_schema != spec.schema_hash:
        return "the tool has changed"
    if approval.policy != expected:
        return "the policy has changed"
    return "" if quorum.tally(approval) == "approved" else "those who approved may no longer do so"


def _ask(call: ToolCall, run: Run, spec: ToolSpec, ruling: Ruling) -> Settled | Waiting:
    try:
        approvals.ask(call=call, run=run, spec=spec, ruling=ruling, by=actors.agent(call.agent_name))
    except NotAsked as reason:
        return _end(call, reason.state, reason.error, reason.result)
    return Waiting(call, Run.WaitingFor.APPROVAL)


def _denied(call: ToolCall, ruling: Ruling) -> Settled:
    if call.approval is not None:
        requests.invalidate(requests.locked(call.approval.pk, session=call.run.session), ruling.rule)
        call.approval = None
    settled = _end(call, State.REJECTED, f"TOOL_PERMISSION_DENIED: {ruling.rule}.")
    calls.note(call, "tool.denied", by=actors.agent(call.agent_name), rule=ruling.rule)
    return settled


def _claim(lease: Lease, call: ToolCall, spec: ToolSpec, args: Arguments) -> _Claimed:
    again = call.state == State.CLAIMED
    ledger.claim(call, lease)
    if call.grant is not None and not again:
        calls.note(call, "grant.used", by=actors.agent(call.agent_name), grant=str(call.grant.pk))
    return _Claimed(call, spec, args)


def _end(call: ToolCall, state: str, error: str, result: Any = None) -> Settled:
    """Settle a call that is not executed."""
    calls.settle(call, state=state, by=actors.agent(call.agent_name), result=result, error=error)
    return _settled(call)


def _settled(call: ToolCall) -> Settled:
    return Settled(call, ledger.told(call))


def _readable(args: dict[str, Any] | str) -> dict[str, Any]:
    """Arguments as an object; what is none, or nests deeper than can be told, is kept for people and fits no schema."""
    try:
        given = json.loads(args[:LARGEST_ARGUMENTS], parse_constant=_refuse) if isinstance(args, str) else args
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or depth(given) > DEEPEST_ARGUMENTS:
        given = {"unreadable": (args if isinstance(args, str) else reprlib.repr(args))[:2000]}
    readable: dict[str, Any] = ledger.storable(given)
    return readable


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _fitting(spec: ToolSpec | None, call: ToolCall) -> tuple[Arguments | None, dict[str, str]]:
    """The arguments as the tool takes them, in their normal form from here on."""
    if spec is None:
        return None, {}
    try:
        args = spec.parse(call.args)
    except ValidationError as error:
        return None, catalogue.complaints(error)
    plain = args.model_dump(mode="json")
    if call.args != plain and call.approval is None:
        call.args = plain
        call.save(update_fields=["args"])
    return args, {}


def _over(run: Run) -> bool:
    settled = Incident.objects.filter(sessions=run.session, status__in=Incident.SETTLED)
    return not run.session.open_to_posts or settled.exists()


# --- The act itself: outside every transaction ------------------------------------------------------------------------
async def _execute(lease: Lease, claimed: _Claimed, within: float = math.inf) -> _Outcome:
    """Run the tool. What it raises is an outcome; what nobody saw the end of is unknown."""
    call, spec = claimed.tool_call, claimed.spec
    seconds = min(spec.seconds, within)
    given = Call(lease, call.pk, call.agent_name, call.idempotency_key)
    try:
        async with asyncio.timeout(seconds):
            return _Outcome(State.SUCCEEDED, await _run(named(spec.name), given, claimed.args))
    except TimeoutError:
        # A thread can't be stopped: what it was about to change, it may still change.
        words = f"TOOL_TIMEOUT: no answer within {seconds:.3g} s."
        return _Outcome(State.FAILED if spec.harmless else State.UNKNOWN, error=words)
    except OutcomeUnclear as unclear:
        return _Outcome(State.UNKNOWN, error=str(unclear))
    except ToolFailed as failed:
        return _Outcome(State.FAILED, error=f"TOOL_EXECUTION_ERROR: {failed}")
    except (LeaseLost, OperationalError, InterfaceError):
        # Our own database failed it, perhaps in its commit: the claim stays, for whoever takes the run up.
        raise
    except Exception as error:  # a tool is foreign code: its mistakes end the call, not the run
        logger.exception("tool.raised", tool=spec.name, tool_call=str(call.pk))
        return _Outcome(State.FAILED, error=f"TOOL_EXECUTION_ERROR: {type(error).__name__}")


async def _run(function: Any, call: Call, args: Arguments) -> Any:
    if inspect.iscoroutinefunction(function):
        return await function(call, args)
    return await executors.work(function, call, args)


def _without_secrets(call: ToolCall, outcome: _Outcome) -> _Outcome:
    """Masked before anybody is told: model and room get the same. Outside the transaction, since it may be long."""
    mask = masks.of(call.run.session.organization_id)
    result, caught = mask.value(ledger.bounded(outcome.result))
    error = mask.text(ledger.storable(outcome.error)[:4000])
    return _Outcome(outcome.state, result, error.text, caught + error.counts)


# --- After: one transaction under the fence ---------------------------------------------------------------------------
@transaction.atomic
def _record(lease: Lease, before: ToolCall, outcome: _Outcome) -> Settled | Waiting:
    run = held(lease)
    call = calls.lock(before.pk, run=run)
    if call.settled:
        return _settled(call)
    if outcome.state == State.UNKNOWN:
        call.error = outcome.error
        call.save(update_fields=["error"])
        calls.become_unknown(call, by=actors.SYSTEM)
        return Waiting(call, Run.WaitingFor.OUTCOME)
    ledger.settle(call, state=outcome.state, result=outcome.result, error=outcome.error, caught=outcome.caught)
    return _settled(call)
