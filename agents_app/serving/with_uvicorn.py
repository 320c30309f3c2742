"""Serving on uvicorn (extra `prod`): the same product on a faster loop."""

import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from channels.routing import get_default_application
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

from agents_app.serving import address
from agents_app.serving.lifecycle import INBOUND_BYTES, Lifecycle, close_databases
from sessions_app.events import ready_frames


class Socket(WebSocketsSansIOProtocol):
    """Writes together what waits together, past the steps that websockets takes for each frame."""

    async def run_asgi(self) -> None:
        self.scope["extensions"][ready_frames.TOGETHER] = {}
        await super().run_asgi()

    async def send(self, message: Any) -> None:
        if message["type"] != ready_frames.TOGETHER:
            await super().send(message)
            return
        await self.writable.wait()
        if self.disconnected or self.conn.state is not OPEN:
            raise ClientDisconnected
        self.transport.write(ready_frames.joined(message["texts"]))


class WarRoomServer(uvicorn.Server):
    """Says goodbye to its sockets before it closes them, and starts and stops the runner with its loop."""

    def __init__(self, config: uvicorn.Config, *, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self.announce = announce
        self.lifecycle = Lifecycle()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self.lifecycle.start()
        await super().startup(sockets)
        self.announce()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ours are set already, and end in time; uvicorn's would wait for its clients."""
        yield

    def stop(self) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in self.servers:
            listener.close()
        await self.lifecycle.stop()
        # What is still asked now is cut off, and uvicorn would call each an exception in our application.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


def serve(host: str, port: int, *, announce: Callable[[], None]) -> None:
    """Serve until a signal, with the embedded runner on the same loop."""
    server = WarRoomServer(config(), announce=announce)
    server.lifecycle.on_signal(server.stop)
    server.run(sockets=[address.listen(host, port)])
    close_databases()


def config(**chosen: Any) -> uvicorn.Config:
    settings: dict[str, Any] = {
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "ws": Socket,
        "ws_max_size": INBOUND_BYTES,
        "ws_per_message_deflate": False,
        "ws_ping_interval": 20,
        "ws_ping_timeout": 30,
        "timeout_graceful_shutdown": 1,
    }
    return uvicorn.Config(get_default_application(), **{**settings, **chosen})
