"""F7: 50 MB of text stream into a room while one of its sockets reads nothing."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from sessions_app.models import ChatSession
from tests.faults import flood
from tests.faults.wire import RealSocket, socket_of
from tests.services.ports import answers, free_port
from tests.services.server import PROJECT, Server
from tests.sessions_app.following import Follower

SERVERS = ("daphne", "uvicorn")


@pytest.fixture(scope="module")
def prepared(start_module_server: Callable[..., Server]) -> tuple[Server, str, dict[str, str]]:
    """A home with a person's token and a room for each flood; the server itself makes way for those that flood."""
    server = start_module_server(WARROOM_DEMO_TOKEN_MS="0")
    rooms = {name: _open_a_room(server) for name in SERVERS}
    token = server.token_of("responder")
    server.stop()
    return server, token, rooms


@pytest.fixture(params=SERVERS)
def flooding(
    request: pytest.FixtureRequest, prepared: tuple[Server, str, dict[str, str]]
) -> Iterator[tuple[Server, str, ChatSession, Any]]:
    server, token, rooms = prepared
    room = rooms[request.param]
    server.port = free_port()
    command = [sys.executable, "-m", "tests.faults.flood", request.param, str(server.port), room]
    # Each thread's own heap would grow by what lies unused in it, which is not what we measure.
    environment = {**server.environment, "MALLOC_ARENA_MAX": "2"}
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield server, token, ChatSession(pk=room), process
        finally:
            process.kill()


class Silent(RealSocket):
    """Takes a handful of frames from the line and then no more; what it reads at last it does not answer."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.answers_pings = False

    async def connect(self, token: str = "", *, origin: str | None = None) -> "Silent":
        self.connection = await connect(
            self.server.socket_url, subprotocols=[Subprotocol("warroom.v1")], max_size=None, max_queue=2,
            additional_headers={"Authorization": f"Bearer {token}"}, compression=None, ping_interval=None,
        )  # fmt: skip
        return self


@pytest.mark.once
async def test_it_costs_no_memory_and_is_sent_away_while_the_others_get_everything(
    flooding: tuple[Server, str, ChatSession, Any],
) -> None:
    server, token, room, process = flooding
    await asyncio.to_thread(_wait_until_it_answers, server, process)
    silent = await Silent(server).connect(token)
    await silent.write({"t": "hello", "v": 1})
    await silent.write({"t": "sub", "room": str(room.pk)})
    reader = Follower(await socket_of(server, token), room)
    await reader.enter()

    whole = flood.PIECE * flood.PIECES
    while len(reader.ended) < flood.MESSAGES + flood.WARM_UP:
        await reader.take()
    assert set(reader.ended.values()) == {whole}
    said, grown = (await asyncio.to_thread(process.stdout.readline)).split()
    assert said == "grown"
    assert int(grown) < 10 * 1024, "KiB"
    # By then the line may be cut: whoever reads nothing may lose the goodbye too.
    assert (await silent.closed()).code in (4508, 1006)
    await reader.socket.close()


def _open_a_room(server: Server) -> str:
    with server.sign_in("responder") as person:
        return str(person.post("/api/v1/sessions", json={"title": "A flood", "activate": True}).json()["id"])


def _wait_until_it_answers(server: Server, process: "subprocess.Popen[str]") -> None:
    while not answers(server.port):
        assert process.poll() is None
