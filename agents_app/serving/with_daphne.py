"""Serving on daphne, started by ourselves: its own command line has neither a start hook nor a `bye`."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any
from urllib.parse import unquote

from autobahn.exception import Disconnected
from channels.routing import get_default_application
from daphne import server as daphne_server
from daphne.endpoints import build_endpoint_description_strings
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import Server, twisted_loop
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.python.failure import Failure

from agents_app.serving import address, daphne_bodies
from agents_app.serving.errors import CannotStart
from agents_app.serving.lifecycle import INBOUND_BYTES, Lifecycle, close_databases
from chatsite import body_limits
from sessions_app.events import ready_frames


class BoundedRequest(WebRequest):
    """Counts a body as it arrives: Twisted keeps it whole, on disk if it is long, before anything else is asked."""

    left = 0
    refused = False

    def gotLength(self, length: int | None) -> None:
        self.left = body_limits.most(self._where())
        super().gotLength(0 if (length or 0) > self.left else length)
        if (length or 0) > self.left:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        self.left -= len(data)
        if self.refused:
            return
        if self.left < 0:
            self._refuse()
        else:
            super().handleContentChunk(data)

    def process(self) -> None:
        """What was refused has ended."""
        if self.refused:
            self.channel.loseConnection()
            return
        # Twisted sends the head of an answer by itself; without this its body, and each next word of a stream, waits
        # for the client's acknowledgement, up to 40 ms (https://www.rfc-editor.org/rfc/rfc1122, 4.2.3.2 and 4.2.3.4).
        self.channel.transport.setTcpNoDelay(True)
        super().process()

    def _refuse(self) -> None:
        """Answer now; what still comes is thrown away for a moment, or the client would not read the answer."""
        self.refused = True
        self.content.truncate(0)
        headers, body = body_limits.refusal(self._where())
        lines = [b"HTTP/1.1 413 Content Too Large", *(b"%b: %b" % header for header in headers), b"", body]
        self.channel.transport.write(b"\r\n".join(lines))
        twisted_loop.call_later(body_limits.LINGER_SECONDS, self._leave)

    def _leave(self) -> None:
        if self.channel is not None:
            self.channel.loseConnection()

    def _where(self) -> str:
        path: bytes = self.channel._path.partition(b"?")[0]  # its own `path` is set once the body is there
        return unquote(path.decode("ascii", "replace"))


class BoundedRequests(HTTPFactory):
    """Twisted also reads every form into memory, for nobody and at ten times its size, before Django sees the request.

    Measured: an upload of 35 MB, refused with 401, took 410 MB; left alone it takes 38.
    """

    def buildProtocol(self, addr: Any) -> Any:
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = partial(BoundedRequest, parsePOSTFormSubmission=False)
        return protocol


daphne_server.HTTPFactory = BoundedRequests  # its server takes no factory as an argument


class Socket(WebSocketProtocol):
    """Writes together what waits together, past the steps that daphne and autobahn take for each frame."""

    def handle_reply(self, message: dict[str, Any]) -> None:
        if message["type"] != ready_frames.TOGETHER:
            super().handle_reply(message)
        elif self.state != self.STATE_OPEN:
            raise Disconnected("the socket is closed")
        else:
            self._write(ready_frames.joined(message["texts"]))

    def _write(self, frames: bytes) -> None:
        """At once where nothing waits before it: twice through the selector is half of what a frame costs here."""
        transport = self.transport
        if not (transport.dataBuffer or transport._tempDataBuffer):
            sent = transport.writeSomeData(frames)
            frames = frames[sent:] if isinstance(sent, int) else frames  # of a lost connection the loop hears as well
        if frames:
            transport.write(frames)


class Sockets(WebSocketFactory):
    protocol = Socket


daphne_server.WebSocketFactory = Sockets


class WarRoomServer(Server):
    """Starts and stops the runner with its loop, and says goodbye to its sockets before it closes them."""

    def __init__(self, host: str, port: int, *, announce: Callable[[], None]) -> None:
        super().__init__(
            get_default_application(),
            endpoints=build_endpoint_description_strings(host=host, port=port),
            signal_handlers=False,
            ready_callable=lambda: self._do(self._begin()),
            server_name="warroom",
            websocket_max_message_size=INBOUND_BYTES,
            websocket_max_frame_size=INBOUND_BYTES,
            ping_interval=20,
            ping_timeout=30,
        )
        self.announce = announce
        self.lifecycle = Lifecycle()
        self.refusal = ""
        self.steps: list[asyncio.Task[None]] = []  # the loop keeps no strong hold of its tasks

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if scope["type"] == "websocket":
            scope["extensions"] = {ready_frames.TOGETHER: {}}
        elif protocol in self.connections:
            return daphne_bodies.started(self, protocol, scope, partial(self.handle_reply, protocol))
        return super().create_application(protocol, scope)

    def listen_error(self, failure: Failure) -> None:
        """Remember the reason, where daphne's own logs it and ends with status 0."""
        self.refusal = failure.getErrorMessage()
        self.stop()

    def drain_and_stop(self) -> None:
        twisted_loop.call_soon_threadsafe(lambda: self._do(self._end()))

    async def _begin(self) -> None:
        try:
            await self.lifecycle.start()
        except BaseException:
            self.stop()
            raise
        self.announce()

    async def _end(self) -> None:
        try:
            await self.lifecycle.stop()
        finally:
            self.stop()

    def _do(self, step: Coroutine[Any, Any, None]) -> None:
        self.steps.append(twisted_loop.create_task(step))


def serve(host: str, port: int, *, announce: Callable[[], None]) -> None:
    """Serve until a signal, with the embedded runner on the same loop."""
    server = WarRoomServer(host, port, announce=announce)
    server.lifecycle.on_signal(server.drain_and_stop)
    server.run()
    close_databases()
    if server.abort_start:
        raise CannotStart(f"Can't listen on {address.written(host, port)}: {server.refusal}")
    for step in server.steps:
        if step.done():
            step.result()
