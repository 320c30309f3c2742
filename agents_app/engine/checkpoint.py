"""What a run needs to go on from where it stood: the model messages, as JSON and back."""

from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelResponse,
    TextPart,
    ThinkingPart,
    ToolCallPart,
)


def dump(messages: list[ModelMessage]) -> list[Any]:
    stored: list[Any] = ModelMessagesTypeAdapter.dump_python(messages, mode="json")
    return stored


def load(stored: list[Any]) -> list[ModelMessage]:
    return ModelMessagesTypeAdapter.validate_python(stored)


def storable(text: str) -> str:
    """Text that every database and encoder takes: no NUL, and surrogates in pairs or not at all."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        # A model's JSON may bring the two halves of a character in two chunks.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def make_storable(response: ModelResponse) -> ModelResponse:
    """A response as it may be kept; what a model writes is not to break the checkpoint."""
    for part in response.parts:
        if isinstance(part, TextPart | ThinkingPart):
            part.content = storable(part.content)
        elif isinstance(part, ToolCallPart) and isinstance(part.args, str):
            part.args = storable(part.args).replace("\\u0000", "")
    return response
