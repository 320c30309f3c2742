"""Thirty people's screens of Warroom: chats opened by REST, posts and replies over WebSocket. Prints `ready`, waits for
a line, chats, and prints its readings.

    python -m benchmarks.rig.warroom_client URL PASSWORD SESSIONS TOKENS
"""

import asyncio
import json
import sys
import uuid

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.rig.gate import Gate
from benchmarks.rig.stamps import Reading, now_us

LONGEST_SECONDS = 60


async def main(url: str, password: str, sessions: int, tokens: int) -> None:
    async with httpx.AsyncClient(base_url=f"{url}/api/v1/", timeout=30) as client:
        headers, rooms = await opened(client, password, sessions)
    gate = Gate(sessions)
    async with asyncio.timeout(LONGEST_SECONDS):
        print(json.dumps(await asyncio.gather(*(_chat(url, headers, room, tokens, gate) for room in rooms))))


async def opened(client: httpx.AsyncClient, password: str, sessions: int) -> tuple[dict[str, str], list[str]]:
    """What signs a person in, and so many chats of theirs."""
    signed_in = await client.post("auth/token", json={"username": "commander", "password": password})
    headers = {"Authorization": f"Bearer {signed_in.raise_for_status().json()['access']}"}
    return headers, [await _open(client, headers, number) for number in range(sessions)]


async def _open(client: httpx.AsyncClient, headers: dict[str, str], number: int) -> str:
    opened = await client.post("sessions", json={"title": f"Chat {number}", "activate": True}, headers=headers)
    return str(opened.raise_for_status().json()["id"])


async def _chat(url: str, headers: dict[str, str], room: str, tokens: int, gate: Gate) -> dict[str, object]:
    address = url.replace("http", "ws", 1) + "/ws/v1"
    protocol = [Subprotocol("warroom.v1")]
    async with connect(address, subprotocols=protocol, additional_headers=headers, compression=None) as socket:
        await socket.send(json.dumps({"t": "hello", "v": 1}))
        await socket.send(json.dumps({"t": "sub", "room": room}))
        while json.loads(await socket.recv())["t"] != "caught_up":
            pass
        await gate.passed()
        reading = Reading(now_us())
        post = {"t": "cmd", "cid": str(uuid.uuid4()), "room": room, "type": "message.send",
                "data": {"content": f"tokens={tokens}"}}  # fmt: skip
        await socket.send(json.dumps(post))
        await _read(socket, reading)
    return reading.result(tokens)


async def _read(socket: ClientConnection, reading: Reading) -> None:
    """Until the run has ended; as on a page, the message's end brings what its deltas have not."""
    async for text in socket:
        frame = json.loads(text)
        if frame["t"] == "delta":
            reading.add(frame["text"])
        elif frame["t"] == "event" and frame["type"] == "message.end":
            reading.end(frame["data"]["content"])
        elif frame["t"] == "ping":
            await socket.send(json.dumps({"t": "pong", "n": frame["n"]}))
        elif frame["t"] == "event" and frame["type"] in ("run.succeeded", "run.failed", "run.cancelled"):
            return
        elif frame["t"] in ("bye", "error") or (frame["t"] == "ack" and not frame["ok"]):
            raise SystemExit(f"refused: {text}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
