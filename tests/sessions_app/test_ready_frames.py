"""What our servers write together arrives as single frames, in order, however little the kernel takes at a time."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from autobahn.exception import Disconnected
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side, State

from agents_app.serving.with_daphne import Socket
from sessions_app.events import ready_frames
from sessions_app.events.connection import Connection

pytestmark = pytest.mark.once

TEXTS = ["", "a", "x" * 125, "y" * 126, "é" * 40_000, "z" * 65_535, "0" * 65_536, '{"t":"delta","text":"告警"}']


def read_by_a_client(data: bytes) -> list[str]:
    client = Protocol(Side.CLIENT, state=State.OPEN, max_size=None)
    client.receive_data(data)
    frames = [each for each in client.events_received() if isinstance(each, Frame)]
    assert all(each.opcode is Opcode.TEXT and each.fin for each in frames)
    return [bytes(each.data).decode() for each in frames]


def test_a_client_reads_single_frames_of_every_length_in_order() -> None:
    assert read_by_a_client(ready_frames.joined(TEXTS)) == TEXTS


@pytest.mark.parametrize(("together", "messages"), [(True, 1), (False, 3)])
async def test_what_waits_goes_out_as_one_message_only_where_the_server_offers_it(
    together: bool, messages: int
) -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    connection = Connection(send, abort=lambda: None, together=together)
    for text in ("one", "two"):
        connection.put(text)
    connection.end(4503, "draining")
    await asyncio.wait_for(connection.write(), 5)
    *told, closed = sent
    assert closed == {"type": "websocket.close", "code": 4503}
    assert len(told) == messages
    texts = [text for message in told for text in message.get("texts", (message.get("text"),))]
    assert texts == ["one", "two", '{"code":4503,"reason":"draining","t":"bye"}']


class Wire:
    """A transport of Twisted's whose kernel takes so many bytes and then no more."""

    def __init__(self, room: int | Exception) -> None:
        self.room = room
        self.dataBuffer, self._tempDataBuffer = b"", list[bytes]()
        self.taken = b""

    def writeSomeData(self, data: bytes) -> int | Exception:
        if isinstance(self.room, Exception):
            return self.room
        now, self.room = data[: self.room], max(self.room - len(data), 0)
        self.taken += now
        return len(now)

    def write(self, data: bytes) -> None:
        self._tempDataBuffer.append(data)


def on_daphne(wire: Wire, state: int = Socket.STATE_OPEN) -> Socket:
    socket = Socket()
    socket.transport, socket.state, socket.factory = wire, state, SimpleNamespace()
    return socket


@pytest.mark.parametrize("room", [0, 3, 100_000, 10_000_000, ConnectionError("gone")])
def test_daphne_keeps_the_order_whatever_the_kernel_takes_at_once(room: int | Exception) -> None:
    wire = Wire(room)
    socket = on_daphne(wire)
    for text in TEXTS:
        socket.handle_reply({"type": ready_frames.TOGETHER, "texts": [text, text]})
    assert read_by_a_client(wire.taken + b"".join(wire._tempDataBuffer)) == [text for text in TEXTS for _ in range(2)]


def test_nothing_is_written_to_a_socket_of_daphne_that_is_closing() -> None:
    wire = Wire(100)
    with pytest.raises(Disconnected):
        on_daphne(wire, Socket.STATE_CLOSING).handle_reply({"type": ready_frames.TOGETHER, "texts": ["late"]})
    assert wire.taken == b""
