"""A real server process for a test: started, cut down and started again as an operator would."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.services.ports import answers, free_port

PROJECT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "a-password-for-tests"
READY_SECONDS = 90
TOKEN_SECONDS = 300
OURS = ("WARROOM_", "CHAT_", "ENGINEER_", "OPENAI_", "ANTHROPIC_", "DATABASE_", "REDIS_", "DJANGO_", "SECRET_KEY")


def command_line(*arguments: str) -> list[str]:
    return [sys.executable, str(PROJECT / "manage.py"), *arguments]


def environment(home: Path, **chosen: str) -> dict[str, str]:
    """What a process of ours sees: the machine's environment without a word of the developer's for us."""
    machine = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**machine, "WARROOM_HOME": str(home), "PYTHONUNBUFFERED": "1", **chosen}


class Server:
    """One `manage.py up` (or serve) with its home, port and output."""

    def __init__(self, home: Path, *, command: str = "up", **chosen: str) -> None:
        self.home = home
        self.command = command
        self.port = free_port()
        self.password = chosen.setdefault("WARROOM_DEMO_PASSWORD", PASSWORD)
        self.chosen = chosen
        self.environment = environment(home, WARROOM_BIND=f"127.0.0.1:{self.port}", **chosen)
        self.log = home.parent / f"{home.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._tokens: dict[tuple[str, str, int], str] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/v1"

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def start(self) -> "Server":
        """Start it and return once it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command_line(self.command), env=self.environment, cwd=PROJECT, stdout=log, stderr=log
            )
        until = time.monotonic() + READY_SECONDS
        while not answers(self.port):
            if self.process.poll() is not None or time.monotonic() > until:
                self.kill9()
                raise AssertionError(f"the server did not come up:\n{self.output()[-4000:]}")
            time.sleep(0.05)
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to go, and say with which status it went."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(15)

    def kill9(self) -> None:
        """The machine pulls the plug."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def restart(self) -> "Server":
        self.kill9()
        return self.start()

    @contextlib.contextmanager
    def beside(self) -> Iterator[str]:
        """Another process with the same home, and so on the same database; the address of its own."""
        other = Server(self.home, command=self.command, **self.chosen)
        other.log = self.log.with_suffix(".beside.log")
        try:
            yield other.start().url
        finally:
            other.kill9()

    def sign_in(self, username: str) -> httpx.Client:
        """A client of the REST API with this person's token; the caller closes it."""
        return httpx.Client(
            base_url=self.url, timeout=30, headers={"Authorization": f"Bearer {self.token_of(username)}"}
        )

    def token_of(self, username: str) -> str:
        """Asked for seldom, since to compare a password takes a third of a second; good for a quarter of an hour."""
        who = (username, self.password, int(time.monotonic() // TOKEN_SECONDS))
        if who not in self._tokens:
            named = {"username": username, "password": self.password}
            answer = httpx.post(f"{self.url}/api/v1/auth/token", json=named, timeout=30)
            assert answer.status_code == 200, answer.text
            self._tokens[who] = answer.json()["access"]
        return self._tokens[who]
