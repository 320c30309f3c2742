"""What a person's decision is bound to."""

from typing import Any
from uuid import UUID

from sessions_app.canonical import sha256


def digest(
    *,
    organization: UUID,
    session: UUID,
    run: UUID,
    step: str,
    agent: str,
    tool: str,
    tool_schema: str,
    arguments: dict[str, Any],
    policy: dict[str, Any],
    version: int,
) -> str:
    """The request as a whole: a decision echoes it, so nobody decides about something else than what was shown."""
    asked = {
        "organization": str(organization),
        "session": str(session),
        "run": str(run),
        "step": step,
        "agent": agent,
        "tool": tool,
        "tool_schema": tool_schema,
        "arguments": arguments,
        "policy": policy,
        "version": version,
    }
    return f"sha256:{sha256(asked)}"


def fingerprint(*, tool: str, tool_schema: str, arguments: dict[str, Any], policy: dict[str, Any]) -> str:
    """The same request whoever asks and however often. The policy counts, since it names who may not decide."""
    return sha256({"tool": tool, "tool_schema": tool_schema, "arguments": arguments, "policy": policy})
