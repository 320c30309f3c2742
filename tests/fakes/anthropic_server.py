"""A fake of Anthropic's Messages API: named events, blocks by index, the arguments of tools as pieces of JSON."""

import json
from email.message import Message
from typing import Any

from tests.fakes.model_server import Called, FakeModels, Reply, Said

MODEL = "claude-fake-1"
WHY = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens", "content_filter": "refusal"}
# As the API names them: the type tells a client what it is, in a stream too, where there is no status.
TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip


class FakeAnthropic(FakeModels):
    asked_at, listed_at, model = "/v1/messages", "/v1/models", MODEL

    @property
    def url(self) -> str:
        return super().url.removesuffix("/v1")

    def reply_of(self, *parts: Said | Called, why: str) -> list[str]:
        blocks = [line for index, part in enumerate(parts) for line in _block(index, part)]
        return [*_start(), *blocks, *_end(WHY[why])]

    def begun(self, text: str) -> list[str]:
        first, *more = text.split(" ")
        return [*_start(), *_block(0, Said([first, *(f" {word}" for word in more)]))[:-1]]

    def errs_midway(self, status: int, after: str) -> Reply:
        """The server says in the stream, under its 200, what went wrong."""
        return self.reply(Reply([*self.begun(after), _event("error", **_error(status, "no"))]))

    def error_body(self, status: int, message: str) -> dict[str, Any]:
        return {"type": "error", **_error(status, message), "request_id": "req_fake"}

    def listing(self) -> dict[str, Any]:
        data = [
            {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
            for name in self.models
        ]
        return {"data": data, "has_more": False, "first_id": None, "last_id": None}

    def key_of(self, headers: Message) -> str:
        return headers.get("x-api-key", "") or headers.get("Authorization", "").removeprefix("Bearer ")


def _event(kind: str, **fields: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"


def _start() -> list[str]:
    message = {
        "id": "msg_fake", "type": "message", "role": "assistant", "model": MODEL, "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": {"input_tokens": 12, "output_tokens": 1},
    }  # fmt: skip
    return [_event("message_start", message=message), _event("ping")]


def _block(index: int, part: Said | Called) -> list[str]:
    if isinstance(part, Said):
        begin: dict[str, Any] = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": piece} for piece in part.pieces]
    else:
        begin = {"type": "tool_use", "id": part.call_id, "name": part.tool, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", *part.pieces)]
    return [
        _event("content_block_start", index=index, content_block=begin),
        *(_event("content_block_delta", index=index, delta=delta) for delta in deltas),
        _event("content_block_stop", index=index),
    ]


def _end(why: str) -> list[str]:
    delta = {"stop_reason": why, "stop_sequence": None}
    return [_event("message_delta", delta=delta, usage={"output_tokens": 5}), _event("message_stop")]


def _error(status: int, message: str) -> dict[str, Any]:
    return {"error": {"type": TYPES.get(status, "api_error"), "message": message}}
