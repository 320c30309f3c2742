"""Finds the function behind a tool's name."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from agents_app.catalogue import TOOLS
from agents_app.services.leases import Lease


@dataclass(frozen=True)
class Call:
    """What a tool gets besides its arguments."""

    lease: Lease
    tool_call_id: UUID
    agent_name: str
    # The same for every attempt of this call: whoever does the work twice can tell.
    idempotency_key: str


# Plain functions run in a thread; a coroutine function is for a tool that waits on the network.
Tool = Callable[[Call, Any], Any] | Callable[[Call, Any], Awaitable[Any]]


class ToolFailed(Exception):
    """The tool could not do it, and nothing was changed; the words are for the model."""


class OutcomeUnclear(Exception):
    """The order was sent and the answer never came: it may have happened."""


_TOOLS: dict[str, Tool] = {}


def tool(function: Tool) -> Tool:
    """Register the function under its own name, which stands in the catalogue."""
    name = function.__name__
    if name not in TOOLS:
        raise LookupError(f"{name} is not in the catalogue.")
    _TOOLS[name] = function
    return function


def named(name: str) -> Tool:
    return _TOOLS[name]
