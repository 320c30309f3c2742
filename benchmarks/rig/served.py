"""The product as it is started for people, and programs that look at it and print one line for each that we write."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.rig.processes import running
from tests.services.ports import free_port
from tests.services.server import PASSWORD, PROJECT, environment


class Served(NamedTuple):
    pid: int
    url: str


@contextlib.contextmanager
def warroom(home: Path, *, command: str = "up", **chosen: str) -> Iterator[Served]:
    """By `manage.py up` (daphne) or `serve` (uvicorn), with a home of its own."""
    port = free_port()
    home.mkdir(parents=True)
    fixed = {"WARROOM_BIND": f"127.0.0.1:{port}", "WARROOM_DEMO_PASSWORD": PASSWORD, "WARROOM_RATE_SOCKETS": "0"}
    start, variables = [sys.executable, "manage.py", command], environment(home / "home", **fixed, **chosen)
    with running(start, port=port, folder=PROJECT, log=home / "server.log", environment=variables) as pid:
        yield Served(pid, f"http://127.0.0.1:{port}")


@contextlib.contextmanager
def module(home: Path, name: str, *arguments: str, **chosen: str) -> Iterator[Served]:
    """A server of the rig or a peer: `python -m name PORT arguments`."""
    port = free_port()
    home.mkdir(parents=True, exist_ok=True)
    start = [sys.executable, "-m", name, str(port), *arguments]
    variables, log = environment(home, **chosen), home / f"{name}.log"
    with running(start, port=port, folder=PROJECT, log=log, environment=variables) as pid:
        yield Served(pid, f"http://127.0.0.1:{port}")


@contextlib.contextmanager
def pumping(home: Path, kind: str, server: str, *how: str) -> Iterator[Served]:
    """A server that pours frames into a room when it gets SIGUSR1; see `pump`."""
    port = free_port()
    home.mkdir(parents=True)
    chosen = environment(home / "home", WARROOM_BIND=f"127.0.0.1:{port}", WARROOM_DEMO_PASSWORD=PASSWORD,
                         WARROOM_RATE_SOCKETS="0")  # fmt: skip
    pump, log = [sys.executable, "-m", "benchmarks.rig.pump", kind, server, str(port), *how], home / "server.log"
    with running(pump, port=port, folder=PROJECT, log=log, environment=chosen) as pid:
        yield Served(pid, f"http://127.0.0.1:{port}")


class Watcher:
    """A program that says `ready`, and then answers each line with a line of JSON."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def begin(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def read(self) -> Any:
        return json.loads(self.line())

    def line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args!r} gave up")
        return line


@contextlib.contextmanager
def watcher(name: str, *arguments: str, **variables: str) -> Iterator[Watcher]:
    command, pipe = [sys.executable, "-m", name, *arguments], subprocess.PIPE
    chosen = environment(Path("/nowhere"), **variables)
    with subprocess.Popen(command, cwd=PROJECT, text=True, stdin=pipe, stdout=pipe, env=chosen) as process:
        try:
            watching = Watcher(process)
            if watching.line() != "ready\n":
                raise SystemExit(f"{name}: could not begin")
            yield watching
        finally:
            process.kill()
