"""Expert: sums the round up, whatever became of it."""

from agents_app.engine.answers import Answer
from agents_app.engine.crew_outputs import ExpertAccount
from agents_app.engine.modes.crew.crew import Crew, blamed
from agents_app.engine.modes.crew.state import CrewState, RoundState, Status
from agents_app.services import plans, rounds
from sessions_app.errors import Refused
from sessions_app.events import executors


async def account(crew: Crew) -> None:
    """Ask for the account of the round; without an expert the state speaks for itself."""
    number = crew.state.round.number
    try:
        await crew.ask(
            "expert", await crew.brief(), output=ExpertAccount, show="summary", message_type="summary", round=number,
            then=accept,
        )  # fmt: skip
    except Refused as failure:
        crew.note("expert", failure)
        plain = f"{blamed('expert', failure)} ({failure.code}). {_plain(crew.state.round)}"
        _close(crew.state, ExpertAccount(summary=plain))
        await crew.keep()


async def publish(crew: Crew) -> None:
    """Make the account the incident's newest summary, once, and go on to the next round."""
    after = crew.state.model_copy(deep=True)
    after.stage = "captain"
    told = ExpertAccount.model_validate(after.round.account)
    await executors.run(
        rounds.summarize,
        lease=crew.turn.lease,
        incident_id=crew.incident_id,
        account=rounds.Account(
            round=after.round.number,
            summary=told.summary,
            findings=[each.model_dump() for each in told.findings],
            suggestions=told.suggestions,
            confidence=told.confidence,
        ),
        checkpoint=after.dump(),
    )
    crew.state = after
    crew.turn.run.checkpoint = after.dump()
    await crew.turn.write(plans.draw, nodes=after.nodes())


def accept(state: CrewState, answer: Answer) -> None:
    assert isinstance(answer.output, ExpertAccount)
    _close(state, answer.output)


def _close(state: CrewState, told: ExpertAccount) -> None:
    state.round.account = told.model_dump()
    state.round.status = Status.SUCCEEDED
    state.stage = "summary"


def _plain(round_: RoundState) -> str:
    """The round in the words of its own tasks."""
    told = [f"{task.goal}: {task.status}{f' ({task.error})' if task.error else ''}." for task in round_.tasks]
    return " ".join([f"Round {round_.number}.", *told])
