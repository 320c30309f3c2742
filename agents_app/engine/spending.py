"""What a request to a model took: as its server counts, or estimated; written down with the end of its answer."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from pydantic_ai.messages import ModelRequestPart, ModelResponse, ModelResponsePart, ToolCallPart

from agents_app.models import Agent, Run
from agents_app.services import leases, quotas, working
from agents_app.services import usage as took
from agents_app.services.configuring import Chosen
from agents_app.services.leases import Lease
from sessions_app import actors
from sessions_app.services import masks


@dataclass
class Usage:
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False

    def add(self, response: ModelResponse, *, demo: bool) -> None:
        """A server that counts nothing gets an estimate of four characters a token, marked as one."""
        self.requests += 1
        self.input_tokens += response.usage.input_tokens
        self.output_tokens += response.usage.output_tokens or _estimated(response)
        self.estimated = self.estimated or demo or not response.usage.output_tokens

    def add_unfinished(self, asked_tokens: int, so_far: ModelResponse | None) -> None:
        """What an unfinished answer took is known to nobody; a server that told what it has read is believed."""
        self.requests += 1
        self.input_tokens += (so_far.usage.input_tokens if so_far else 0) or asked_tokens
        self.output_tokens += _estimated(so_far) if so_far else 0
        self.estimated = True


def record(
    run: Run, *, usage: Usage, checkpoint: dict[str, Any] | None, chosen: Chosen, agent: Agent, caught: Counter[str]
) -> None:
    """Write on a run that is held what its request took, and what was masked in the answer."""
    if agent.pk == run.agent_id:  # the run's row tells of its own agent
        working.use(run, chosen)
    took.add(
        run, agent=agent, chosen=chosen, requests=usage.requests, input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens, estimated=usage.estimated,
    )  # fmt: skip
    if checkpoint is not None:
        working.note(run, checkpoint)
    organization_id = run.session.organization_id
    masks.note(caught, organization_id=organization_id, thing=run, where="reply", by=actors.agent(agent.name))


def held_record(lease: Lease, then: Callable[[Run], None]) -> None:
    """The same where nothing else is written."""
    with transaction.atomic():
        run = leases.held(lease)
        then(run)
        working.write_step(run)


def _estimated(response: ModelResponse) -> int:
    return quotas.estimate("".join(written(part) for part in response.parts), reply=0)


def written(part: ModelRequestPart | ModelResponsePart) -> str:
    """A part as the model reads or writes it, more or less."""
    if isinstance(part, ToolCallPart):
        return f"{part.tool_name} {part.args_as_json_str()}"
    return str(getattr(part, "content", ""))
