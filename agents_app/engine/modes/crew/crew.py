"""The crew at work on one incident: its state, its people, and the ways to ask, to keep and to listen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from pydantic import BaseModel

from agents_app.catalogue import ToolSpec
from agents_app.engine.answers import Answer
from agents_app.engine.modes.crew import briefing, prompts
from agents_app.engine.modes.crew.state import CrewState
from agents_app.engine.turn import Turn
from agents_app.models import Agent, Run
from agents_app.services import crew as service
from agents_app.services import plans, working
from sessions_app.errors import Refused


@dataclass
class Crew:
    turn: Turn
    state: CrewState
    members: dict[str, Agent]

    @classmethod
    async def assemble(cls, turn: Turn) -> "Crew":
        """Take the work up from where the checkpoint says it stood."""
        members = await turn.read(service.members, turn.agent)
        crew = cls(turn, CrewState.load(turn.checkpoint), members)
        await crew.keep()
        return crew

    @property
    def incident_id(self) -> UUID:
        assert self.turn.incident is not None, "a crew works on an incident"
        return self.turn.incident.pk

    def member(self, role: str) -> Agent:
        """Who plays a role; the captain stands in where an organisation has nobody for it."""
        return self.members.get(role, self.turn.agent)

    async def brief(self, *names: str) -> dict[str, Any]:
        """What is known now; of `names` only, if any are given."""
        data = await self.turn.read(briefing.brief, self.incident_id, self.state, max_rounds=settings.CREW_MAX_ROUNDS)
        return {name: data[name] for name in names} if names else data

    async def ask(
        self,
        role: str,
        data: dict[str, Any],
        *,
        then: Callable[[CrewState, Answer], None],
        output: type[BaseModel] | None = None,
        tools: list[ToolSpec] | None = None,
        show: str | None = None,
        message_type: str = "text",
        round: int | None = None,
    ) -> None:
        """Ask a role once. `then` carries the answer into the state, kept in the transaction that ends the message."""
        after = self.state.model_copy(deep=True)

        def keep(answer: Answer) -> dict[str, Any]:
            after.asked += 1
            then(after, answer)
            return after.dump()

        agent = self.member("expert" if role == "reporter" else role)
        await self.turn.ask(
            prompts.compose(role, agent, data), tools=tools, output=output, show=show, as_agent=agent,
            message_type=message_type, round=round, keep=keep,
        )  # fmt: skip
        self.state = after
        await self.turn.write(plans.draw, nodes=self.state.nodes())

    async def keep(self) -> None:
        """Store the state, and draw the plan from it, in one transaction."""
        checkpoint = self.state.dump()
        await self.turn.write(keep, checkpoint=checkpoint, state=self.state)
        self.turn.run.checkpoint = checkpoint

    async def listen(self) -> None:
        """Take what people wrote to the crew since its last step, and say that it was read."""
        heard = self.state.model_copy(deep=True)
        if await self.turn.write(hear, state=heard):
            self.state = heard
            self.turn.run.checkpoint = heard.dump()

    def note(self, role: str, failure: Refused) -> None:
        """Remember for the report what kept a role from its part."""
        self.state.trouble.append(f"{blamed(role, failure)}: {failure.detail} ({failure.code})")


def blamed(role: str, failure: Refused) -> str:
    """A model that was never asked has not failed."""
    asked = failure.code != "QUOTA_EXCEEDED"
    return f"The {role}'s model failed" if asked else f"The {role} could not ask its model"


def keep(run: Run, checkpoint: dict[str, Any], state: CrewState) -> None:
    working.keep(run, checkpoint)
    plans.draw(run, state.nodes())


def hear(run: Run, state: CrewState) -> bool:
    """Move the inbox into the state and acknowledge each message in the room; the run is held."""
    messages = service.take_messages(run)
    state.hear([(each.sender_name, each.content) for each in messages], max_rounds=settings.CREW_MAX_ROUNDS)
    if messages:
        keep(run, state.dump(), state)
    return bool(messages)
