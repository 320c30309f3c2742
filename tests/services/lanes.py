"""The tests in their lanes: `python -m tests.services.lanes [sqlite] [postgresql] [browser] [-- pytest options]`."""

import contextlib
import functools
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.services import databases, postgresql, provide
from tests.services.databases import Place
from tests.services.postgresql import Missing


@contextlib.contextmanager
def on_sqlite() -> Iterator[dict[str, str]]:
    yield databases.told_to_workers(migrated_sqlite())


@contextlib.contextmanager
def on_postgresql() -> Iterator[dict[str, str]]:
    with postgresql.cluster() as cluster, _migrated(cluster.url()) as place:
        yield {"WARROOM_TEST_DATABASE_URL": cluster.url(), **databases.told_to_workers(place)}


@functools.cache
def migrated_sqlite() -> Place:
    """One for two lanes; it goes with this process."""
    return OPENED.enter_context(_migrated(""))


@contextlib.contextmanager
def _migrated(lane_url: str) -> Iterator[Place]:
    """Migrations take seconds; once is enough for all workers and for every server they start."""
    with tempfile.TemporaryDirectory(prefix="warroom-migrated-") as folder:
        with databases.fresh_place(Path(folder), lane_url) as place:
            databases.migrate(place)
            yield place


@dataclass(frozen=True)
class Lane:
    name: str
    title: str
    provide: Callable[[], None]
    needs: Callable[[], contextlib.AbstractContextManager[dict[str, str]]]
    tests: str
    at_once: int


OPENED = contextlib.ExitStack()
BOTH = "not browser and not once"
CORES = min(os.cpu_count() or 2, 4)
# Where many wait for a server or a clock, one more than there are cores keeps them at work. A browser is never idle.
LANES = (
    Lane("sqlite", "SQLite, channel layer in memory", provide.nothing, on_sqlite, "not browser", CORES + 1),
    Lane("postgresql", "PostgreSQL of our own", provide.postgresql, on_postgresql, BOTH, CORES + 1),
    Lane("browser", "Chromium against a real server", provide.browser, on_sqlite, "browser", CORES),
)


def main(arguments: list[str]) -> int:
    names, options = _split(arguments)
    unknown = set(names) - {lane.name for lane in LANES}
    if unknown:
        print(f"No such lane: {', '.join(sorted(unknown))}. There are {', '.join(lane.name for lane in LANES)}.")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers we started go with us
    strict = os.environ.get("WARROOM_TEST_STRICT") == "1"
    with OPENED, ThreadPoolExecutor(1) as aside:
        # What a later lane needs is fetched while the first one runs.
        chosen = [(lane, aside.submit(lane.provide)) for lane in LANES if not names or lane.name in names]
        ends = [(lane, *_run(lane, provided, options)) for lane, provided in chosen]
    print("\nLanes")
    for lane, status, seconds in ends:
        print(f"  {lane.title:<34} {status:<12} {seconds:5.0f} s")
    bad = {"FAILED", "CANNOT RUN"} if strict else {"FAILED"}
    return int(any(status in bad for _, status, _ in ends))


def _run(lane: Lane, provided: "Future[None]", options: list[str]) -> tuple[str, float]:
    began = time.monotonic()
    print(f"\n===== Lane: {lane.title} =====", flush=True)
    try:
        provided.result()
        with lane.needs() as environment:
            workers = ("-n", str(lane.at_once), "--dist", "worksteal")
            command = [sys.executable, "-m", "pytest", "-m", lane.tests, *workers, *options]
            done = subprocess.run(command, env={**os.environ, **environment}, check=False)
    except Missing as missing:
        print(f"!!!!! THIS LANE CANNOT RUN. Missing: {missing} !!!!!", flush=True)
        return "CANNOT RUN", time.monotonic() - began
    return ("passed" if done.returncode == 0 else "FAILED"), time.monotonic() - began


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
