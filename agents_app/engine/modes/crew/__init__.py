"""The crew: captain, manager, operator, executor and expert work an incident in rounds, and end with a report."""

from collections.abc import Awaitable, Callable

from agents_app.engine.modes.crew import captain, executor, expert, manager, operator, reporter
from agents_app.engine.modes.crew.crew import Crew
from agents_app.engine.turn import Done, Parked, Turn

Step = Callable[[Crew], Awaitable[Parked | None]]

STEPS: dict[str, Step] = {
    "captain": captain.command,
    "manager": manager.share_out,
    "operator": operator.operate,
    "executor": executor.execute,
    "expert": expert.account,
    "summary": expert.publish,
    "report": reporter.write,
    "filing": reporter.file,
}


async def drive(turn: Turn) -> Done | Parked:
    """Go on with the crew's work, a step at a time, until it is done or a person must decide."""
    crew = await Crew.assemble(turn)
    while True:
        await crew.listen()
        if crew.state.stage == "done":
            return Done()
        if parked := await STEPS[crew.state.stage](crew):
            return parked
