"""What a model has said, before anybody hears of it: the secrets in it are masked, wherever they stand."""

import json
from collections import Counter
from typing import Any

from pydantic_ai.messages import ModelResponse, TextPart, ThinkingPart, ToolCallPart

from sessions_app.masking import Mask


def hide(response: ModelResponse, mask: Mask) -> Counter[str]:
    """Mask the words of a response and the arguments of its calls in place; what was caught, by kind."""
    counts = Counter[str]()
    for part in response.parts:
        if isinstance(part, TextPart | ThinkingPart):
            masked = mask.text(part.content)
            part.content = masked.text
            counts.update(masked.counts)
        elif isinstance(part, ToolCallPart) and part.args:
            part.args, caught = _arguments(part.args, mask)
            counts.update(caught)
    return counts


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
