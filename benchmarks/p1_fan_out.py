"""P1, P2, P3: one room's frames to many screens. Warroom beside a stock Channels consumer, and beside ready bytes."""

import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.rig import table
from benchmarks.rig.bounds import give_up_after
from benchmarks.rig.processes import cpu_seconds
from benchmarks.rig.served import Watcher, pumping, watcher
from tests.services.server import PASSWORD

ROUNDS = int(os.environ.get("P1_ROUNDS", "3"))
IDLE = int(os.environ.get("P1_IDLE", "3000"))
LONGEST_SECONDS = 900
# Frames of a round, so that each takes seconds on its server.
FRAMES = {("warroom", 100): 2000, ("warroom", 500): 400, ("stock", 100): 200, ("stock", 500): 40,
          ("floor", 100): 4000}  # fmt: skip


class Setup(NamedTuple):
    kind: str
    server: str
    viewers: int
    idle: int = 0


@dataclass(frozen=True)
class Case:
    """One measured pair, and what our figure may be of the peer's: at least, or at most."""

    name: str
    figure: str
    ours: Setup
    peer: Setup
    at_least: float | None = None
    at_most: float | None = None

    def verdict(self, ratio: float) -> tuple[str, bool | None]:
        if self.at_least is not None:
            return f">= {self.at_least:g}", ratio >= self.at_least
        if self.at_most is not None:
            return f"<= {self.at_most:g}", ratio <= self.at_most
        return "", None


def _beside_stock(server: str, viewers: int, at_least: float) -> Case:
    ours, peer = (Setup(kind, server, viewers) for kind in ("warroom", "stock"))
    return Case(f"P1 {viewers} viewers, {server}", "rate", ours, peer, at_least=at_least)


def _idle_elsewhere(kind: str, at_most: float | None = None) -> Case:
    ours, peer = (Setup(kind, "uvicorn", 100, idle) for idle in (IDLE, 0))
    return Case(f"P3 {IDLE} idle sockets elsewhere, {kind}, beside none", "cpu", ours, peer, at_most=at_most)


CASES = (
    _beside_stock("daphne", 100, 8),
    _beside_stock("daphne", 500, 10),
    _beside_stock("uvicorn", 100, 10),
    _beside_stock("uvicorn", 500, 15),
    Case("P2 100 viewers, uvicorn, beside the floor", "cpu", Setup("warroom", "uvicorn", 100),
         Setup("floor", "uvicorn", 100), at_most=2.5),
    _idle_elsewhere("warroom", at_most=1.3),
    _idle_elsewhere("stock"),
)  # fmt: skip
UNITS = {"rate": "frames/s", "cpu": "us/frame"}


class Crowd:
    """A server that pours when told, and the screens that watch it."""

    def __init__(self, pid: int, screens: Watcher) -> None:
        self.pid, self.screens = pid, screens

    def round(self) -> dict[str, float]:
        before = cpu_seconds(self.pid)
        self.screens.begin()
        os.kill(self.pid, signal.SIGUSR1)
        seen = self.screens.read()
        spent = cpu_seconds(self.pid) - before
        return {"rate": seen["frames"] / seen["seconds"], "cpu": spent * 1e6 / seen["frames"]}


@contextlib.contextmanager
def crowd(home: Path, setup: Setup) -> Iterator[Crowd]:
    password = [PASSWORD] if setup.kind == "warroom" else []
    frames = str(FRAMES[setup.kind, setup.viewers])
    with (
        pumping(home, setup.kind, setup.server, frames) as server,
        watcher("benchmarks.rig.viewers", server.url, str(setup.viewers), str(setup.idle), *password) as screens,
    ):
        yield Crowd(server.pid, screens)


def measure(case: Case) -> tuple[list[float], list[float]]:
    """Both run side by side and pour in turns, so that what else the machine does falls on both."""
    with tempfile.TemporaryDirectory(prefix="p1-") as folder, contextlib.ExitStack() as started:
        ours = started.enter_context(crowd(Path(folder) / "ours", case.ours))
        peer = started.enter_context(crowd(Path(folder) / "peer", case.peer))
        for one in (ours, peer):
            one.round()  # warms up; not counted
        rounds: tuple[list[float], list[float]] = ([], [])
        for number in range(ROUNDS):
            for one, kept in ((ours, rounds[0]), (peer, rounds[1]))[:: 1 if number % 2 == 0 else -1]:
                kept.append(one.round()[case.figure])
        return rounds


def lines(measured: dict[str, dict[str, Any]]) -> list[table.Line]:
    return [
        table.Line(
            name, f"{each['ours']:.0f} : {each['peer']:.0f} {each['unit']}, {each['ratio']:.2f}", *each["target"]
        )
        for name, each in measured.items()
    ]


def judged(case: Case) -> dict[str, Any]:
    ours, peer = measure(case)
    ratio = median(ours) / median(peer)
    return {"ours": median(ours), "peer": median(peer), "unit": UNITS[case.figure], "ratio": ratio,
            "target": case.verdict(ratio), "rounds": {"ours": ours, "peer": peer}}  # fmt: skip


def main() -> None:
    give_up_after(LONGEST_SECONDS)
    wanted = sys.argv[1:]
    measured = {case.name: judged(case) for case in CASES if not wanted or any(word in case.name for word in wanted)}
    title = f"Frames to many screens, ours : the peer's, and the ratio; medians of {ROUNDS} rounds"
    table.summarize("p1_fan_out", title, lines(measured), {"rounds": ROUNDS, "cases": measured})


if __name__ == "__main__":
    main()
