"""Processes that a measurement starts, watches through /proc, and takes with it when it ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.services.ports import answers

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
READY_SECONDS = 90


@contextlib.contextmanager
def running(command: list[str], *, port: int, folder: Path, log: Path, environment: dict[str, str]) -> Iterator[int]:
    """A server, by its process id, once it answers."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        _wait_for(process, port, log)
        yield process.pid
    except SystemExit:
        print(f"the last words of {process.args!r}:\n{log.read_text(errors='replace')[-2000:]}", file=sys.stderr)
        raise
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while not answers(port):
        if process.poll() is not None or time.monotonic() > until:
            raise SystemExit(f"{process.args!r} did not come up:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of the children it has."""
    return sum(_ticks(each) for each in _family(pid)) / TICKS_A_SECOND


def memory_mb(pid: int) -> float:
    """Resident memory of a process and of its children."""
    pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in _family(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def _ticks(pid: int) -> int:
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(after_name[11]) + int(after_name[12])


def _family(pid: int) -> list[int]:
    family = [pid]
    for each in family:
        for task in Path(f"/proc/{each}/task").iterdir():
            family += [int(child) for child in (task / "children").read_text().split()]
    return family
