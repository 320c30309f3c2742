"""P13: messages and their events from 16 tasks in two processes into one SQLite file; beside Django's own defaults."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.rig import table
from benchmarks.rig.bounds import give_up_after
from benchmarks.rig.served import Watcher, watcher
from tests.services.server import PASSWORD, PROJECT, environment

PROCESSES = 2
TASKS = 16
INSERTS = int(os.environ.get("P13_INSERTS", "60"))  # of each task, in each round
ROUNDS = int(os.environ.get("P13_ROUNDS", "3"))
LONGEST_SECONDS = 150


def room_in(home: Path) -> str:
    """A new database with the demo's people, and one room."""
    chosen = environment(home, WARROOM_DEMO_PASSWORD=PASSWORD)
    made = "from agents_app.serving.preparation import prepare; prepare()"
    for command in (["manage.py", "shell", "-c", made], ["-m", "benchmarks.rig.long_room", "0"]):
        done = subprocess.run([sys.executable, *command], cwd=PROJECT, env=chosen, check=True, capture_output=True)
    return done.stdout.decode().strip()


def one_round(writers: list[Watcher]) -> dict[str, Any]:
    began = time.monotonic()
    for writer in writers:
        writer.begin()
    told = [writer.read() for writer in writers]
    took = [each for one in told for each in one["ms"]]
    locked = sum(one["locked"] for one in told)
    rate = (len(took) - locked) / (time.monotonic() - began)
    return {"p99": quantiles(took, n=100)[98], "p50": median(took), "most": max(took), "locked": locked, "rate": rate}


def measure(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Ours and the defaults by turns, each on a file of its own."""
    rounds: dict[str, list[dict[str, Any]]] = {"ours": [], "stock": []}
    with ExitStack() as started:
        writers = {}
        for kind in rounds:
            home = folder / kind
            room, size = room_in(home), (str(TASKS // PROCESSES), str(INSERTS))
            more = [kind] if kind == "stock" else []
            writers[kind] = [
                started.enter_context(watcher("benchmarks.rig.inserter", room, *size, *more, WARROOM_HOME=str(home)))
                for _ in range(PROCESSES)
            ]
        for _ in range(ROUNDS):
            for kind, kept in rounds.items():
                kept.append(one_round(writers[kind]))
    return rounds


def main() -> None:
    give_up_after(LONGEST_SECONDS)
    with tempfile.TemporaryDirectory(prefix="p13-") as folder:
        rounds = measure(Path(folder))
    ours, stock = rounds["ours"], rounds["stock"]
    asked = TASKS * INSERTS * ROUNDS
    refused = sum(each["locked"] for each in stock)
    lines = [
        table.at_most("P13 inserts that found SQLite locked", sum(each["locked"] for each in ours), 0),
        table.at_most("P13 an insert, p99", median(each["p99"] for each in ours), 1000, " ms"),
        table.Line("P13 an insert, p50", f"{median(each['p50'] for each in ours):.0f} ms"),
        table.Line("P13 an insert, the slowest", f"{max(each['most'] for each in ours):.0f} ms"),
        table.Line("P13 inserts a second", f"{median(each['rate'] for each in ours):.0f}"),
        table.Line("P13 the same by Django's defaults: locked", f"{100 * refused / asked:.0f} %"),
        table.Line("P13 the same by Django's defaults: p99", f"{median(each['p99'] for each in stock):.0f} ms"),
    ]
    title = f"A message and its event, {asked} times from {TASKS} tasks in {PROCESSES} processes; medians of {ROUNDS}"
    table.summarize("p13_inserts", title, lines, {"rounds": rounds})


if __name__ == "__main__":
    main()
