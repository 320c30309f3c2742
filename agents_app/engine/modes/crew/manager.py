"""Manager: tasks into actions."""

from agents_app.engine.answers import Answer
from agents_app.engine.crew_outputs import ManagerActions
from agents_app.engine.modes.crew import rules
from agents_app.engine.modes.crew.crew import Crew
from agents_app.engine.modes.crew.state import CrewState
from sessions_app.errors import Refused


async def share_out(crew: Crew) -> None:
    """Ask for the actions of the round's tasks; without a manager each task is one action."""
    tasks = [
        {"number": number, "kind": task.kind, "goal": task.goal}
        for number, task in enumerate(crew.state.round.tasks, start=1)
        if task.open and task.kind != "notify"
    ]
    try:
        if tasks:
            data = await crew.brief("incident", "people", "tools", "runbooks")
            await crew.ask("manager", {**data, "tasks": tasks}, output=ManagerActions, then=accept)
        else:
            crew.state.stage = "operator"
            await crew.keep()
    except Refused as failure:
        crew.note("manager", failure)
        _take_on(crew.state, None)
        await crew.keep()


def accept(state: CrewState, answer: Answer) -> None:
    assert isinstance(answer.output, ManagerActions)
    _take_on(state, answer.output)


def _take_on(state: CrewState, wanted: ManagerActions | None) -> None:
    rules.share_out(state.round, wanted)
    state.stage = "operator"
