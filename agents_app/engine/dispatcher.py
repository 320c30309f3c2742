"""The one place where a tool call is judged and run, whatever agent, mode or sub-agent it comes from."""

from dataclasses import dataclass
from typing import Any

from agents_app.models import Agent, ToolCall
from agents_app.services.leases import Lease


@dataclass(frozen=True)
class ToolRequest:
    """A call as a model made it. `ordinal` counts the model's responses in the run: providers reuse call ids."""

    ordinal: int
    call_id: str
    tool: str
    args: dict[str, Any] | str
    agent: Agent
    reason: str = ""
    step: str = ""
    via: str = "tool"


@dataclass(frozen=True)
class Settled:
    """The call has its outcome; `text` is what the model is told, inside a data block."""

    tool_call: ToolCall
    text: str


@dataclass(frozen=True)
class Waiting:
    """A person must decide first: `approval`, `answer` or `outcome`. Park, and dispatch again when woken."""

    tool_call: ToolCall
    waiting_for: str


async def dispatch(lease: Lease, request: ToolRequest) -> Settled | Waiting:
    """Judge a call and run it, or say for whom it waits. Calling again with the same request goes on where it stood."""
    raise NotImplementedError
