"""Captain: why this round, and its tasks; or done."""

from functools import partial

from django.conf import settings

from agents_app.engine.answers import Answer
from agents_app.engine.crew_outputs import CaptainOrders
from agents_app.engine.modes.crew import rules
from agents_app.engine.modes.crew.crew import Crew
from agents_app.engine.modes.crew.state import CrewState, RoundState
from agents_app.services import crew as service
from sessions_app.errors import Refused
from sessions_app.events import executors


async def command(crew: Crew) -> None:
    """Ask for the orders of the next round; without orders the crew goes on to its report."""
    number = crew.state.next_round
    if number == 1:
        await executors.run(service.take_up, incident_id=crew.incident_id)
    if number > settings.CREW_MAX_ROUNDS:
        crew.state.stage = "report"
        return await crew.keep()
    names = {role: agent.name for role, agent in crew.members.items()}
    try:
        await crew.ask(
            "captain", {**await crew.brief(), "crew": names}, output=CaptainOrders, show="why", message_type="plan",
            round=number, then=partial(obey, names=names),
        )  # fmt: skip
    except Refused as failure:
        crew.note("captain", failure)
        crew.state.stage = "report"
        await crew.keep()


def obey(state: CrewState, answer: Answer, *, names: dict[str, str]) -> None:
    """Carry the orders into the state, as far as the rules allow them."""
    assert isinstance(answer.output, CaptainOrders)
    number = state.next_round
    tasks = rules.tasks(answer.output, number=number, names=names)
    if answer.output.done or not tasks:
        state.stage = "report"
        return
    state.rounds.append(RoundState(number=number, why=answer.output.why, tasks=tasks))
    state.stage = "manager"
