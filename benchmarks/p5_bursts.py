"""P5: bursts of 500 tokens to 1, 10 and 100 viewers, with and without one more who never reads; stock beside them."""

import contextlib
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.rig import table
from benchmarks.rig.bounds import give_up_after
from benchmarks.rig.served import Watcher, pumping, watcher
from tests.services.server import PASSWORD

TOKENS = 500
VIEWERS = (1, 10, 100)
ROUNDS = int(os.environ.get("P5_ROUNDS", "7"))
SERVER = os.environ.get("P5_SERVER", "daphne")
LONGEST_SECONDS = 300
MOST_RATIO = 2
# Ours with and without the one who never reads, and a plain Channels consumer with its layer as it comes.
CROWDS = {"alone": ("warroom", "none"), "mute": ("warroom", "mute"), "stock": ("stock", "none")}


class Crowd:
    def __init__(self, pid: int, screens: Watcher) -> None:
        self.pid, self.screens = pid, screens

    def burst(self) -> dict[str, Any]:
        self.screens.begin()
        self.screens.line()
        os.kill(self.pid, signal.SIGUSR1)
        told: dict[str, Any] = self.screens.read()
        return told


@contextlib.contextmanager
def crowd(home: Path, kind: str, mute: str, viewers: int) -> Iterator[Crowd]:
    password = [PASSWORD] if kind == "warroom" else []
    how = [str(viewers), str(TOKENS), mute, *password]
    with (
        pumping(home, kind, SERVER, str(TOKENS), "burst") as server,
        watcher("benchmarks.rig.burst_viewers", server.url, *how) as screens,
    ):
        yield Crowd(server.pid, screens)


def measure(viewers: int) -> dict[str, dict[str, float]]:
    """All three run side by side and burst in turns, so that what else the machine does falls on each."""
    with tempfile.TemporaryDirectory(prefix="p5-") as folder, contextlib.ExitStack() as started:
        crowds = {
            name: started.enter_context(crowd(Path(folder) / name, *kind, viewers)) for name, kind in CROWDS.items()
        }
        for one in crowds.values():
            one.burst()  # warms up; not counted
        bursts: dict[str, list[dict[str, Any]]] = {name: [] for name in crowds}
        for number in range(ROUNDS):
            for name, one in list(crowds.items())[:: 1 if number % 2 == 0 else -1]:
                bursts[name].append(one.burst())
    return {name: figures(viewers, told) for name, told in bursts.items()}


def figures(viewers: int, bursts: list[dict[str, Any]]) -> dict[str, float]:
    percentiles = [quantiles(each["ms"], n=100) for each in bursts]
    return {
        "lost": 100 * sum(each["lost"] for each in bursts) / (viewers * TOKENS * len(bursts)),
        "disorder": sum(each["disorder"] for each in bursts),
        "p50": median(each[49] for each in percentiles), "p99": median(each[98] for each in percentiles),
    }  # fmt: skip


def lines(viewers: int, measured: dict[str, dict[str, float]]) -> list[table.Line]:
    alone, mute, stock = (measured[name] for name in CROWDS)
    who = f"P5 {viewers} viewers"
    lost, disorder = max(alone["lost"], mute["lost"]), alone["disorder"] + mute["disorder"]
    return [
        table.at_most(f"{who}: tokens lost", lost, 0, " %"),
        table.at_most(f"{who}: frames out of order", disorder, 0),
        table.Line(f"{who}: lost by stock", f"{stock['lost']:.0f} %"),
        table.Line(f"{who}: a token's way, p99", f"{alone['p99']:.0f} ms"),
        table.at_most(f"{who}: p99 beside one who never reads", mute["p99"] / alone["p99"], MOST_RATIO, " times"),
    ]


def main() -> None:
    give_up_after(LONGEST_SECONDS)
    measured = {viewers: measure(viewers) for viewers in VIEWERS}
    found = [line for viewers, each in measured.items() for line in lines(viewers, each)]
    title = f"Bursts of {TOKENS} tokens under {SERVER}; medians of {ROUNDS}"
    table.summarize("p5_bursts", title, found, {"measured": measured})


if __name__ == "__main__":
    main()
