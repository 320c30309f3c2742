"""Serving on daphne, started by ourselves: its own command line has neither a start hook nor a `bye`."""

import asyncio
import signal
from collections.abc import Callable

from channels.routing import get_default_application
from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server, twisted_loop
from twisted.python.failure import Failure

from agents_app.serving.errors import CannotStart
from agents_app.serving.lifecycle import INBOUND_BYTES, Lifecycle, close_databases


class WarRoomServer(Server):
    """Remembers why it could not listen, where daphne's own logs it and ends with status 0."""

    refusal = ""

    def listen_error(self, failure: Failure) -> None:
        self.refusal = failure.getErrorMessage()
        self.stop()


def serve(host: str, port: int, *, announce: Callable[[], None]) -> None:
    """Serve until a signal, with the embedded runner on the same loop."""
    lifecycle = Lifecycle()
    steps: list[asyncio.Task[None]] = []  # the loop keeps no strong hold of its tasks
    server = WarRoomServer(
        get_default_application(),
        endpoints=build_endpoint_description_strings(host=host, port=port),
        signal_handlers=False,
        ready_callable=lambda: steps.append(twisted_loop.create_task(begin())),
        server_name="warroom",
        websocket_max_message_size=INBOUND_BYTES,
        websocket_max_frame_size=INBOUND_BYTES,
        ping_interval=20,
        ping_timeout=30,
    )

    async def begin() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            twisted_loop.add_signal_handler(number, on_signal)
        await lifecycle.start()
        announce()

    def on_signal() -> None:
        if lifecycle.told_to_stop():
            steps.append(twisted_loop.create_task(end()))

    async def end() -> None:
        try:
            await lifecycle.stop()
        finally:
            server.stop()

    server.run()
    close_databases()
    if server.abort_start:
        raise CannotStart(f"Can't listen on {host}:{port}: {server.refusal}")
    if steps and steps[0].done():
        steps[0].result()
