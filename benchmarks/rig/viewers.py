"""Many screens in one process that cost next to nothing: they count frames in the bytes as they come.

    python -m benchmarks.rig.viewers URL VIEWERS IDLE [PASSWORD]

With a password they are Warroom's. Prints `ready` once all are in; for each line it then reads, waits for the last
frame on the last screen and prints {seconds, frames}.
"""

import asyncio
import base64
import json
import os
import re
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast

import httpx

from benchmarks.rig.pump import LAST, LOUD

DELTA = b'"t":"delta"'
CAUGHT_UP = b'"t":"caught_up"'
HANDS_SHAKEN = b"\r\n\r\n"
PING = re.compile(rb'"n":(\d+),"t":"ping"')
KEPT = 64  # bytes of the last read, for what its end cut in two
AT_ONCE = 20
LONGEST_SECONDS = 100


class Screen(asyncio.Protocol):
    """Counts `counted` in what comes, answers pings, and knows when what it waits for has come."""

    def __init__(self, path: str, headers: str, *, first: bytes = HANDS_SHAKEN, counted: bytes = DELTA) -> None:
        self.path, self.headers, self.counted = path, headers, counted
        self.wait_for(first)

    def wait_for(self, what: bytes) -> "asyncio.Future[None]":
        """From now on: what came before does not count."""
        self.awaited, self.frames, self.tail = what, 0, b""
        self.came: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        return self.came

    async def say(self, *frames: dict[str, Any], until: bytes) -> None:
        answered = self.wait_for(until)
        self._write(*frames)
        await answered

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{self.headers}\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        seen, before = self.tail + data, len(self.tail)
        self.frames += seen.count(self.counted) - self.tail.count(self.counted)
        for ping in PING.finditer(seen):
            if ping.end() > before:
                self._write({"t": "pong", "n": int(ping[1])})
        if not self.came.done() and self.awaited in seen:
            self.came.set_result(None)
        self.tail = seen[-KEPT:]

    def connection_lost(self, error: Exception | None) -> None:
        if not self.came.done():
            self.came.set_exception(error or ConnectionError("the server closed a screen"))

    def _write(self, *frames: dict[str, Any]) -> None:
        self.transport.write(b"".join(_masked(json.dumps(frame).encode()) for frame in frames))


def _masked(body: bytes) -> bytes:
    """A client's text frame, with the mask of zeros that RFC 6455 does not forbid."""
    size = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2, "big")
    return b"\x81" + size + bytes(4) + body


async def opened(url: httpx.URL, screen: Callable[[], Screen]) -> Screen:
    _, made = await asyncio.get_running_loop().create_connection(screen, url.host, url.port)
    await made.came
    return made


async def warroom_screen(url: httpx.URL, access: str, counted: bytes = DELTA) -> Screen:
    """Signed in, and in no room yet."""
    headers = f"Authorization: Bearer {access}\r\nSec-WebSocket-Protocol: warroom.v1\r\n"
    made = await opened(url, lambda: Screen("/ws/v1", headers, counted=counted))
    await made.say({"t": "hello", "v": 1}, until=b'"t":"welcome"')
    return made


async def in_warroom(url: httpx.URL, access: str, room: str) -> Screen:
    made = await warroom_screen(url, access)
    await made.say({"t": "sub", "room": room}, until=CAUGHT_UP)
    return made


async def in_plain_room(url: httpx.URL, room: str) -> Screen:
    return await opened(url, lambda: Screen(f"/{room}", "", first=CAUGHT_UP))


async def crowd(enter: Callable[[str], Awaitable[Screen]], rooms: list[str]) -> list[Screen]:
    """A screen in each of these rooms; some at a time, or the server's queue of connections would be full."""
    inside: list[Screen] = []
    for start in range(0, len(rooms), AT_ONCE):
        inside += await asyncio.gather(*(enter(room) for room in rooms[start : start + AT_ONCE]))
    return inside


def signed_in(url: httpx.URL, password: str, rooms: int) -> tuple[str, list[str]]:
    """A token, and new rooms."""
    with httpx.Client(base_url=url.join("/api/v1/"), timeout=30) as client:
        who = {"username": "commander", "password": password}
        access = client.post("auth/token", json=who).raise_for_status().json()["access"]
        client.headers["Authorization"] = f"Bearer {access}"
        new = [client.post("sessions", json={"title": f"Room {number}", "activate": True}) for number in range(rooms)]
    return access, [each.raise_for_status().json()["id"] for each in new]


async def main(url: str, viewers: int, idle: int, password: str = "") -> None:
    base = httpx.URL(url)
    rooms, enter = [LOUD, "quiet"], partial(in_plain_room, base)
    if password:
        access, rooms = await asyncio.to_thread(signed_in, base, password, 2)
        enter = partial(in_warroom, base, access)
    loud = (await crowd(enter, rooms[:1] * viewers + rooms[1:] * idle))[:viewers]
    ends = [screen.wait_for(LAST.encode()) for screen in loud]
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        began = time.monotonic()
        async with asyncio.timeout(LONGEST_SECONDS):
            await asyncio.gather(*ends)
        seconds, frames = time.monotonic() - began, sum(screen.frames for screen in loud)
        ends = [screen.wait_for(LAST.encode()) for screen in loud]
        print(json.dumps({"seconds": seconds, "frames": frames}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]))
