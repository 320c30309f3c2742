"""kill -9 in the middle of a reply: after a restart the run goes on, and the room tells it without a gap."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest

from tests.services.server import Server

QUESTION = "Who are you, and what can you do?"


def _room(person: httpx.Client) -> str:
    opened = person.post("/api/v1/sessions", json={"agent_name": "Aria", "title": "A talk", "activate": True})
    assert opened.status_code == 201, opened.text
    return str(opened.json()["id"])


def _events(person: httpx.Client, room: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    while True:
        after = told[-1]["seq"] if told else 0
        page = person.get(
            f"/api/v1/sessions/{room}/events", params={"after": after}, headers={"Accept": "application/json"}
        ).json()["data"]
        if not page:
            return told
        told += page


def _wait(look: Callable[[], object], seconds: float = 30) -> Any:
    until = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)
    return seen


@contextmanager
def _asking(server: Server, room: str) -> Iterator[None]:
    """A post whose answer the killed server will never send."""

    def ask() -> None:
        with server.sign_in("responder") as person:
            with suppress(httpx.HTTPError):
                person.post(f"/api/v1/sessions/{room}/messages", json={"content": QUESTION})

    asking = threading.Thread(target=ask)
    asking.start()
    yield
    asking.join(30)


@pytest.mark.once
def test_a_reply_cut_down_in_mid_stream_is_finished_after_the_restart(start_server: Callable[..., Server]) -> None:
    server = start_server(WARROOM_DEMO_TOKEN_MS="60")
    with server.sign_in("responder") as person:
        room = _room(person)
        with _asking(server, room):
            _wait(lambda: "message.start" in [each["type"] for each in _events(person, room)])
            server.kill9()
    server.start()

    with server.sign_in("responder") as person:
        _wait(lambda: "run.succeeded" in [each["type"] for each in _events(person, room)])
        told = _events(person, room)
        said = person.get(f"/api/v1/sessions/{room}/messages").json()["data"]

    assert [each["seq"] for each in told] == list(range(1, len(told) + 1))
    begun = [each["data"]["message_id"] for each in told if each["type"] == "message.start"]
    void = [each["data"]["message_id"] for each in told if each["type"] == "message.reset"]
    ended = [each["data"]["message_id"] for each in told if each["type"] == "message.end"]
    assert len(begun) == len(set(begun)) == len(void) + len(ended)
    assert void == begun[:1]
    assert ended == begun[-1:]
    assert [(each["sender_type"], each["status"]) for each in said] == [("agent", "complete"), ("user", "complete")]
    assert [each["type"] for each in told].count("run.succeeded") == 1
