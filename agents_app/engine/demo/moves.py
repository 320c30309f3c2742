"""The next move of the demo model: a pure function of the message history and the tools offered."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    SystemPromptPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.tools import ToolDefinition

from agents_app.engine import crew_outputs, data_blocks
from agents_app.engine.demo import captain, chat, expert, operator, reporting
from agents_app.engine.demo.outcomes import Returned


@dataclass(frozen=True)
class Say:
    text: str


@dataclass(frozen=True)
class Call:
    tool: str
    args: dict[str, Any]


Move = Say | Call

# Which role is asked, by the shape of what it has to give.
ROLES: dict[frozenset[str], Callable[[dict[str, Any]], dict[str, Any]]] = {
    frozenset(crew_outputs.CaptainOrders.model_fields): captain.orders,
    frozenset(crew_outputs.ManagerActions.model_fields): operator.actions,
    frozenset(crew_outputs.ExpertAccount.model_fields): expert.account,
    frozenset(crew_outputs.ReportProse.model_fields): reporting.prose,
}


def next_move(
    messages: Sequence[ModelMessage], tools: Sequence[ToolDefinition], outputs: Sequence[ToolDefinition]
) -> Move:
    """What the demo model does next."""
    data = _data(messages)
    offered = frozenset(tool.name for tool in tools)
    for output in outputs:
        if role := ROLES.get(_fields(output)):
            return Call(output.name, role(data))
    if "action" in data:
        return _operate(data, offered, outputs)
    move = chat.move(chat.Talk(said=_said(messages), data=data, returned=_returned(messages), offered=offered))
    return Say(move) if isinstance(move, str) else Call(*move)


def _operate(data: dict[str, Any], offered: frozenset[str], outputs: Sequence[ToolDefinition]) -> Move:
    if call := operator.call(data, offered):
        return Call(*call)
    request = f"None of my tools does this: {data['action'].get('what', '')}. A person has to."
    return Call(outputs[0].name, {"request": request}) if outputs else Say(request)


def _fields(output: ToolDefinition) -> frozenset[str]:
    return frozenset(output.parameters_json_schema.get("properties", {}))


# --- Reading the history --------------------------------------------------------------------------------------------
def _data(messages: Sequence[ModelMessage]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for message in messages:
        if isinstance(message, ModelRequest):
            texts = [message.instructions or "", *(_text(part) for part in message.parts if _is_prompt(part))]
            for text in texts:
                found.update(data_blocks.read(text))
    return found


def _said(messages: Sequence[ModelMessage]) -> tuple[str, ...]:
    """What people said, in order, without the blocks beside it."""
    parts = [part for message in messages if isinstance(message, ModelRequest) for part in message.parts]
    texts = [data_blocks.outside(_text(part)) for part in parts if isinstance(part, UserPromptPart)]
    return tuple(text for text in texts if text)


def _returned(messages: Sequence[ModelMessage]) -> tuple[Returned, ...]:
    """The results that came after the newest thing a person said."""
    args: dict[str, dict[str, Any]] = {}
    found: list[Returned] = []
    for message in messages:
        for part in message.parts:
            if isinstance(part, UserPromptPart):
                found = []
            elif isinstance(part, ToolCallPart):
                args[part.tool_call_id] = part.args_as_dict()
            elif isinstance(part, ToolReturnPart):
                found.append(Returned(part.tool_name, args.get(part.tool_call_id, {}), _content(part)))
    return tuple(found)


def _content(part: ToolReturnPart) -> Any:
    """A result as JSON where it is JSON, also inside a data block."""
    text = part.model_response_str()
    if blocks := data_blocks.read(text):
        return next(iter(blocks.values()))
    try:
        return json.loads(text)
    except ValueError:
        return text


def _is_prompt(part: object) -> bool:
    return isinstance(part, SystemPromptPart | UserPromptPart)


def _text(part: Any) -> str:
    content = part.content
    return content if isinstance(content, str) else " ".join(each for each in content if isinstance(each, str))
