"""The offline demo model: answers without any provider, by the same path as any model; never a silent fallback."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator

from django.conf import settings
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from agents_app.engine.demo.moves import Call, Say, next_move

NAME = "offline-demo"
_TOKEN = re.compile(r"\s*\S{1,8}|\s+")


def model() -> Model:
    """A pydantic-ai model whose next move is a pure function of what it is given."""
    return FunctionModel(stream_function=_stream, model_name=NAME)


async def _stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
    move = next_move(messages, info.function_tools, info.output_tools)
    pieces = _said(move) if isinstance(move, Say) else _called(move, len(messages))
    for piece in pieces:
        # The pace of a real model, so that what people see here is what they will see with one.
        if settings.WARROOM_DEMO_TOKEN_MS:
            await asyncio.sleep(settings.WARROOM_DEMO_TOKEN_MS / 1000)
        yield piece


def _said(move: Say) -> Iterator[str]:
    yield from _TOKEN.findall(move.text) or [" "]


def _called(move: Call, step: int) -> Iterator[DeltaToolCalls]:
    yield {0: DeltaToolCall(move.tool, "", tool_call_id=f"demo-{step}")}
    for token in _TOKEN.findall(json.dumps(move.args, ensure_ascii=False)):
        yield {0: DeltaToolCall(json_args=token)}
