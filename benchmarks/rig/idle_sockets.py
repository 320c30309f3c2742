"""Sockets that are in a room and say nothing but what keeps them alive.

    python -m benchmarks.rig.idle_sockets URL FIRST ALL SECONDS [PASSWORD]

With a password they are Warroom's. Opens FIRST and prints `ready`; for a line, opens all the others and prints how long
that took; for another line, waits so many seconds and prints how many are still there.
"""

import asyncio
import json
import sys
import time
from functools import partial
from typing import Any

import httpx

from benchmarks.rig.bounds import open_files
from benchmarks.rig.viewers import CAUGHT_UP, Screen, opened, signed_in

A_ROOM = 100
AT_ONCE = 20
OTHER_FILES = 200
PING, PONG = 0x89, 0x8A  # the whole first byte: a frame of its own


class Idle(Screen):
    """Answers also the pings of the server itself, for which it has to know where a frame begins."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.unread: bytes | None = None  # until the hands are shaken
        self.alive = True

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.unread is None:
            _, shaken, rest = data.partition(b"\r\n\r\n")
            self.unread = rest if shaken else None
        else:
            self.unread += data
        while self.unread and (frame := first_frame(self.unread)):
            kind, body, self.unread = frame
            if kind == PING:
                self.transport.write(bytes([PONG, 0x80 | len(body)]) + bytes(4) + body)

    def connection_lost(self, error: Exception | None) -> None:
        self.alive = False
        super().connection_lost(error)


def first_frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Its first byte, its body, and what follows; nothing while it is not whole."""
    if len(data) < 2:
        return None
    size, begins = data[1], 2
    if size >= 126:
        begins = 4 if size == 126 else 10
        size = int.from_bytes(data[2:begins])
    end = begins + size
    return (data[0], data[begins:end], data[end:]) if len(data) >= end else None


def places(url: httpx.URL, access: str, rooms: list[str]) -> list[dict[str, Any]]:
    """As of who comes back and has missed nothing: a snapshot each would take longer than everything else."""
    headers = {"Authorization": f"Bearer {access}"}
    with httpx.Client(base_url=url.join("/api/v1/sessions/"), headers=headers, timeout=30) as client:
        told = [client.get(room).raise_for_status().json() for room in rooms]
    return [{"room": each["id"], "epoch": each["epoch"], "after": each["head"]} for each in told]


async def idle(url: httpx.URL, access: str, place: dict[str, Any]) -> Idle:
    headers = f"Authorization: Bearer {access}\r\nSec-WebSocket-Protocol: warroom.v1\r\n" if access else ""
    path, first = ("/ws/v1", b"\r\n\r\n") if access else (f"/{place['room']}", CAUGHT_UP)
    made = await opened(url, partial(Idle, path, headers, first=first))
    assert isinstance(made, Idle)
    if access:
        await made.say({"t": "hello", "v": 1}, until=b'"t":"welcome"')
        await made.say({"t": "sub", **place}, until=CAUGHT_UP)
    return made


async def enter(url: httpx.URL, access: str, rooms: list[dict[str, Any]]) -> list[Idle]:
    inside: list[Idle] = []
    for start in range(0, len(rooms), AT_ONCE):
        inside += await asyncio.gather(*(idle(url, access, room) for room in rooms[start : start + AT_ONCE]))
    return inside


async def main(url: str, first: int, wanted: int, seconds: int, password: str = "") -> None:
    open_files(wanted + OTHER_FILES)
    base, access, number = httpx.URL(url), "", max(wanted // A_ROOM, 1)
    known: list[dict[str, Any]] = [{"room": f"room-{each}"} for each in range(number)]
    if password:
        access, names = await asyncio.to_thread(signed_in, base, password, number)
        known = await asyncio.to_thread(places, base, access, names)
    rooms = [known[each % number] for each in range(wanted)]
    inside = await enter(base, access, rooms[:first])
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began = time.monotonic()
    inside += await enter(base, access, rooms[first:])
    print(json.dumps(time.monotonic() - began), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await asyncio.sleep(seconds)
    print(json.dumps(sum(each.alive for each in inside)), flush=True)
    await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:5]), *sys.argv[5:]))
