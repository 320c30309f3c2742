"""P10: a page of 50 in a session of 100,000 messages and in a list of 1,000 sessions: the first and the last."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from benchmarks.rig import table
from benchmarks.rig.bounds import give_up_after
from benchmarks.rig.served import warroom
from tests.services.server import PASSWORD, PROJECT, environment

MESSAGES = int(os.environ.get("P10_MESSAGES", "100000"))
SESSIONS = int(os.environ.get("P10_SESSIONS", "1000"))
ROUNDS = int(os.environ.get("P10_ROUNDS", "60"))
LONGEST_SECONDS = 240
ADDRESSES = {"history": "sessions/{room}/messages", "list": "sessions"}
MOST_MS, MOST_RATIO = 5, 1.5


def filled(home: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.rig.history", str(MESSAGES), str(SESSIONS), str(ROUNDS)]
    done = subprocess.run(command, cwd=PROJECT, env=environment(home), check=True, stdout=subprocess.PIPE, text=True)
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made


def over_http(url: str, made: dict[str, Any]) -> dict[str, dict[str, list[float]]]:
    """The same pages as a client gets them: sign-in checked, the answer whole."""
    took: dict[str, dict[str, list[float]]] = {name: {page: [] for page in made["asked"][name]} for name in ADDRESSES}
    with httpx.Client(base_url=f"{url}/api/v1/", timeout=30) as client:
        who = {"username": "commander", "password": PASSWORD}
        access = client.post("auth/token", json=who).raise_for_status().json()["access"]
        client.headers["Authorization"] = f"Bearer {access}"
        for number in range(ROUNDS + 1):
            for name, address in ADDRESSES.items():
                for page, query in made["asked"][name].items():
                    began = time.perf_counter()
                    client.get(f"{address.format(room=made['room'])}?{query}").raise_for_status()
                    if number:  # the first warms up
                        took[name][page].append((time.perf_counter() - began) * 1000)
    return took


def lines(took: dict[str, dict[str, list[float]]], how: str, *, most: float | None) -> list[table.Line]:
    found = []
    for name, pages in took.items():
        medians = {page: median(each) for page, each in pages.items()}
        for page in ("first", "last"):
            work = f"P10 {name}, {page} page, {how}"
            found.append(table.Line(work, f"{medians[page]:.2f} ms") if most is None
                         else table.at_most(work, medians[page], most, " ms"))  # fmt: skip
        ratio = medians["last"] / medians["first"]
        found.append(table.at_most(f"P10 {name}, last beside first page, {how}", ratio, MOST_RATIO))
        if by_offset := medians.get("last by offset"):
            found.append(table.Line(f"P10 {name}, last page by offset instead of cursor, {how}", f"{by_offset:.2f} ms"))
    return found


def main() -> None:
    give_up_after(LONGEST_SECONDS)
    with tempfile.TemporaryDirectory(prefix="p10-") as folder, warroom(Path(folder) / "w", command="serve") as served:
        made = filled(Path(folder) / "w/home")
        asked = over_http(served.url, made)
    found = [*lines(made["took"], "made", most=MOST_MS), *lines(asked, "by HTTP", most=None)]
    title = f"A page of 50 of {MESSAGES} messages, and of {SESSIONS} sessions; medians of {ROUNDS}"
    table.summarize("p10_pages", title, found, {"made": made["took"], "http": asked})


if __name__ == "__main__":
    main()
