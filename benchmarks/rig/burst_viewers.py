"""Screens that look at every frame of a burst; with `mute` there is one more, which never reads.

    python -m benchmarks.rig.burst_viewers URL VIEWERS FRAMES mute|none [PASSWORD]

With a password they are Warroom's. For each line it reads, it prints what came of one burst: {lost, disorder, ms}.
"""

import asyncio
import json
import re
import sys
import time
from functools import partial
from typing import Any

import httpx

from benchmarks.rig.pump import LOUD, STAMP_US, WORD
from benchmarks.rig.viewers import CAUGHT_UP, Screen, opened, signed_in

FRAME = re.compile(rb'"off":(\d+),"room":"[^"]*","run":"[^"]*","t":"delta","text":"([0-9a-f]+)"')
LONGEST_FRAME = 512
LOOKS_SECONDS = 0.02
SILENCE_SECONDS = 1.5
LONGEST_SECONDS = 60


class Reader(Screen):
    """Keeps how long each token was under way, and whether it came in its turn."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.unread = b""
        self.begin()

    def begin(self) -> None:
        self.has, self.disorder, self.ms = 0, 0, list[float]()
        self.heard = time.monotonic()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.heard, now = time.monotonic(), time.monotonic_ns() // 1000
        seen, end = self.unread + data, 0
        for found in FRAME.finditer(seen):
            end = found.end()
            self._take(int(found[1]), found[2], now)
        self.unread = seen[max(end, len(seen) - LONGEST_FRAME) :]

    def _take(self, off: int, text: bytes, now: int) -> None:
        """A frame may hold several tokens, of one that was behind."""
        self.disorder += off < self.has
        self.has = off + len(text)
        for at in range(0, len(text), len(WORD)):
            self.ms.append((now - int(text[at : at + len(WORD)], 16)) % STAMP_US / 1000)


async def reader(url: httpx.URL, access: str, room: str) -> Reader:
    if not access:
        made = await opened(url, partial(Reader, f"/{LOUD}", "", first=CAUGHT_UP))
    else:
        headers = f"Authorization: Bearer {access}\r\nSec-WebSocket-Protocol: warroom.v1\r\n"
        made = await opened(url, partial(Reader, "/ws/v1", headers))
        await made.say({"t": "hello", "v": 1}, until=b'"t":"welcome"')
        await made.say({"t": "sub", "room": room}, until=CAUGHT_UP)
    assert isinstance(made, Reader)
    return made


async def burst(readers: list[Reader], frames: int) -> dict[str, Any]:
    """Until everybody has all, or nobody has heard anything for a while."""
    whole = frames * len(WORD)
    async with asyncio.timeout(LONGEST_SECONDS):
        while any(each.has < whole for each in readers):
            await asyncio.sleep(LOOKS_SECONDS)
            if time.monotonic() - max(each.heard for each in readers) > SILENCE_SECONDS:
                break
    told = {"lost": sum(frames - len(each.ms) for each in readers), "disorder": sum(each.disorder for each in readers),
            "ms": [ms for each in readers for ms in each.ms]}  # fmt: skip
    for each in readers:
        each.begin()
    return told


async def main(url: str, viewers: int, frames: int, mute: str, password: str = "") -> None:
    base, access, rooms = httpx.URL(url), "", [LOUD]
    if password:
        access, rooms = await asyncio.to_thread(signed_in, base, password, 1)
    if mute == "mute":
        silent = await reader(base, access, rooms[0])
        silent.transport.pause_reading()
    readers = [await reader(base, access, rooms[0]) for _ in range(viewers)]
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        for each in readers:
            each.begin()
        print("set", flush=True)
        print(json.dumps(await burst(readers, frames)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]))
