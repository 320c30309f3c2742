"""Picks what is shown out of a stream of model events: the reply's text, or one field of a typed output."""

from typing import Protocol

from pydantic_ai.messages import (
    ModelResponseStreamEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolCallPart,
    ToolCallPartDelta,
)
from pydantic_core import from_json

from agents_app.engine.checkpoint import storable


class Reader(Protocol):
    # Characters taken in, shown or not: what a limit is put on.
    size: int

    def hear(self, event: ModelResponseStreamEvent) -> bool:
        """Take an event in; true if there may be more to show."""

    def text(self) -> str:
        """All there is to show so far; it only ever grows."""


class TextReader:
    def __init__(self) -> None:
        self.size = 0
        self._pieces: list[str] = []

    def hear(self, event: ModelResponseStreamEvent) -> bool:
        piece = _text_of(event)
        if piece:
            self._pieces.append(piece)
            self.size += len(piece)
        return bool(piece)

    def text(self) -> str:
        whole = "".join(self._pieces)
        self._pieces = [whole]
        return storable(_without_half(whole))


class FieldReader:
    """Reads one text field of the output tool's arguments while their JSON is still being written."""

    def __init__(self, tool: str, field: str) -> None:
        self._tool, self._field = tool, field
        self.size = 0
        self._index: int | None = None
        self._json = ""

    def hear(self, event: ModelResponseStreamEvent) -> bool:
        if isinstance(event, PartStartEvent) and isinstance(event.part, ToolCallPart):
            if self._index is not None or event.part.tool_name != self._tool:
                return False
            self._index = event.index
            return self._add(event.part.args)
        if isinstance(event, PartDeltaEvent) and isinstance(event.delta, ToolCallPartDelta):
            return event.index == self._index and self._add(event.delta.args_delta)
        return False

    def text(self) -> str:
        if not self._json:
            return ""
        try:
            found = from_json(self._json, allow_partial="trailing-strings")
        except ValueError:
            return ""
        value = found.get(self._field) if isinstance(found, dict) else None
        return storable(value) if isinstance(value, str) else ""

    def _add(self, args: object) -> bool:
        """Arguments that come whole, as an object, are shown at the end."""
        if not isinstance(args, str) or not args:
            return False
        self._json += args
        self.size += len(args)
        return True


class Silence:
    """For what is not shown."""

    def __init__(self) -> None:
        self.size = 0

    def hear(self, event: ModelResponseStreamEvent) -> bool:
        return False

    def text(self) -> str:
        return ""


def _text_of(event: ModelResponseStreamEvent) -> str:
    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
        return event.part.content
    if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
        return event.delta.content_delta
    return ""


def _without_half(text: str) -> str:
    """Leave out the first half of a character whose second half is still to come."""
    return text[:-1] if text and "\ud800" <= text[-1] <= "\udbff" else text
