"""Serving on uvicorn (extra `prod`): the same product on a faster loop."""

import contextlib
import logging
import socket
from collections.abc import Callable, Iterator

import uvicorn
from channels.routing import get_default_application

from agents_app.serving import address
from agents_app.serving.lifecycle import INBOUND_BYTES, Lifecycle, close_databases


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
    config = uvicorn.Config(
        get_default_application(),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=INBOUND_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=30,
        timeout_graceful_shutdown=1,
    )
    server = WarRoomServer(config, announce=announce)
    server.lifecycle.on_signal(server.stop)
    server.run(sockets=[address.listen(host, port)])
    close_databases()
