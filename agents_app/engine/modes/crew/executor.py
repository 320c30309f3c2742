"""Executor: runs the calls through policy and ledger. No model."""

from uuid import UUID

from agents_app.engine.dispatcher import Settled, ToolRequest
from agents_app.engine.modes.crew.crew import Crew, keep
from agents_app.engine.modes.crew.state import ActionState, CrewState, Status, TaskState
from agents_app.engine.turn import Parked
from agents_app.models import Agent, Run, ToolCall
from sessions_app import actors
from sessions_app.services import messages

STATUS_OF = {
    ToolCall.State.SUCCEEDED: Status.SUCCEEDED,
    ToolCall.State.REJECTED: Status.REJECTED,
    ToolCall.State.CANCELLED: Status.CANCELLED,
    ToolCall.State.SKIPPED: Status.SKIPPED,
}
EXPIRED = "Nobody decided in time."


async def execute(crew: Crew) -> Parked | None:
    """Run what is prepared. All requests to people are made before the crew waits; it goes on after every outcome."""
    waits = [
        await _act(crew, action_id)
        for kind in ("query", "write")
        for action_id in crew.state.open_actions(kind)
        if crew.state.find(action_id)[1].tool
    ]
    if reasons := [wait for wait in waits if wait]:
        return Parked(reasons[0])
    if crew.state.open_actions("write"):
        crew.state.stage = "operator"
        await crew.keep()
        return None
    await crew.turn.write(announce, state=crew.state, captain=crew.member("captain"))
    crew.turn.run.checkpoint = crew.state.dump()
    return None


async def _act(crew: Crew, action_id: UUID) -> str | None:
    """One call; says for whom it waits, if it does."""
    task, action = crew.state.find(action_id)
    if action.status == Status.PENDING:
        action.status = Status.RUNNING
        task.roll_up()
        await crew.keep()
    outcome = await crew.turn.act(_request(crew, action))
    action.tool_call_id = outcome.tool_call.pk
    if isinstance(outcome, Settled):
        _settle(task, action, outcome.tool_call)
    else:
        action.status = Status.WAITING
        task.roll_up()
    await crew.keep()
    return None if isinstance(outcome, Settled) else outcome.waiting_for


def _request(crew: Crew, action: ActionState) -> ToolRequest:
    return ToolRequest(
        ordinal=action.ordinal, call_id=action.call_id, tool=action.tool, args=action.args,
        agent=crew.member("operator"), reason=action.reason, step=f"round {crew.state.round.number}",
    )  # fmt: skip


def _settle(task: TaskState, action: ActionState, call: ToolCall) -> None:
    action.status = STATUS_OF.get(ToolCall.State(call.state), Status.FAILED)
    action.error = call.error or (EXPIRED if call.state == ToolCall.State.EXPIRED else "")
    task.roll_up()


def announce(run: Run, state: CrewState, captain: Agent) -> None:
    """Tell the people in the room what the round's notify tasks say, and pass the round to the expert."""
    for task in state.round.tasks:
        if task.kind == "notify" and task.open:
            messages.say(
                session=run.session, speaker=actors.agent(captain.name), content=task.goal, message_type="notice",
                run_id=run.pk, round=state.round.number,
            )  # fmt: skip
            task.status = Status.SUCCEEDED
    state.stage = "expert"
    keep(run, state.dump(), state)
