"""F9 and F10 over a real connection, on both servers: each abuse gets its code, and the server goes on."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from sessions_app.events.connection import PING_BYTES, WINDOW_BYTES
from sessions_app.models import ChatSession
from tests.faults.wire import RealSocket, socket_of
from tests.services.server import Server

CMD = '{"t":"cmd","cid":"01890000-0000-7000-8000-000000000000","type":"typing","data":'
DEEP = CMD + "[" * 30_000
FRAMES: dict[str, tuple[str | bytes, Any]] = {
    "not JSON": ("{nonsense", "INVALID_REQUEST"),
    "empty": ("", "INVALID_REQUEST"),
    "not an object": ("[1]", "INVALID_REQUEST"),
    "unknown kind": ('{"t":"surprise"}', "INVALID_REQUEST"),
    "kind of another type": ('{"t":{"t":"hello"}}', "INVALID_REQUEST"),
    "NaN": ('{"t":"ping","n":NaN}', "INVALID_REQUEST"),
    "number as text": ('{"t":"ping","n":"1"}', "INVALID_REQUEST"),
    "number beyond": ('{"t":"pong","n":1e400}', "INVALID_REQUEST"),
    "pong for no ping": ('{"t":"pong","n":4503599627370496}', "INVALID_REQUEST"),
    "endless depth": (DEEP, "INVALID_REQUEST"),
    "some depth": (CMD + '{"a":' * 40 + "1" + "}" * 41, "INVALID_REQUEST"),
    "NUL": (json.dumps({"t": "hello", "v": 1, "client": "a\0b"}), "INVALID_REQUEST"),
    "lone surrogate": ('{"t":"hello","v":1,"client":"\\ud800"}', "INVALID_REQUEST"),
    "unknown field": ('{"t":"ping","n":1,"x":1}', "INVALID_REQUEST"),
    "room of nobody": ('{"t":"sub","room":"null"}', "INVALID_REQUEST"),
    "a second hello": ('{"t":"hello","v":1}', "INVALID_REQUEST"),
    "binary": (b"\x00\xff", 4400),
    "64 KiB and one": (" " * 65_537, 4413),
    "a megabyte and more": (" " * 1_100_000, 4413),
}


@pytest.fixture(scope="module", params=["up", "serve"])
def server(request: pytest.FixtureRequest, start_module_server: Callable[..., Server]) -> Server:
    return start_module_server(command=request.param, WARROOM_DEMO_TOKEN_MS="0")


@pytest.fixture
def token(server: Server) -> str:
    return server.token_of("commander")


@pytest.mark.once
async def test_each_abuse_gets_its_code_and_the_server_goes_on(server: Server, token: str) -> None:
    for name, (sent, expected) in FRAMES.items():
        socket = await socket_of(server, token)
        await socket.write(sent)
        if isinstance(expected, str):
            told = await socket.until("error")
            assert told["error"]["error_code"] == expected, name
            await socket.write({"t": "ping", "n": 1})
            await socket.until("pong")
            await socket.close()
        else:
            assert (await socket.closed()).code == expected, name
    await (await socket_of(server, token)).close()


@pytest.mark.once
async def test_what_is_beyond_all_measure_never_reaches_us(server: Server, token: str) -> None:
    socket = await socket_of(server, token)
    with suppress(ConnectionClosed):
        await socket.write(" " * (8 * 1024 * 1024))
    assert (await socket.closed()).code in (1006, 1009), "the server's own limit, which has no `bye`"
    await (await socket_of(server, token)).close()


@pytest.mark.once
async def test_a_text_that_is_not_utf_8_ends_its_socket_and_no_other(server: Server, token: str) -> None:
    other, socket = await socket_of(server, token), await socket_of(server, token)
    assert socket.connection is not None
    await socket.connection.send(b"\xed\xa0\x80", text=True)
    assert (await socket.closed()).code in (1006, 1007), "the server refuses it below us"
    await other.write({"t": "ping", "n": 1})
    await other.until("pong")
    await other.close()


@pytest.mark.once
async def test_memory_stays_flat_under_abuse(server: Server, token: str) -> None:
    async def abuse() -> None:
        for sent in (b"\x00", " " * 65_537, DEEP, "{"):
            socket = await socket_of(server, token)
            await socket.write(sent)
            await socket.close()

    for _ in range(5):
        await abuse()
    before = _memory(server)
    for _ in range(40):
        await abuse()
    assert _memory(server) - before < 8 * 1024, "KiB"


@pytest.mark.once
@pytest.mark.parametrize("origin", [None, "http://evil.example", "null"])
async def test_a_page_of_somebody_else_is_sent_away(server: Server, origin: str | None) -> None:
    socket = await RealSocket(server).connect(origin=origin)
    gone = await socket.closed()
    assert (gone.code, gone.bye and gone.bye["code"]) == (4403, 4403)


@pytest.mark.once
async def test_a_page_of_ours_comes_in_with_a_ticket(server: Server, token: str) -> None:
    async with httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as person:
        ticket = (await person.post("/api/v1/ws-tickets")).json()["ticket"]
    socket = await RealSocket(server).connect(origin=server.url)
    await socket.write({"t": "hello", "v": 1, "ticket": ticket})
    await socket.until("welcome")
    await socket.close()


@pytest.mark.once
async def test_without_the_subprotocol_nobody_comes_in(server: Server) -> None:
    async with connect(server.socket_url, origin=None, compression=None) as raw:
        assert json.loads(await raw.recv())["code"] == 4406
        with pytest.raises(ConnectionClosed) as closed:
            await raw.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4406


@pytest.mark.once
async def test_the_log_streams_by_http_and_leaves_no_thread_behind(server: Server, token: str) -> None:
    async with httpx.AsyncClient(
        base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=30
    ) as person:
        room = (await person.get("/api/v1/incidents")).json()["data"][0]["session_id"]
        threads = []
        for _ in range(2):
            for _ in range(10):
                async with person.stream("GET", f"/api/v1/sessions/{room}/events") as stream:
                    assert stream.status_code == 200
                    lines = stream.aiter_lines()
                    while not (await anext(lines)).startswith("data: "):
                        pass
            socket = await socket_of(server, token)
            await socket.enter(ChatSession(pk=room))
            await socket.close()
            threads.append(_status(server, "Threads"))
        assert threads[1] <= threads[0] + 1


@pytest.mark.once
async def test_a_server_told_to_stop_says_goodbye_first(start_server: Callable[..., Server]) -> None:
    for command in ("up", "serve"):
        server = await asyncio.to_thread(start_server, command=command)
        socket = await socket_of(server, await asyncio.to_thread(server.token_of, "commander"))
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        gone = await socket.closed()
        assert (gone.code, gone.bye and gone.bye["code"]) == (4503, 4503)
        assert await stopping == 0


def _memory(server: Server) -> int:
    return _status(server, "VmRSS")


def _status(server: Server, name: str) -> int:
    assert server.process is not None
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


@pytest.mark.once
async def test_who_answers_pings_by_counting_opens_no_window(server: Server, token: str) -> None:
    """It takes nothing off the line, and acknowledges as many pings as there must have been by now."""
    with server.sign_in("commander") as person:
        room = person.post("/api/v1/sessions", json={"title": "A window", "activate": True}).json()["id"]
        liar = await socket_of(server, token)
        await liar.write({"t": "sub", "room": room})
        await liar.until("caught_up")
        for number in range(30):
            told = {"metadata": {"text": f"{number} ".ljust(30_000, "x")}}
            changed = await asyncio.to_thread(person.patch, f"/api/v1/sessions/{room}", json=told)
            assert changed.status_code == 200, changed.text
            await liar.write({"t": "pong", "n": (number + 1) * 30_000 // PING_BYTES})
    await liar.write({"t": "ping", "n": 7})
    received = 0
    while '"t":"pong"' not in (text := (await liar._receive())["text"]):
        received += len(text)
    assert WINDOW_BYTES < received < WINDOW_BYTES + 2 * PING_BYTES
    await liar.close()
