"""The report: facts from the log, and the expert's words around them."""

from agents_app.engine.answers import Answer
from agents_app.engine.crew_outputs import ReportProse
from agents_app.engine.modes.crew.crew import Crew
from agents_app.engine.modes.crew.state import CrewState
from agents_app.services import reports
from sessions_app.errors import Refused
from sessions_app.events import executors


async def write(crew: Crew) -> None:
    """Ask for the words of the report; without them it stands on its facts."""
    try:
        await crew.ask("reporter", await crew.brief(), output=ReportProse, then=accept)
    except Refused as failure:
        crew.note("reporter", failure)
        crew.state.stage = "filing"
        await crew.keep()


async def file(crew: Crew) -> None:
    """File the report as a new version and show it in the room, in the transaction that ends the work."""
    after = crew.state.model_copy(deep=True)
    after.stage = "done"
    await executors.run(
        reports.file,
        lease=crew.turn.lease,
        incident_id=crew.incident_id,
        author=crew.member("expert").name,
        prose=reports.Prose(trouble=tuple(after.trouble), **after.prose),
        checkpoint=after.dump(),
    )
    crew.state = after
    crew.turn.run.checkpoint = after.dump()


def accept(state: CrewState, answer: Answer) -> None:
    assert isinstance(answer.output, ReportProse)
    state.prose = answer.output.model_dump()
    state.stage = "filing"
