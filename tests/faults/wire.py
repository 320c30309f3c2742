"""A client over a real connection: the same as in one process, with a TCP socket in between."""

import asyncio
import json
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from tests.services.server import Server
from tests.sockets import Gone, Socket


class RealSocket(Socket):
    """A program's socket, which shows its token on the upgrade; or a page's, with an origin and a ticket."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server
        self.connection: ClientConnection | None = None

    async def connect(self, token: str = "", *, origin: str | None = None) -> Self:
        self.connection = await connect(
            self.server.socket_url,
            subprotocols=[Subprotocol("warroom.v1")],
            origin=Origin(origin) if origin else None,
            additional_headers={"Authorization": f"Bearer {token}"} if token else None,
            max_size=None,
            compression=None,
        )
        return self

    async def close(self) -> None:
        assert self.connection is not None
        await self.connection.close()

    async def closed(self) -> Gone:
        while True:
            try:
                await self.next()
            except Gone as gone:
                return gone

    async def write(self, frame: dict[str, Any] | str | bytes) -> None:
        assert self.connection is not None
        await self.connection.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    def send_text(self, text: str) -> None:
        # The others' `send` is not awaited; here the order of tasks is the order of frames.
        sending = asyncio.ensure_future(self.write(text))
        sending.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _receive(self) -> dict[str, Any]:
        assert self.connection is not None
        try:
            text = await self.connection.recv()
        except ConnectionClosed as closed:
            return {"type": "websocket.close", "code": closed.rcvd.code if closed.rcvd else 1006}
        return {"type": "websocket.send", "text": text}


async def socket_of(server: Server, token: str) -> RealSocket:
    """A welcomed socket of a program with this token."""
    socket = await RealSocket(server).connect(token)
    await socket.write({"t": "hello", "v": 1})
    await socket.until("welcome")
    return socket
