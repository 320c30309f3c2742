"""F22: one quota for two processes at once, exact to the last request, and whole after one of them was killed."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import cycle
from typing import Any

import httpx
import pytest

from tests.services.desk import set_quota
from tests.services.server import Server

pytestmark = [pytest.mark.timeout(300), pytest.mark.long]

ROOMS, POSTS, LIMIT = 50, 200, 100
AT_ONCE = 16


def test_two_hundred_requests_at_two_servers_are_a_hundred(start_server: Callable[..., Server]) -> None:
    server = start_server(WARROOM_DEMO_TOKEN_MS="500", WARROOM_RATE_MESSAGES="0")
    # In an organisation whose crew has nothing to do: its requests would count, too.
    set_quota(server, LIMIT + 1)
    with server.sign_in("outsider") as person:
        first, *rooms = [room_of(person) for _ in range(ROOMS + 1)]
        # One whose server dies while it speaks: what was reserved for it is neither lost nor paid twice.
        assert flood([server.url], [first], person.headers, posts=1) == {200: 1}
        until(lambda: events(person, first)[-1]["type"] == "message.start")
        assert standing(person) == (0, 1)
        server.kill9()
    server.environment["WARROOM_DEMO_TOKEN_MS"] = server.chosen["WARROOM_DEMO_TOKEN_MS"] = "0"
    server.start()
    with server.sign_in("outsider") as person:
        until(lambda: standing(person) == (1, 0))
        assert [event["type"] for event in events(person, first)].count("message.reset") == 1

        with server.beside() as url:
            assert flood([server.url, url], rooms, person.headers) == {200: LIMIT, 429: POSTS - LIMIT}
            until(lambda: standing(person) == (LIMIT + 1, 0))
        told = Counter(event["type"] for room in rooms for event in events(person, room))
        assert (told["message.created"], told["quota.exceeded"]) == (LIMIT, POSTS - LIMIT)


# --- People at the doors ----------------------------------------------------------------------------------------------
def flood(urls: list[str], rooms: list[str], signed_in: Any, *, posts: int = POSTS) -> dict[int, int]:
    """So many posts at once, shared among servers and rooms; how often each status came."""
    statuses: list[int] = []
    turns = iter(list(zip(cycle(urls), [room for room in rooms for _ in range(posts // len(rooms))], strict=False)))
    taking = threading.Lock()

    def post() -> None:
        with httpx.Client(headers={"Authorization": signed_in["Authorization"]}, timeout=60) as client:
            while True:
                with taking:
                    url, room = next(turns, ("", ""))
                if not url:
                    return
                path = f"{url}/api/v1/sessions/{room}/chat"
                # It leaves as soon as it knows; that cancels nothing.
                with client.stream("POST", path, json={"content": "Who are you?", "stream": True}) as answer:
                    statuses.append(answer.status_code)

    threads = [threading.Thread(target=post) for _ in range(min(AT_ONCE, posts))]
    for each in threads:
        each.start()
    for each in threads:
        each.join(120)
    return dict(Counter(statuses))


def room_of(person: httpx.Client) -> str:
    made = person.post("/api/v1/sessions", json={"activate": True, "agent_name": "Aria"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def standing(person: httpx.Client) -> tuple[int, int]:
    [quota] = person.get("/api/v1/quotas").json()["data"]
    return quota["used"], quota["reserved"]


def events(person: httpx.Client, room: str) -> list[dict[str, Any]]:
    path = f"/api/v1/sessions/{room}/events?after=0&limit=200"
    told: list[dict[str, Any]] = person.get(path, headers={"Accept": "application/json"}).json()["data"]
    return told


def until(look: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)
