"""The program that the README offers follows a room, each thing once, over a crash of the server."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from queue import Queue

import pytest

from tests.services.server import PROJECT, Server

PATIENCE_SECONDS = 30


class Follower:
    """The example, running, and what it has printed."""

    def __init__(self, server: Server, room: str) -> None:
        command = [sys.executable, "examples/follow_room.py", server.url, "responder", server.password, room]
        self.process = subprocess.Popen(
            command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.printed: list[str] = []
        self.coming: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.coming.put(line.rstrip("\n"))

    def wait_for(self, line: str) -> None:
        while not any(each.startswith(line) for each in self.printed):
            self.printed.append(self.coming.get(timeout=PATIENCE_SECONDS))


@pytest.fixture
def followers() -> Iterator[list[Follower]]:
    started: list[Follower] = []
    yield started
    for follower in started:
        follower.process.kill()
        follower.process.communicate(timeout=5)


@pytest.mark.once
def test_the_example_prints_each_message_once_over_a_crash_and_what_is_decided(
    server: Server, followers: list[Follower]
) -> None:
    with server.sign_in("commander") as commander:
        opened = commander.post("/api/v1/incidents", json={"title": "The printer burns", "severity": "low"}).json()
        room = opened["session_id"]

        def say(text: str) -> None:
            posted = commander.post(f"/api/v1/sessions/{room}/messages", json={"content": text})
            assert posted.is_success, posted.text

        say("Anyone near it?")
        follower = Follower(server, room)
        followers.append(follower)
        follower.wait_for("Casey Moreno: Anyone near it?")
        say("Take the stairs.")
        follower.wait_for("Casey Moreno: Take the stairs.")
        server.restart()
        say("All out?")
        follower.wait_for("Casey Moreno: All out?")
        address = {"title": "SSH brute force", "severity": "high", "src_ip": "203.0.113.9", "host": "db-1"}
        raised = commander.post("/api/v1/ingest", json=address).json()
        (session,) = [
            commander.get(f"/api/v1/incidents/{incident}").json()["session_id"] for incident in raised["incident_ids"]
        ]
        watcher = Follower(server, session)
        followers.append(watcher)
        watcher.wait_for("-- Operator Ines asks to run block_indicator(indicator=203.0.113.9, minutes=60).")
        pending = commander.get("/api/v1/approvals?status=pending").json()["data"]
        (approval,) = [each for each in pending if each["session_id"] == session]
        no = {name: approval[name] for name in ("version", "digest")} | {"decision": "reject", "feedback": "Ours."}
        commander.post(f"/api/v1/approvals/{approval['id']}/decision", json=no)
        watcher.wait_for(
            "-- block_indicator(indicator=203.0.113.9, minutes=60): rejected by Casey Moreno, saying: Ours."
        )
        watcher.wait_for("-- incident reported by")
    said = [line for line in follower.printed if line.startswith("Casey Moreno")]
    assert said == [f"Casey Moreno: {text}" for text in ("Anyone near it?", "Take the stairs.", "All out?")]
