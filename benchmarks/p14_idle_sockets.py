"""P14: what an idle socket costs in memory, and whether all of them stay; beside a plain Channels consumer."""

import os
import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

from benchmarks.rig import table
from benchmarks.rig.bounds import give_up_after, open_files
from benchmarks.rig.processes import cpu_seconds, memory_mb
from benchmarks.rig.served import Served, pumping, warroom, watcher
from tests.services.server import PASSWORD

SOCKETS = int(os.environ.get("P14_SOCKETS", "10000"))
OTHERS = int(os.environ.get("P14_OTHERS", "2000"))  # on uvicorn, and of the peer
FIRST = 200
# Longer than a round of pings.
STAYS_SECONDS = int(os.environ.get("P14_SECONDS", "25"))
OTHER_FILES = 500
REQUESTS = 60
LONGEST_SECONDS = 400
MOST_KIB = 50


def measure(server: AbstractContextManager[Served], sockets: int, *password: str) -> dict[str, Any]:
    """Between the first few hundred, which bring what all share, and all of them after a quiet while."""
    with server as served:
        how = (served.url, str(FIRST), str(sockets), str(STAYS_SECONDS), *password)
        with watcher("benchmarks.rig.idle_sockets", *how) as idle:
            before = memory_mb(served.pid)
            idle.begin()
            seconds = idle.read()
            spent = cpu_seconds(served.pid)
            idle.begin()
            there = idle.read()
            rest = cpu_seconds(served.pid) - spent
            grown = (memory_mb(served.pid) - before) * 1024
            return {
                "sockets": sockets, "there": there, "seconds": seconds, "kib": grown / (sockets - FIRST),
                "cpu": 100 * rest / STAYS_SECONDS, "asks_ms": asked(served.url) if password else [],
            }  # fmt: skip


def asked(url: str) -> list[float]:
    """What a request takes while they are there."""
    took = []
    with httpx.Client(base_url=f"{url}/api/v1/", timeout=30) as client:
        who = {"username": "commander", "password": PASSWORD}
        access = client.post("auth/token", json=who).raise_for_status().json()["access"]
        for _ in range(REQUESTS):
            began = time.monotonic()
            client.get("me", headers={"Authorization": f"Bearer {access}"}).raise_for_status()
            took.append((time.monotonic() - began) * 1000)
    return took


def lines(name: str, measured: dict[str, Any], *, ours: bool) -> list[table.Line]:
    who, kib = f"P14 {measured['sockets']} sockets, {name}", measured["kib"]
    found = [
        table.at_most(f"{who}: memory each", kib, MOST_KIB, " KiB")
        if ours
        else table.Line(f"{who}: memory each", f"{kib:.0f} KiB"),
        table.Line(f"{who}: there after {STAYS_SECONDS} s of silence", f"{measured['there']}", f"{measured['sockets']}",
                   measured["there"] == measured["sockets"] if ours else None),
        table.Line(f"{who}: opened in", f"{measured['seconds']:.0f} s"),
        table.Line(f"{who}: CPU in silence", f"{measured['cpu']:.0f} %"),
    ]  # fmt: skip
    if measured["asks_ms"]:
        found.append(table.at_most(f"{who}: a request, p95", quantiles(measured["asks_ms"], n=20)[18], 200, " ms"))
    return found


def main() -> None:
    give_up_after(LONGEST_SECONDS)
    most = open_files(SOCKETS + OTHER_FILES) - OTHER_FILES
    if most < SOCKETS:
        print(f"*** This machine allows {most} sockets a process, so {SOCKETS} are not tried. ***")
    sockets, others = min(SOCKETS, most), min(OTHERS, most)
    with tempfile.TemporaryDirectory(prefix="p14-") as folder:
        home = Path(folder)
        measured = {
            "daphne": measure(warroom(home / "up"), sockets, PASSWORD),
            "uvicorn": measure(warroom(home / "serve", command="serve"), others, PASSWORD),
            "stock on daphne": measure(pumping(home / "stock", "stock", "daphne", "1"), others),
        }
    found = [line for name, each in measured.items() for line in lines(name, each, ours=name in ("daphne", "uvicorn"))]
    table.summarize("p14_idle_sockets", "Sockets that say nothing", found, {"measured": measured, "allowed": most})


if __name__ == "__main__":
    main()
