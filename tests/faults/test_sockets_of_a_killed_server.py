"""F1: kill -9 while text streams; the clients come back, and end with every event once and the exact text."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from sessions_app.models import ChatSession
from tests.faults.wire import socket_of
from tests.services.server import Server
from tests.sessions_app.following import Follower
from tests.sockets import Gone

QUESTION = "Who are you, and what can you do?"


class Returning(Follower):
    """Comes back whenever the server is gone, and sends again what was not acknowledged."""

    def __init__(self, server: Server, token: str, room: ChatSession) -> None:
        super().__init__(None, room)
        self.server, self.token = server, token
        self.types: list[str] = []
        self.begun: list[str] = []
        self.streamed: list[str] = []
        self.unacknowledged: dict[str, dict[str, Any]] = {}
        self.acks: list[dict[str, Any]] = []

    async def come_back(self) -> None:
        while True:
            try:
                self.socket = await socket_of(self.server, self.token)
                await self.enter()
                for frame in self.unacknowledged.values():
                    await self.socket.write(frame)
                return
            except (OSError, Gone, TimeoutError, httpx.HTTPError):
                await asyncio.sleep(0.1)

    async def ask(self, text: str) -> None:
        frame = {"t": "cmd", "cid": str(uuid4()), "room": str(self.room.pk), "type": "message.send",
                 "data": {"content": text}}  # fmt: skip
        self.unacknowledged[frame["cid"]] = frame
        await self.socket.write(frame)

    async def follow_until(self, type_: str) -> None:
        while type_ not in self.types:
            try:
                await self.take()
            except Gone:
                await self.come_back()

    def apply(self, frame: dict[str, Any]) -> dict[str, Any]:
        if frame["t"] == "event":
            self.types.append(frame["type"])
            if frame["type"] == "message.start":
                self.begun.append(frame["data"]["message_id"])
        elif frame["t"] == "delta":
            self.streamed.append(frame["msg"])
        elif frame["t"] == "ack":
            self.acks.append(frame)
            self.unacknowledged.pop(frame["cid"])
        return super().apply(frame)


@pytest.mark.once
@pytest.mark.parametrize("command", ["up", "serve"])
async def test_clients_of_a_killed_server_come_back_and_miss_nothing(
    start_server: Callable[..., Server], command: str
) -> None:
    server = await asyncio.to_thread(start_server, command=command, WARROOM_DEMO_TOKEN_MS="200")
    token = await asyncio.to_thread(server.token_of, "responder")
    room = ChatSession(pk=await asyncio.to_thread(_open_a_room, server))
    asking, watching = Returning(server, token, room), Returning(server, token, room)
    for client in (asking, watching):
        await client.come_back()
    await asking.ask(QUESTION)
    while len(asking.streamed) < 5 or len(watching.streamed) < 5:
        await asking.take()
        await watching.take()

    server.kill9()
    # Faster, and still slow enough for who comes back to hear some of it.
    server.environment["WARROOM_DEMO_TOKEN_MS"] = "50"
    await asyncio.to_thread(server.start)
    for client in (asking, watching):
        await client.follow_until("run.succeeded")
        await client.socket.close()

    assert asking.seqs == watching.seqs == list(range(1, asking.seq + 1))
    assert asking.ended == watching.ended
    assert len(asking.ended) == 1, "the reply, once"
    assert len(asking.begun) == len(set(asking.begun)) == 2, "a new attempt has a new message id"
    # Whoever comes back in the middle of the new one hears the rest of it, and whoever comes later its end.
    assert {*asking.streamed, *watching.streamed} <= set(asking.begun)
    assert set(asking.ended) == set(asking.begun[1:])
    assert asking.types.count("message.created") == 1
    assert [ack["ok"] for ack in asking.acks] == [True]
    assert asking.unacknowledged == {}


def _open_a_room(server: Server) -> str:
    with server.sign_in("responder") as person:
        opened = person.post("/api/v1/sessions", json={"agent_name": "Aria", "title": "A talk", "activate": True})
        assert opened.status_code == 201, opened.text
        return str(opened.json()["id"])
