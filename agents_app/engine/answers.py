"""What comes back from a model."""

from dataclasses import dataclass, field
from uuid import UUID

from pydantic import BaseModel
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart


@dataclass(frozen=True)
class Answer:
    """A complete model response; `output` is the typed one if one was wanted and given."""

    response: ModelResponse
    text: str
    output: BaseModel | None = None
    message_id: UUID | None = None
    # Answers that did not fit and what was said to them, before this response.
    corrections: list[ModelMessage] = field(default_factory=list)

    @property
    def calls(self) -> list[ToolCallPart]:
        """The tools the model wants to use; a typed output is none of them."""
        return [] if self.output is not None else list(self.response.tool_calls)
