"""Thirty people's screens of Chainlit: the events its own page sends and reads, over Socket.IO. Prints `ready`,
waits for a line, chats, and prints its readings.

    python -m benchmarks.peers.chainlit_client URL SESSIONS TOKENS     (by the Python that Chainlit is installed in)
"""

import asyncio
import json
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import socketio

from benchmarks.rig.gate import Gate
from benchmarks.rig.stamps import Reading, now_us

LONGEST_SECONDS = 60


async def main(url: str, sessions: int, tokens: int) -> None:
    gate = Gate(sessions)
    async with asyncio.timeout(LONGEST_SECONDS):
        print(json.dumps(await asyncio.gather(*(_chat(url, tokens, gate) for _ in range(sessions)))))


async def _chat(url: str, tokens: int, gate: Gate) -> dict[str, object]:
    socket = socketio.AsyncClient(reconnection=False)
    reading, ended = Reading(0), asyncio.Event()
    _listen(socket, reading, ended)
    known = {"sessionId": str(uuid.uuid4()), "clientType": "webapp", "userEnv": "{}", "chatProfile": "", "threadId": ""}
    await socket.connect(url, socketio_path="/ws/socket.io", auth=known, transports=["websocket"])
    await socket.emit("connection_successful")
    await gate.passed()
    reading.sent_us = now_us()
    await socket.emit("client_message", {"message": _message(tokens), "fileReferences": []})
    await ended.wait()
    await socket.emit("clear_session")
    await socket.disconnect()
    return reading.result(tokens)


def _listen(socket: socketio.AsyncClient, reading: Reading, ended: asyncio.Event) -> None:
    async def started(step: dict[str, Any]) -> None:
        reading.add(step["output"])

    async def continued(piece: dict[str, Any]) -> None:
        reading.add(piece["token"])

    async def task_ended(*_: Any) -> None:
        # One comes with the connection too.
        if reading.text:
            ended.set()

    socket.on("stream_start", started)
    socket.on("stream_token", continued)
    socket.on("task_end", task_ended)


def _message(tokens: int) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "threadId": "", "name": "user", "type": "user_message", "metadata": {},
            "output": f"tokens={tokens}", "createdAt": datetime.now(UTC).isoformat()}  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
