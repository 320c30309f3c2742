"""A fake of OpenAI's chat completions, as compatible servers speak them too."""

import json
from email.message import Message
from typing import Any

from tests.fakes.model_server import Called, FakeModels, Reply, Said

__all__ = ["MODEL", "FakeOpenAI", "Reply"]

MODEL = "fake-1"


class FakeOpenAI(FakeModels):
    asked_at, listed_at, model = "/v1/chat/completions", "/v1/models", MODEL

    def reply_of(self, *parts: Said | Called, why: str) -> list[str]:
        calls = [part for part in parts if isinstance(part, Called)]
        said = [line for part in parts if isinstance(part, Said) for line in _text(part.pieces)]
        called = [line for index, call in enumerate(calls) for line in _call(call, index)]
        return [*said, *called, *_end(why)]

    def begun(self, text: str) -> list[str]:
        first, *more = text.split(" ")
        return _text([first, *(f" {word}" for word in more)])

    def error_body(self, status: int, message: str) -> dict[str, Any]:
        return {"error": {"message": message, "type": "server_error"}}

    def listing(self) -> dict[str, Any]:
        return {"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]}

    def key_of(self, headers: Message) -> str:
        return headers.get("Authorization", "")


def _sse(**fields: Any) -> str:
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": MODEL,
        "choices": [],
        **fields,
    }
    return f"data: {json.dumps(chunk)}\n\n"


def _choice(delta: dict[str, Any], finish: str | None = None) -> str:
    return _sse(choices=[{"index": 0, "delta": delta, "finish_reason": finish}])


def _text(pieces: list[str]) -> list[str]:
    return [_choice({"role": "assistant", "content": piece}) for piece in pieces]


def _call(call: Called, index: int) -> list[str]:
    """The name first, then the arguments in pieces."""
    named = {"index": index, "id": call.call_id, "type": "function", "function": {"name": call.tool, "arguments": ""}}
    return [
        _choice({"role": "assistant", "tool_calls": [named]}),
        *(_choice({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}) for piece in call.pieces),
    ]


def _end(finish: str) -> list[str]:
    usage = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
    return [_choice({}, finish), _sse(usage=usage), "data: [DONE]\n\n"]
