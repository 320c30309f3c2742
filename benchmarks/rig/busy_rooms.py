"""Rooms in which an agent streams without a pause, and one more with two screens: who posts, and who looks.

    python -m benchmarks.rig.busy_rooms URL ROOMS POSTS TOKENS [PASSWORD]

With a password it is Warroom. For each line it reads, it prints milliseconds, once all has been posted:
{post: from a post to the other screen, commit: from the row to that frame, reply: from a model's last word to the end
of the message on the screen}.
"""

import asyncio
import json
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.rig.model_server import TOKENS_A_SECOND
from benchmarks.rig.stamps import DIGITS, now_us
from benchmarks.rig.warroom_client import opened

LONGEST_SECONDS = 100
ENDS = ("run.succeeded", "run.failed", "run.cancelled")
PAUSE_SECONDS = 0.05


class Rooms:
    def __init__(self, url: str, rooms: list[str], headers: dict[str, str]) -> None:
        self.url, self.rooms, self.headers = url.replace("http", "ws", 1), rooms, headers

    @asynccontextmanager
    async def screen(self, room: str) -> AsyncIterator["Screen"]:
        """In the room, and up to date."""
        path, protocol = ("/ws/v1", [Subprotocol("warroom.v1")]) if self.headers else (f"/{room}", None)
        async with connect(
            self.url + path, subprotocols=protocol, additional_headers=self.headers, compression=None
        ) as socket:
            made = Screen(socket, room)
            if self.headers:
                await made.say(t="hello", v=1)
                await made.say(t="sub", room=room)
            await made.until("caught_up")
            yield made


class Screen:
    def __init__(self, socket: ClientConnection, room: str) -> None:
        self.socket, self.room = socket, room

    async def say(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def post(self, content: str) -> None:
        cid = str(uuid.uuid4())
        await self.say(t="cmd", cid=cid, room=self.room, type="message.send", data={"content": content})

    async def until(self, *wanted: str) -> dict[str, Any]:
        """The next event of one of these types, or frame of that name."""
        async for text in self.socket:
            frame: dict[str, Any] = json.loads(text)
            if frame["t"] == "ping":
                await self.say(t="pong", n=frame["n"])
            elif frame["t"] in ("bye", "error") or (frame["t"] == "ack" and not frame["ok"]):
                raise SystemExit(f"refused: {text!r}")
            elif frame.get("type", frame["t"]) in wanted:
                return frame
        raise SystemExit("the server closed a screen")


async def chat(rooms: Rooms, room: str, tokens: int, wait: float, shown: list[float]) -> None:
    """One reply after the other, until cancelled."""
    async with rooms.screen(room) as screen:
        await asyncio.sleep(wait)
        while True:
            await screen.post(f"tokens={tokens}")
            while (frame := await screen.until("message.end", *ENDS))["type"] not in ENDS:
                last = int(frame["data"]["content"][-DIGITS:], 16)
                shown.append((now_us() % 16**DIGITS - last) / 1000)


async def posts(rooms: Rooms, room: str, number: int) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {"post": [], "commit": []}
    async with rooms.screen(room) as who_posts, rooms.screen(room) as who_looks:
        for _ in range(number):
            began = now_us()
            await who_posts.post("And on your side?")
            told = await who_looks.until("message.created")
            took["post"].append((now_us() - began) / 1000)
            took["commit"].append((datetime.now(UTC) - datetime.fromisoformat(told["ts"])).total_seconds() * 1000)
            await asyncio.gather(who_posts.until(*ENDS), who_looks.until(*ENDS))
            await asyncio.sleep(PAUSE_SECONDS)
    return took


async def one_round(rooms: Rooms, number: int, tokens: int) -> dict[str, list[float]]:
    shown: list[float] = []
    busy = [
        asyncio.create_task(chat(rooms, room, tokens, index * 0.1, shown)) for index, room in enumerate(rooms.rooms[1:])
    ]
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            await asyncio.sleep(len(busy) * 0.1 + 1)  # all of them are under way
            took = await posts(rooms, rooms.rooms[0], number)
            while len(shown) < len(busy):  # noqa: ASYNC110  who waits is a measurement, and the list is filled by twenty
                await asyncio.sleep(0.1)
    finally:
        for task in busy:
            task.cancel()
        ended = await asyncio.gather(*busy, return_exceptions=True)
    await asyncio.sleep(tokens / TOKENS_A_SECOND)  # nobody listens any more, but the model speaks to its end
    for error in ended:
        if not isinstance(error, asyncio.CancelledError):
            raise SystemExit(f"a busy room failed: {error!r}")
    return {**took, "reply": shown}


async def main(url: str, rooms: int, number: int, tokens: int, password: str = "") -> None:
    headers: dict[str, str] = {}
    names = [f"room-{each}" for each in range(rooms + 1)]
    if password:
        async with httpx.AsyncClient(base_url=f"{url}/api/v1/", timeout=30) as client:
            headers, names = await opened(client, password, rooms + 1)
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await one_round(Rooms(url, names, headers), number, tokens)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:5]), *sys.argv[5:]))
