"""F21: a command whose acknowledgement was lost is sent again, also to another server: it is done once."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import websockets

from tests.services.server import Server

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def doors(start_module_server: Callable[..., Server]) -> Iterator[list[httpx.Client]]:
    """One person at two servers."""
    server = start_module_server()
    with server.beside() as url, server.sign_in("responder") as here:
        with httpx.Client(base_url=url, timeout=60, headers=here.headers) as there:
            yield [here, there]


def chat(client: httpx.Client) -> str:
    made = client.post("/api/v1/sessions", json={"activate": True, "agent_name": "Aria"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def said(client: httpx.Client, room: str, kind: str) -> list[dict[str, Any]]:
    found = client.get(f"/api/v1/sessions/{room}/messages").json()["data"]
    return [each for each in found if each["sender_type"] == kind]


def test_a_message_posted_three_times_at_once_through_two_servers_is_one(doors: list[httpx.Client]) -> None:
    here, there = doors
    room, key, got = chat(here), uuid4().hex, []
    start = threading.Barrier(3)

    def post(client: httpx.Client) -> None:
        start.wait(10)
        path, body = f"/api/v1/sessions/{room}/messages", {"content": "How much is 6*7?"}
        got.append(client.post(path, json=body, headers={"Idempotency-Key": key}, timeout=60))

    threads = [threading.Thread(target=post, args=(client,)) for client in (here, there, here)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(90)
    assert [answer.status_code for answer in got] == [200] * 3, [answer.text for answer in got]
    assert len({answer.json()["id"] for answer in got}) == 1
    assert [len(said(there, room, kind)) for kind in ("user", "agent")] == [1, 1]
    other = there.post(f"/api/v1/sessions/{room}/messages", json={"content": "x"}, headers={"Idempotency-Key": key})
    assert (other.status_code, other.json()["error_code"]) == (409, "IDEMPOTENCY_MISMATCH")


def test_a_command_sent_three_times_through_two_sockets_is_one_message(doors: list[httpx.Client]) -> None:
    here, there = doors
    room = chat(here)
    cmd = {"t": "cmd", "cid": str(uuid4()), "room": room, "type": "message.send", "data": {"content": "Who are you?"}}
    acks = [asyncio.run(_send(client, cmd)) for client in (here, there, here)]
    assert [ack["ok"] for ack in acks] == [True] * 3
    assert [ack.get("dup", False) for ack in acks] == [False, True, True]
    assert len({json.dumps(ack["data"], sort_keys=True) for ack in acks}) == 1
    assert len(said(there, room, "user")) == 1
    other = asyncio.run(_send(there, {**cmd, "data": {"content": "Something else"}}))
    assert other["error"]["error_code"] == "IDEMPOTENCY_MISMATCH"


async def _send(client: httpx.Client, cmd: dict[str, Any]) -> dict[str, Any]:
    url = str(client.base_url).replace("http", "ws").rstrip("/") + "/ws/v1"
    signed_in = {"Authorization": client.headers["Authorization"]}
    ours = [websockets.Subprotocol("warroom.v1")]
    async with asyncio.timeout(30), websockets.connect(url, subprotocols=ours, additional_headers=signed_in) as ws:
        await ws.send(json.dumps({"t": "hello", "v": 1}))
        await ws.send(json.dumps(cmd))
        while True:
            frame: dict[str, Any] = json.loads(await ws.recv())
            if frame["t"] == "ack":
                return frame
            assert frame["t"] != "bye", frame
