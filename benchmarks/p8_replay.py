"""P8: a thousand missed events, from the ring and from the database, beside a DRF list of the same rows."""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median

import httpx

from benchmarks.rig import table
from benchmarks.rig.bounds import give_up_after
from benchmarks.rig.processes import running
from benchmarks.rig.viewers import CAUGHT_UP, Screen, warroom_screen
from tests.services.ports import free_port
from tests.services.server import PASSWORD, PROJECT, environment

MISSED = 1000
ROUNDS = int(os.environ.get("P8_ROUNDS", "15"))
LONGEST_SECONDS = 170
TARGETS = {"the database": 3, "the ring": 20}


class Replays:
    """One person who was away for a thousand events, again and again."""

    def __init__(self, url: str, peer: str, access: str, room: str) -> None:
        self.url, self.peer, self.access, self.room = url, peer, access, room
        self.headers = {"Authorization": f"Bearer {access}"}

    async def by_list(self) -> float:
        async with httpx.AsyncClient(timeout=60) as client:
            await client.get(f"{self.peer}/{self.room}?after={10**9}")  # the connection is there in each of the three
            began = time.monotonic()
            answer = await client.get(f"{self.peer}/{self.room}?after={self.head - MISSED}")
            took = time.monotonic() - began
        return _checked(took, len(answer.raise_for_status().json()))

    async def from_database(self) -> float:
        """Nobody else is in the room, so this process knows nothing of it yet."""
        screen = await self._screen()
        took = await self._missed(screen)
        screen.transport.close()
        return took

    async def from_ring(self) -> float:
        here, screen = await self._screen(), await self._screen()
        await self._missed(here)
        took = await self._missed(screen)
        for each in (here, screen):
            each.transport.close()
        return took

    async def learn_head(self) -> None:
        """The first time in a room is an event too."""
        screen = await self._screen()
        await screen.say({"t": "sub", "room": self.room}, until=b'"participant.joined"')
        screen.transport.close()
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:
            session = (
                (await client.get(f"/api/v1/sessions/{self.room}", headers=self.headers)).raise_for_status().json()
            )
        self.epoch, self.head = session["epoch"], session["head"]

    async def _screen(self) -> Screen:
        return await warroom_screen(httpx.URL(self.url), self.access, counted=b'"t":"event"')

    async def _missed(self, screen: Screen) -> float:
        began = time.monotonic()
        place = {"epoch": self.epoch, "after": self.head - MISSED}
        await screen.say({"t": "sub", "room": self.room, **place}, until=CAUGHT_UP)
        return _checked(time.monotonic() - began, screen.frames)


def _checked(took: float, events: int) -> float:
    if events != MISSED:
        raise SystemExit(f"{events} events came instead of {MISSED}")
    return took * 1000


@contextlib.contextmanager
def servers(home: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Both on uvicorn, over one database."""
    ours, peer = free_port(), free_port()
    chosen = environment(home / "home", WARROOM_BIND=f"127.0.0.1:{ours}", WARROOM_DEMO_PASSWORD=PASSWORD)
    serve = [sys.executable, "manage.py", "serve"]
    listing = [sys.executable, "-m", "uvicorn", "benchmarks.peers.drf_list:application", "--port", str(peer),
               "--lifespan", "off", "--no-access-log", "--log-level", "warning"]  # fmt: skip
    with (
        running(serve, port=ours, folder=PROJECT, log=home / "ours.log", environment=chosen),
        running(listing, port=peer, folder=PROJECT, log=home / "peer.log", environment=chosen),
    ):
        yield f"http://127.0.0.1:{ours}", f"http://127.0.0.1:{peer}", chosen


async def measure(replays: Replays) -> dict[str, list[float]]:
    await replays.learn_head()
    ways: dict[str, Callable[[], Awaitable[float]]] = {
        "DRF list": replays.by_list, "the database": replays.from_database, "the ring": replays.from_ring,
    }  # fmt: skip
    for way in ways.values():
        await way()  # warms up; not counted
    rounds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            rounds[name].append(await way())
    return rounds


def lines(rounds: dict[str, list[float]]) -> list[table.Line]:
    peer = median(rounds["DRF list"])
    found = [table.Line(f"P8 {MISSED} missed events by a DRF list of the rows", f"{peer:.1f} ms")]
    for name, wanted in TARGETS.items():
        ours = median(rounds[name])
        measured, met = f"{ours:.1f} ms, {peer / ours:.1f} times as fast", peer / ours >= wanted
        found.append(table.Line(f"P8 {MISSED} missed events from {name}", measured, f">= {wanted} times", met))
    return found


def main() -> None:
    give_up_after(LONGEST_SECONDS)
    with tempfile.TemporaryDirectory(prefix="p8-") as folder, servers(Path(folder)) as (url, peer, chosen):
        command = [sys.executable, "-m", "benchmarks.rig.long_room", str(MISSED + 100)]
        room = subprocess.run(command, cwd=PROJECT, env=chosen, check=True, capture_output=True, text=True)
        who = {"username": "commander", "password": PASSWORD}
        access = httpx.post(f"{url}/api/v1/auth/token", json=who, timeout=30).raise_for_status().json()["access"]
        rounds = asyncio.run(measure(Replays(url, peer, access, room.stdout.strip())))
    title = f"{MISSED} missed events to one client; medians of {ROUNDS} rounds"
    table.summarize("p8_replay", title, lines(rounds), {"rounds": rounds})


if __name__ == "__main__":
    main()
