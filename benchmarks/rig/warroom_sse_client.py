"""Thirty programs that follow a reply of Warroom by Server-Sent Events, each line as it comes: a stock client. Prints
`ready`, waits for a line, chats, and prints its readings.

    python -m benchmarks.rig.warroom_sse_client URL PASSWORD SESSIONS TOKENS
"""

import asyncio
import json
import sys

import httpx

from benchmarks.rig.gate import Gate
from benchmarks.rig.stamps import Reading, now_us
from benchmarks.rig.warroom_client import LONGEST_SECONDS, opened


async def main(url: str, password: str, sessions: int, tokens: int) -> None:
    gate, limits = Gate(sessions), httpx.Limits(max_connections=sessions)
    async with httpx.AsyncClient(base_url=f"{url}/api/v1/", timeout=LONGEST_SECONDS, limits=limits) as client:
        headers, rooms = await opened(client, password, sessions)
        async with asyncio.timeout(LONGEST_SECONDS):
            chats = (_chat(client, headers, room, tokens, gate) for room in rooms)
            print(json.dumps(await asyncio.gather(*chats)))


async def _chat(
    client: httpx.AsyncClient, headers: dict[str, str], room: str, tokens: int, gate: Gate
) -> dict[str, object]:
    body = {"content": f"tokens={tokens}", "stream": True}
    await gate.passed()
    reading = Reading(now_us())
    async with client.stream("POST", f"sessions/{room}/chat", json=body, headers=headers) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                _read(json.loads(line.removeprefix("data: ")), reading)
    return reading.result(tokens)


def _read(told: dict[str, object], reading: Reading) -> None:
    if told["type"] == "content":
        reading.add(str(told["data"]))
    elif told["type"] == "done":
        reading.end(str(told["content"]))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
