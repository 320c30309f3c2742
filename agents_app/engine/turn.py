"""A turn: what a mode works with while its run is at work. Asks the model, acts by tools, records under the fence."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.db import transaction
from pydantic import BaseModel
from pydantic_ai.messages import ModelMessage

from agents_app.catalogue import ToolSpec
from agents_app.engine import dispatcher, starting
from agents_app.engine.answers import Answer
from agents_app.engine.asking import Asking
from agents_app.engine.limits import LIMITS, Limits
from agents_app.engine.starting import Means
from agents_app.engine.streaming import UNMARKED, Marks
from agents_app.engine.watch import Watch
from agents_app.models import Agent, Run
from agents_app.services import directing, leases, quotas, working
from agents_app.services.leases import Lease
from sessions_app.events import executors
from sessions_app.models import ChatSession, Incident, Message

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Done:
    """The mode has nothing more to do: the run succeeded."""


@dataclass(frozen=True)
class Parked:
    """The run waits for a person: `approval`, `answer` or `outcome`."""

    waiting_for: str


@dataclass
class Turn:
    lease: Lease
    run: Run
    session: ChatSession
    agent: Agent
    incident: Incident | None
    watch: Watch
    limits: Limits = LIMITS
    # Requests to the model that were sent again in this turn.
    retried: int = 0
    # Whether the mode has taken words from the inbox: then more may have come since, and it will take those too.
    heard: bool = False
    # Whether the room knows that a quota is used up: a crew may run into it at every step.
    refused: bool = False
    # As the run started: what its agent uses, and whether people had written to it. Good for the first who asks.
    means: Means | None = None
    written_to: bool | None = None

    def __post_init__(self) -> None:
        """The run's own time, if it has one, starts now: a run taken up again after a crash gets it anew."""
        self._ends = math.inf if self.limits.run_s is None else asyncio.get_running_loop().time() + self.limits.run_s

    @property
    def seconds_left(self) -> float:
        """What is left of the run's own time."""
        return max(0.0, self._ends - asyncio.get_running_loop().time())

    @property
    def checkpoint(self) -> dict[str, Any]:
        """What the mode saved last; empty at the start of a run."""
        return self.run.checkpoint or {}

    async def ask(
        self,
        messages: list[ModelMessage],
        *,
        tools: list[ToolSpec] | None = None,
        output: type[BaseModel] | None = None,
        show: str | None = "text",
        as_agent: Agent | None = None,
        message_type: str = "text",
        round: int | None = None,
        marks: Marks = UNMARKED,
        keep: Callable[[Answer], dict[str, Any]] | None = None,
    ) -> Answer:
        """Ask the model once and stream what it says into the room as a message of the agent.

        `show`: "text" for the reply itself, a field's name for that text of the typed output, None for nothing.
        `keep`: the checkpoint after this answer; saved in the transaction that ends the message, so that a crash
        repeats neither.
        """
        self.watch.check()
        asking = Asking(
            turn=self, messages=messages, tools=tools or [], output=output, show=show, agent=as_agent or self.agent,
            message_type=message_type, round=round, marks=marks, keep=keep,
        )  # fmt: skip
        return await asking.ask()

    async def afford(self, tokens: Callable[[], int]) -> None:
        """Have the next request's share of every quota, or fail with words; the first one's came with the message."""
        if self.run.reserved is not None or not await self.read(quotas.limited, self.run):
            return
        refusal = await self.write(quotas.reserve_next, tokens=tokens(), aloud=not self.refused)
        if refusal is not None:
            self.refused = True
            raise refusal

    async def means_of(self, agent: Agent) -> Means:
        """What an agent of the run uses now; the run's own, for its first question, as it started."""
        known, self.means = self.means, None
        if known is not None and agent.pk == self.run.agent_id:
            return known
        return await self.read(starting.means_of, self.run, agent)

    async def act(self, request: dispatcher.ToolRequest) -> dispatcher.Settled | dispatcher.Waiting:
        """Have a tool call judged and run by the one place that does; a settled call answers from the ledger."""
        self.watch.check()
        return await dispatcher.dispatch(self.lease, request, within=self.seconds_left)

    async def save(self, checkpoint: dict[str, Any]) -> None:
        """Keep what the mode needs to go on from here."""
        await executors.run(partial(working.save_checkpoint, self.lease, checkpoint))
        self.run.checkpoint = checkpoint

    async def listen(self, keep: Callable[[list[Message]], dict[str, Any]]) -> list[Message]:
        """Take what people have written to the run since it last looked; `keep`: the checkpoint that holds it."""
        known, self.written_to = self.written_to, None
        if not (await self.read(directing.written_to, self.run) if known is None else known):
            return []
        taken = await self.write(directing.take, keep)
        self.heard = self.heard or bool(taken)
        return taken

    async def write(self, change: Callable[Concatenate[Run, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """One short transaction under the fence: `change(run, ...)` gets the locked run, and its locked session."""
        self.watch.check()
        return await executors.run(partial(_held, self.lease, lambda run: change(run, *args, **kwargs)))

    async def read(self, look: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Read the database without a lock."""
        self.watch.check()
        return await executors.run(partial(look, *args, **kwargs))


def _held(lease: Lease, change: Callable[[Run], T]) -> T:
    with transaction.atomic():
        return change(leases.held(lease))
