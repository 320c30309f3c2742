"""The tests in their lanes: `python -m tests.services.lanes [sqlite] [postgresql] [browser] [-- pytest options]`."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.services import databases, postgresql, provide
from tests.services.postgresql import Missing


@contextlib.contextmanager
def sqlite() -> Iterator[dict[str, str]]:
    with _migrated("") as told:
        yield told


@contextlib.contextmanager
def own_postgresql() -> Iterator[dict[str, str]]:
    provide.provide_postgresql()
    with postgresql.cluster() as cluster, _migrated(cluster.url()) as told:
        yield {"WARROOM_TEST_DATABASE_URL": cluster.url(), **told}


@contextlib.contextmanager
def browser() -> Iterator[dict[str, str]]:
    provide.provide_chromium()
    with _migrated("") as told:
        yield told


@contextlib.contextmanager
def _migrated(lane_url: str) -> Iterator[dict[str, str]]:
    """Migrations take seconds; once a lane is enough for its workers and for every server they start."""
    with tempfile.TemporaryDirectory(prefix="warroom-migrated-") as folder:
        with databases.fresh_place(Path(folder), lane_url) as place:
            databases.migrate(place)
            yield databases.told_to_workers(place)


@dataclass(frozen=True)
class Lane:
    name: str
    title: str
    needs: Callable[[], contextlib.AbstractContextManager[dict[str, str]]]
    options: tuple[str, ...]


TWO_AT_ONCE = ("-n", "2", "--dist", "worksteal")
LANES = (
    Lane("sqlite", "SQLite, channel layer in memory", sqlite, ("-m", "not browser", *TWO_AT_ONCE)),
    Lane("postgresql", "PostgreSQL of our own", own_postgresql, ("-m", "not browser and not once", *TWO_AT_ONCE)),
    Lane("browser", "Chromium against a real server", browser, ("-m", "browser", *TWO_AT_ONCE)),
)


def main(arguments: list[str]) -> int:
    names, options = _split(arguments)
    unknown = set(names) - {lane.name for lane in LANES}
    if unknown:
        print(f"No such lane: {', '.join(sorted(unknown))}. There are {', '.join(lane.name for lane in LANES)}.")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers we started go with us
    strict = os.environ.get("WARROOM_TEST_STRICT") == "1"
    ends = [(lane, *_run(lane, options)) for lane in LANES if not names or lane.name in names]
    print("\nLanes")
    for lane, status, seconds in ends:
        print(f"  {lane.title:<34} {status:<12} {seconds:5.0f} s")
    bad = {"FAILED", "CANNOT RUN"} if strict else {"FAILED"}
    return int(any(status in bad for _, status, _ in ends))


def _run(lane: Lane, options: list[str]) -> tuple[str, float]:
    began = time.monotonic()
    print(f"\n===== Lane: {lane.title} =====", flush=True)
    try:
        with lane.needs() as environment:
            command = [sys.executable, "-m", "pytest", *lane.options, *options]
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
