"""Operator: an action into one tool call, or a request to a person."""

import json
from functools import partial
from typing import Any
from uuid import UUID

from agents_app.engine.answers import Answer
from agents_app.engine.crew_outputs import Intent
from agents_app.engine.modes.crew import rules
from agents_app.engine.modes.crew.crew import Crew
from agents_app.engine.modes.crew.state import ActionState, CrewState, Status
from sessions_app.errors import Refused

KNOWN = ("incident", "alerts", "indicators", "evidence", "rounds", "limits")
NO_TOOL = "No tool that the task may use can do this."


async def operate(crew: Crew) -> None:
    """Make the calls of the next actions that have none: the queries', and once those are settled the writes'."""
    kind: Intent = "query" if crew.state.open_actions("query") else "write"
    for action_id in crew.state.open_actions(kind):
        if not crew.state.find(action_id)[1].tool:
            await _prepare(crew, action_id)
    crew.state.stage = "executor"
    await crew.keep()


async def _prepare(crew: Crew, action_id: UUID) -> None:
    task, action = crew.state.find(action_id)
    tools = rules.tools_for(task, crew.member("operator").tools)
    if not tools:
        return await _give_up(crew, action_id, NO_TOOL)
    data = {**await crew.brief(*KNOWN), "action": {"what": action.what, "intent": task.kind, "task": task.goal}}
    names = frozenset(tool.name for tool in tools)
    try:
        await crew.ask("operator", data, tools=tools, then=partial(take, action_id=action_id, offered=names))
    except Refused as failure:
        crew.note("operator", failure)
        await _give_up(crew, action_id, f"{failure.detail} ({failure.code})")


async def _give_up(crew: Crew, action_id: UUID, why: str) -> None:
    """A failed action fails alone."""
    task, action = crew.state.find(action_id)
    action.status, action.error = Status.FAILED, why
    task.roll_up()
    await crew.keep()


def take(state: CrewState, answer: Answer, *, action_id: UUID, offered: frozenset[str]) -> None:
    """Write the call down before it is made; what was not offered is not called."""
    task, action = state.find(action_id)
    call = next(iter(answer.calls), None)
    if call is None:
        action.status, action.error = Status.FAILED, f"The operator made no tool call. {answer.text[:300]}".strip()
    elif call.tool_name not in offered:
        action.status, action.error = Status.FAILED, f"There is no tool {call.tool_name[:80]} for this."
    else:
        _write_down(action, state, call.tool_name, call.args)
        action.reason = f"{task.goal}. {state.round.why}"[:2000]
    task.roll_up()


def _write_down(action: ActionState, state: CrewState, tool: str, args: Any) -> None:
    action.tool, action.ordinal, action.call_id = tool, state.asked, f"action-{action.id}"
    if isinstance(args, str):
        try:
            args = json.loads(args or "{}")
        except ValueError:
            action.status, action.error = Status.FAILED, "The arguments of the tool call can't be read."
            return
    action.args = args if isinstance(args, dict) else {}
