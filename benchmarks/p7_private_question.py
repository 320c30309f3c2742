"""P7: a private question until its 202, alone and from sixteen connections, beside a DRF view that stores one row."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx

from benchmarks.rig import table
from benchmarks.rig.processes import running
from tests.services.ports import free_port
from tests.services.server import PASSWORD, PROJECT, environment

ALONE = int(os.environ.get("P7_ALONE", "40"))
TOGETHER = int(os.environ.get("P7_TOGETHER", "160"))
ROUNDS = int(os.environ.get("P7_ROUNDS", "3"))
CONNECTIONS = 16
LONGEST_SECONDS = 240
UNFINISHED = ("queued", "running")

Post = Callable[[int], Awaitable[None]]


@dataclass
class Measured:
    """Milliseconds a question, and questions a second."""

    alone: list[float]
    together: list[float]
    rate: float


class Warroom:
    """Each question in a chat of its own, as of so many engineers; a model of its own process answers them."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def sign_in(self) -> None:
        who = {"username": "commander", "password": PASSWORD}
        answer = (await self.client.post("/api/v1/auth/token", json=who)).raise_for_status().json()
        self.client.headers["Authorization"] = f"Bearer {answer['access']}"
        new = {"title": "Asked about", "severity": "low"}
        self.incident = (await self.client.post("/api/v1/incidents", json=new)).raise_for_status().json()["id"]

    async def prepare(self, number: int) -> None:
        self.chats = [await self._chat() for _ in range(number)]

    async def ask(self, number: int) -> str:
        body = {"incident_id": self.incident, "session_id": self.chats[number], "message": f"What of {number}?"}
        answer = await self.client.post("/api/v1/engineer-chat/send", json=body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["run_id"])

    async def rest(self, run: str) -> None:
        while (await self.client.get(f"/api/v1/runs/{run}")).json()["status"] in UNFINISHED:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def _chat(self) -> str:
        made = await self.client.post("/api/v1/engineer-chat/sessions", json={"incident_id": self.incident})
        return str(made.raise_for_status().json()["id"])


class Insert:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def sign_in(self) -> None:
        who = {"username": "commander", "password": PASSWORD}
        answer = (await self.client.post("/token", json=who)).raise_for_status().json()
        self.client.headers["Authorization"] = f"Bearer {answer['access']}"

    async def prepare(self, number: int) -> None:
        """A row needs nothing."""

    async def ask(self, number: int) -> str:
        (await self.client.post("/", json={"message": f"What of {number}?"})).raise_for_status()
        return ""

    async def rest(self, run: str) -> None:
        """Nobody answers."""


async def measure(server: Warroom | Insert) -> Measured:
    await server.prepare(ALONE + TOGETHER)
    alone, together, runs = [], [], []
    for number in range(ALONE):
        took, run = await _timed(server, number)
        alone.append(took)
        await server.rest(run)
    numbers = iter(range(ALONE, ALONE + TOGETHER))

    async def connection() -> None:
        for number in numbers:
            took, run = await _timed(server, number)
            together.append(took)
            runs.append(run)

    began = time.monotonic()
    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    rate = TOGETHER / (time.monotonic() - began)
    for run in runs:
        await server.rest(run)
    return Measured(alone, together, rate)


async def _timed(server: Warroom | Insert, number: int) -> tuple[float, str]:
    began = time.monotonic()
    run = await server.ask(number)
    return (time.monotonic() - began) * 1000, run


@contextlib.contextmanager
def servers(home: Path) -> Iterator[tuple[str, str]]:
    """All on uvicorn and SQLite."""
    models, ours, peer = free_port(), free_port(), free_port()
    chosen = {"WARROOM_BIND": f"127.0.0.1:{ours}", "WARROOM_DEMO_PASSWORD": PASSWORD, "WARROOM_RATE_MESSAGES": "0",
              "OPENAI_BASE_URL": f"http://127.0.0.1:{models}/v1", "WARROOM_MODEL": "stamps-1"}  # fmt: skip
    serve = [sys.executable, "manage.py", "serve"]
    insert = [sys.executable, "-m", "uvicorn", "benchmarks.peers.drf_insert:application", "--port", str(peer),
              "--lifespan", "off", "--no-access-log", "--log-level", "warning"]  # fmt: skip
    of_insert = environment(home, INSERT_FOLDER=str(home), INSERT_PASSWORD=PASSWORD)
    started = (
        ([sys.executable, "-m", "benchmarks.rig.model_server", str(models)], models, environment(home)),
        (serve, ours, environment(home / "home", **chosen)),
        (insert, peer, of_insert),
    )
    with contextlib.ExitStack() as stack:
        for command, port, variables in started:
            log = home / f"{port}.log"
            stack.enter_context(running(command, port=port, folder=PROJECT, log=log, environment=variables))
        yield f"http://127.0.0.1:{ours}", f"http://127.0.0.1:{peer}"


async def rounds(url: str, peer: str) -> dict[str, list[Measured]]:
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with (
        httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as ours,
        httpx.AsyncClient(base_url=peer, timeout=60, limits=limits) as theirs,
    ):
        products: dict[str, Warroom | Insert] = {"Warroom": Warroom(ours), "DRF": Insert(theirs)}
        for product in products.values():
            await product.sign_in()
        measured: dict[str, list[Measured]] = {name: [] for name in products}
        for _ in range(ROUNDS):
            for name, product in products.items():
                measured[name].append(await measure(product))
        return measured


def report(measured: dict[str, list[Measured]]) -> None:
    ours, peer = ({
        "alone": median(median(each.alone) for each in rounds),
        "p95": median(quantiles(each.together, n=20)[18] for each in rounds),
        "rate": median(each.rate for each in rounds),
    } for rounds in measured.values())  # fmt: skip
    share = ours["rate"] / peer["rate"]
    rows = [
        ["alone, p50 (ms)", f"{ours['alone']:.1f}", f"{peer['alone']:.1f}", _verdict(ours["alone"] < 10, "< 10")],
        [f"{CONNECTIONS} connections, p95 (ms)", f"{ours['p95']:.0f}", f"{peer['p95']:.0f}",
         _verdict(ours["p95"] < 150, "< 150")],
        ["requests a second", f"{ours['rate']:.0f}", f"{peer['rate']:.0f}",
         _verdict(share >= 0.5, f"{share:.2f} of it, >= 0.5")],
    ]  # fmt: skip
    print(f"\nA private question until its 202; medians of {ROUNDS} rounds, load {os.getloadavg()[0]:.1f}\n")
    table.show(["", "Warroom", "DRF insert", "target"], rows)
    lines = [
        table.at_most("P7 a private question alone, p50", ours["alone"], 10, " ms"),
        table.at_most(f"P7 {CONNECTIONS} connections, p95", ours["p95"], 150, " ms"),
        table.at_least(f"P7 {CONNECTIONS} connections, requests beside the insert's", share, 0.5, " times"),
    ]
    kept: dict[str, Any] = {"Warroom": ours, "DRF insert": peer}
    table.summarize("p7_private_question", "What is wanted of a private question", lines, kept)


def _verdict(met: bool, words: str) -> str:
    return f"{words} {'met' if met else 'MISSED'}"


def main() -> None:
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"given up after {LONGEST_SECONDS} s"))
    signal.alarm(LONGEST_SECONDS)
    with tempfile.TemporaryDirectory(prefix="p7-") as folder, servers(Path(folder)) as (url, peer):
        report(asyncio.run(rounds(url, peer)))


if __name__ == "__main__":
    main()
