"""What a model has said, before anybody hears of it: the secrets in it are masked, wherever they stand."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from sessions_app.masking import Mask


def hide(response: ModelResponse, mask: Mask) -> Counter[str]:
    """Mask the words of a response and the arguments of its calls in place; what was caught, by kind."""
    counts = Counter[str]()
    for part in response.parts:
        if isinstance(part, TextPart | ThinkingPart):
            masked = mask.text(part.content)
            if masked.counts and isinstance(part, ThinkingPart):
                part.signature = None  # it is for the words as they were; a server refuses others under it
            part.content = masked.text
            counts.update(masked.counts)
        elif isinstance(part, ToolCallPart) and part.args:
            part.args, caught = _arguments(part.args, mask)
            counts.update(caught)
    return counts


def told(messages: Iterable[ModelMessage]) -> Iterator[str]:
    """What the organisation's people, alerts and files say in a request, and tools that read them; not instructions."""
    for message in messages:
        for part in message.parts:
            if isinstance(part, UserPromptPart | ToolReturnPart):
                yield part.content if isinstance(part.content, str) else json.dumps(part.content, default=str)


def _arguments(args: Any, mask: Mask) -> tuple[Any, Counter[str]]:
    """As they were written unless something is caught; what is no JSON is a text like any other."""
    try:
        given = json.loads(args) if isinstance(args, str) else args
    except (ValueError, RecursionError):
        masked = mask.text(str(args))
        return masked.text, masked.counts
    hidden, caught = mask.value(given)
    if not caught:
        return args, caught
    return json.dumps(hidden, ensure_ascii=False) if isinstance(args, str) else hidden, caught
