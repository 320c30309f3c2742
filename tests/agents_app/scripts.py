"""A scripted model: it gives what the test says, role by role, and moves like the demo model where nothing is said."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from agents_app.engine import data_blocks
from agents_app.engine.demo.moves import Call, Move, Say, next_move

ROLE_OF_FIELD = {"done": "captain", "actions": "manager", "confidence": "expert", "overview": "reporter"}


@dataclass
class Script:
    """What each role answers, in order; `broken` roles have no working model."""

    answers: dict[str, list[Any]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    prompts: list[tuple[str, str]] = field(default_factory=list)

    def gives(self, role: str, *answers: Any) -> "Script":
        """Dicts are typed outputs; the operator's are (tool, args), or text."""
        self.answers.setdefault(role, []).extend(answers)
        return self

    def breaks(self, *roles: str) -> "Script":
        self.broken |= set(roles)
        return self

    def model(self) -> Model:
        return FunctionModel(stream_function=self._stream, model_name="scripted")

    async def _stream(self, messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
        role = role_of(info)
        self.prompts.append((role, "\n".join(str(part.content) for m in messages for part in m.parts)))  # type: ignore[union-attr]
        if role in self.broken:
            raise ModelHTTPError(status_code=401, model_name="scripted")
        waiting = self.answers.get(role)
        move = (
            self._move(waiting.pop(0), info) if waiting else next_move(messages, info.function_tools, info.output_tools)
        )
        if isinstance(move, Say):
            yield move.text
            return
        yield {0: DeltaToolCall(move.tool, "", tool_call_id="the-same-each-time")}
        text = json.dumps(move.args)
        for start in range(0, len(text), 40):
            yield {0: DeltaToolCall(json_args=text[start : start + 40])}

    def _move(self, answer: Any, info: AgentInfo) -> Move:
        if isinstance(answer, str):
            return Say(answer)
        if isinstance(answer, tuple):
            return Call(*answer)
        return Call(info.output_tools[0].name, answer)

    def data(self, role: str) -> list[dict[str, Any]]:
        """The data blocks each question to a role carried."""
        return [data_blocks.read(prompt) for who, prompt in self.prompts if who == role]


def role_of(info: AgentInfo) -> str:
    for output in info.output_tools:
        for name in output.parameters_json_schema["properties"]:
            if name in ROLE_OF_FIELD:
                return ROLE_OF_FIELD[name]
    return "operator"
