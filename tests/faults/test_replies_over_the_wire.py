"""Replies streamed by real servers to real clients: as they are given, thirty at once, and not a character lost."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.agents_app.calling import Told, read, spoken
from tests.fakes.openai_server import FakeOpenAI
from tests.services.server import Server

pytestmark = pytest.mark.once
AT_ONCE = 30
WORDS = 60


@pytest.fixture
def models() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as fake:
        fake.only = "Say it."
        yield fake


@pytest.fixture
def serve(start_server: Callable[..., Server], models: FakeOpenAI) -> Callable[[str], Server]:
    """A server whose assistant asks the fake model server."""

    def start(command: str) -> Server:
        return start_server(command=command, OPENAI_BASE_URL=models.url, WARROOM_MODEL=models.models[0])

    return start


def room_of(person: httpx.Client) -> str:
    made = person.post("/api/v1/sessions", json={"title": "Streaming", "activate": True})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


@pytest.mark.parametrize("command", ["up", "serve"])
def test_a_reply_reaches_the_client_while_the_model_still_speaks(
    serve: Callable[[str], Server], models: FakeOpenAI, command: str
) -> None:
    """daphne and uvicorn: the first word has arrived before the model may say the second."""
    server, go_on = serve(command), threading.Event()
    models.says("Nothing unusual so far.", until=go_on, freely=1)
    with server.sign_in("commander") as person, closing(ask(server, person, room_of(person))) as stream:
        first = next(stream)
        assert first.event == "content"
        # Its last letter is kept for a moment where a secret of this server happens to begin with it.
        assert first.data["data"] in ("Nothing", "Nothin")
        go_on.set()
        rest = list(stream)
    assert spoken([first, *rest]) == rest[-1].data["content"] == "Nothing unusual so far."


def test_a_client_that_goes_away_cancels_nothing(serve: Callable[[str], Server], models: FakeOpenAI) -> None:
    server, go_on = serve("up"), threading.Event()
    models.says("I say it to the end.", until=go_on, freely=1)
    with server.sign_in("commander") as person:
        room = room_of(person)
        with closing(ask(server, person, room)) as stream:
            next(stream)
        models.says("And more.")
        go_on.set()
        follow_up = person.post(f"/api/v1/sessions/{room}/messages", json={"content": "Go on."})
        assert follow_up.json()["content"] == "And more."
        said = {each["content"]: each for each in person.get(f"/api/v1/sessions/{room}/messages").json()["data"]}
    assert said["I say it to the end."]["status"] == "complete"


def test_thirty_sessions_stream_at_once_and_none_loses_a_character(
    serve: Callable[[str], Server], models: FakeOpenAI
) -> None:
    server = serve("up")
    answers = {f"{number:02}: " + " ".join(f"wört-{number}-{word}✓" for word in range(WORDS)) for number in range(30)}
    together = threading.Event()
    for answer in sorted(answers):
        models.says(answer, pause_s=0.005, until=together)
    with server.sign_in("commander") as person:
        rooms = [room_of(person) for _ in range(AT_ONCE)]
        heard = asyncio.run(follow_all(server, person.headers["Authorization"], rooms, models, together))
    whole = [spoken(each) for each in heard]
    assert [each[-1].data["content"] for each in heard] == whole
    assert sorted(whole) == sorted(answers)


async def follow_all(
    server: Server, authorization: str, rooms: list[str], models: FakeOpenAI, together: threading.Event
) -> list[list[Told]]:
    """All of them ask, and no model says a word until all models have been asked."""
    limits = httpx.Limits(max_connections=None)
    headers = {"Authorization": authorization}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60, limits=limits) as client:
        following = [asyncio.create_task(follow(client, room)) for room in rooms]
        async with asyncio.timeout(60):
            while models.taken < len(rooms):  # noqa: ASYNC110  # the model server lives in threads
                await asyncio.sleep(0.05)
        together.set()
        return await asyncio.gather(*following)


async def follow(client: httpx.AsyncClient, room: str) -> list[Told]:
    body = {"content": "Say it.", "stream": True}
    async with client.stream("POST", f"/api/v1/sessions/{room}/chat", json=body) as answer:
        assert answer.status_code == 200, await answer.aread()
        text = "".join([piece async for piece in answer.aiter_text()])
    return [read(block) for block in text.split("\n\n") if block and not block.startswith(":")]


def ask(server: Server, person: httpx.Client, room: str) -> Iterator[Told]:
    """A raw client: reads what the wire brings when it brings it, without a library that might collect."""
    body = json.dumps({"content": "Say it.", "stream": True}).encode()
    headers = {
        "Host": f"127.0.0.1:{server.port}",
        "Authorization": person.headers["Authorization"],
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    }
    named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST /api/v1/sessions/{room}/chat HTTP/1.1\r\n{named}\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(head.encode() + body)
        with wire.makefile("rb") as lines:
            assert b" 200 " in lines.readline()
            while lines.readline() != b"\r\n":
                pass
            for block in _blocks(_chunks(lines)):
                if not block.startswith(":"):
                    yield read(block)


def _chunks(lines: Any) -> Iterator[bytes]:
    while size := int(lines.readline(), 16):
        yield lines.read(size)
        lines.readline()


def _blocks(chunks: Iterator[bytes]) -> Iterator[str]:
    for chunk in chunks:
        yield from chunk.decode().removesuffix("\n\n").split("\n\n")
