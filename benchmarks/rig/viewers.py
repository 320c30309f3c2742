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
from typing import Any, cast

import httpx

from benchmarks.rig.pump import LAST, LOUD

FRAME = b'"t":"delta"'
PING = re.compile(rb'"n":(\d+),"t":"ping"')
KEPT = 64  # bytes of the last read, for what its end cut in two
AT_ONCE = 20
LONGEST_SECONDS = 100


class Screen(asyncio.Protocol):
    def __init__(self, path: str, headers: str, first: list[dict[str, Any]]) -> None:
        self.path, self.headers, self.first = path, headers, first
        self.frames = 0
        self.tail = b""
        loop = asyncio.get_running_loop()
        self.entered: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{self.headers}\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if self.first and b"\r\n\r\n" in data:
            self._write(*self.first)
            self.first = []
        seen, before = self.tail + data, len(self.tail)
        self.frames += seen.count(FRAME) - self.tail.count(FRAME)
        for ping in PING.finditer(seen):
            if ping.end() > before:
                self._write({"t": "pong", "n": int(ping[1])})
        self._note(seen, before)
        self.tail = seen[-KEPT:]

    def connection_lost(self, error: Exception | None) -> None:
        for waited in (self.entered, self.ended):
            if not waited.done():
                waited.set_exception(error or ConnectionError("the server closed a screen"))

    def again(self) -> None:
        self.frames, self.ended = 0, asyncio.get_running_loop().create_future()

    def _note(self, seen: bytes, before: int) -> None:
        if not self.entered.done():
            if b'"t":"caught_up"' in seen:
                self.entered.set_result(None)
        elif not self.ended.done() and seen.find(LAST.encode(), max(before - len(LAST), 0)) >= 0:
            self.ended.set_result(None)

    def _write(self, *frames: dict[str, Any]) -> None:
        self.transport.write(b"".join(_masked(json.dumps(frame).encode()) for frame in frames))


def _masked(body: bytes) -> bytes:
    """A client's text frame, with the mask of zeros that RFC 6455 does not forbid."""
    size = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2, "big")
    return b"\x81" + size + bytes(4) + body


async def screens(url: httpx.URL, places: list[tuple[str, str, list[dict[str, Any]]]]) -> list[Screen]:
    loop, opened = asyncio.get_running_loop(), []
    for start in range(0, len(places), AT_ONCE):
        made = [loop.create_connection(lambda place=place: Screen(*place), url.host, url.port)  # type: ignore[misc]
                for place in places[start : start + AT_ONCE]]  # fmt: skip
        fresh = [screen for _, screen in await asyncio.gather(*made)]
        await asyncio.gather(*(screen.entered for screen in fresh))
        opened += fresh
    return opened


def warroom_places(url: httpx.URL, password: str, viewers: int, idle: int) -> list[Any]:
    with httpx.Client(base_url=url.join("/api/v1/"), timeout=30) as client:
        who = {"username": "commander", "password": password}
        access = client.post("auth/token", json=who).raise_for_status().json()["access"]
        client.headers["Authorization"] = f"Bearer {access}"
        loud, quiet = (
            client.post("sessions", json={"title": title, "activate": True}).json()["id"] for title in (LOUD, "quiet")
        )
    headers = f"Authorization: Bearer {access}\r\nSec-WebSocket-Protocol: warroom.v1\r\n"
    hello = {"t": "hello", "v": 1}
    return [("/ws/v1", headers, [hello, {"t": "sub", "room": room}]) for room in [loud] * viewers + [quiet] * idle]


async def main(url: str, viewers: int, idle: int, password: str = "") -> None:
    base = httpx.URL(url)
    plain = [(f"/{room}", "", []) for room in [LOUD] * viewers + ["quiet"] * idle]
    places = await asyncio.to_thread(warroom_places, base, password, viewers, idle) if password else plain
    loud = (await screens(base, places))[:viewers]
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        began = time.monotonic()
        async with asyncio.timeout(LONGEST_SECONDS):
            await asyncio.gather(*(screen.ended for screen in loud))
        seconds = time.monotonic() - began
        print(json.dumps({"seconds": seconds, "frames": sum(screen.frames for screen in loud)}), flush=True)
        for screen in loud:
            screen.again()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]))
