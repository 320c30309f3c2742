"""The ledger: each tool call is opened once, claimed under the fence, and settled with what came of it."""

import json
import math
from collections import Counter
from datetime import datetime
from typing import Any

from agents_app import clock
from agents_app.engine import data_blocks
from agents_app.models import Run, ToolCall
from agents_app.services import calls
from agents_app.services.leases import Lease
from sessions_app import actors
from sessions_app.canonical import sha256
from sessions_app.models.base import uuid7
from sessions_app.services import masks

State = ToolCall.State
LARGEST_RESULT = 200_000
LONGEST_CALL_ID = 120


def open_call(
    run: Run, *, ordinal: int, call_id: str, tool: str, args: dict[str, Any], agent_name: str, reason: str, step: str,
    via: str,
) -> ToolCall:  # fmt: skip
    """The row of a call; the same (run, ordinal, call id) is the same call, whatever a model says the second time."""
    call_id = call_id if len(call_id) <= LONGEST_CALL_ID else sha256(call_id)
    call, new = ToolCall.objects.select_for_update(of=("self",), no_key=True).get_or_create(
        run=run,
        ordinal=ordinal,
        call_id=call_id,
        defaults={
            "tool": storable(tool)[:80], "args": args, "agent_name": agent_name, "reason": reason, "step": step[:80],
            "via": via, "idempotency_key": uuid7().hex, "created_at": clock.now(),
        },
    )  # fmt: skip
    call.run = run
    if new:
        calls.tell(call, "tool.called", by=actors.agent(agent_name))
    return call


def claim(call: ToolCall, lease: Lease) -> None:
    """Make the call ours to execute. From here on nobody can tell whether it happened until it is settled."""
    call.state, call.claimed_by, call.claim_fence = State.CLAIMED, lease.owner, lease.fence
    call.started_at = clock.now()
    call.save(update_fields=["state", "claimed_by", "claim_fence", "started_at"])
    if not calls.harmless(call) or call.grant is not None:
        calls.tell(call, "execution.started", by=actors.agent(call.agent_name))


def settle(call: ToolCall, *, state: str, result: Any, error: str, caught: Counter[str]) -> None:
    """Write what came of an executed call; the room hears of it, and what changed something is audited."""
    by = actors.agent(call.agent_name)
    calls.settle(call, state=state, by=by, result=result, error=error)
    if not calls.harmless(call):
        calls.tell(call, f"execution.{state}", by=by)
        by_whom = {"approval": call.approval_id, "grant": call.grant_id}
        calls.note(call, f"execution.{state}", by=by, **{name: str(pk) for name, pk in by_whom.items() if pk})
    organization_id = call.run.session.organization_id
    masks.note(caught, organization_id=organization_id, thing=call, where="tool result", by=by)


def told(call: ToolCall) -> str:
    """A settled call as the model is told of it: data, never an instruction."""
    said = {"tool": call.tool, "outcome": call.state, "result": call.result, "error": call.error or None}
    if call.approval is not None and call.approval.version > 1:
        said["note"] = "A person changed the arguments before approving."
        said["arguments"] = call.args
    return data_blocks.block("tool_result", {name: value for name, value in said.items() if value is not None})


def bounded(result: Any) -> Any:
    """A result as the row can hold it; one without end is cut, and says so."""
    plain = storable(json.loads(json.dumps(result, default=_spelled)))
    text = json.dumps(plain)
    return plain if len(text) <= LARGEST_RESULT else {"cut": True, "text": text[:LARGEST_RESULT]}


def _spelled(value: Any) -> str:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def storable(value: Any) -> Any:
    """Without what no database takes: NUL, half surrogate pairs, NaN and infinity."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [storable(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {storable(name): storable(each) for name, each in value.items()}
    return value
