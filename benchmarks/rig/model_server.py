"""A model server for measurements: OpenAI's wire, as many replies at once as are asked for, each at its own pace.

    python -m benchmarks.rig.model_server PORT

`tokens=160` in the last message asks for so many tokens; a message without it gets one word.
"""

import asyncio
import json
import re
import sys
from asyncio import StreamReader, StreamWriter
from typing import Any

from benchmarks.rig import stamps

TOKENS_A_SECOND = 20
THINKS_SECONDS = 0.25
MODEL = "stamps-1"
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: {}\r\n"
WANTED = re.compile(r"tokens=(\d+)")


async def serve_client(reader: StreamReader, writer: StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            asked_us = stamps.now_us()
            length = re.search(r"content-length: *(\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length[1])) if length else b""
            if head.startswith("POST"):
                await _reply(writer, json.loads(body), asked_us)
            else:
                _list_models(writer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def _list_models(writer: StreamWriter) -> None:
    body = json.dumps({"object": "list", "data": [{"id": MODEL, "object": "model"}]})
    writer.write(f"{HEAD.format('application/json')}Content-Length: {len(body)}\r\n\r\n{body}".encode())


async def _reply(writer: StreamWriter, asked: dict[str, Any], asked_us: int) -> None:
    writer.write(f"{HEAD.format('text/event-stream')}Transfer-Encoding: chunked\r\n\r\n".encode())
    wanted = WANTED.search(str(asked["messages"][-1]["content"]))
    if wanted is None:
        _chunk(writer, _choice("Hello."))
    else:
        await _speak(writer, int(wanted[1]), asked_us)
    _chunk(writer, _choice(None))
    usage = {"prompt_tokens": 12, "completion_tokens": 12, "total_tokens": 24}
    _chunk(writer, _event([], usage=usage) + "data: [DONE]\n\n")
    writer.write(b"0\r\n\r\n")


async def _speak(writer: StreamWriter, tokens: int, asked_us: int) -> None:
    """By the clock and not by pauses: a pause that took longer does not slow the reply down."""
    loop = asyncio.get_running_loop()
    begins = loop.time() + THINKS_SECONDS
    for number in range(tokens):
        await asyncio.sleep(max(begins + number / TOKENS_A_SECOND - loop.time(), 0))
        _chunk(writer, _choice(stamps.next_word() if number else stamps.first_words(asked_us)))


def _choice(text: str | None) -> str:
    delta = {} if text is None else {"role": "assistant", "content": text}
    return _event([{"index": 0, "delta": delta, "finish_reason": "stop" if text is None else None}])


def _event(choices: list[dict[str, Any]], **fields: Any) -> str:
    chunk = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": choices, **fields}
    return f"data: {json.dumps(chunk)}\n\n"


def _chunk(writer: StreamWriter, text: str) -> None:
    writer.write(f"{len(text):X}\r\n{text}\r\n".encode())


async def main(port: int) -> None:
    server = await asyncio.start_server(serve_client, "127.0.0.1", port, backlog=500)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
