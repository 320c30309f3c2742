"""A server that pours frames into one room as fast as it can, each time it gets SIGUSR1. Three kinds:

    python -m benchmarks.rig.pump warroom|stock|floor daphne|uvicorn PORT FRAMES [burst]

With `burst` all frames come in one moment, each word the time at which it was said, and stock has its default room.

*warroom* is the product with its hub, window and writer; *stock* a plain Channels consumer with `group_send` on the
layer in memory, given ready text, and room enough to lose nothing; *floor* sends ready bytes by hand, on uvloop only.
"""

import asyncio
import base64
import hashlib
import os
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, cast

WORD = "12345678"
LAST = "the end."
LOUD = "loud"
ID = "01a1fd74-fbce-749f-b6a6-2083c9e6c6e4"
STAMP_US = 16 ** len(WORD)  # the microseconds that a word can tell: more than an hour
Pour = Callable[[int], Awaitable[None]]


def delta(number: int, text: str) -> str:
    """What Warroom sends for one token, so that all three move the same bytes."""
    off = number * len(WORD)
    return f'{{"msg":"{ID}","off":{off},"room":"{ID}","run":"{ID}","t":"delta","text":"{text}"}}'


def word(number: int, frames: int) -> str:
    return WORD if number < frames - 1 else LAST


def stamp() -> str:
    return f"{time.monotonic_ns() // 1000 % STAMP_US:08x}"


# --- Warroom ----------------------------------------------------------------------------------------------------------
def warroom(burst: bool) -> tuple[Any, Pour]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    from chatsite.asgi import application
    from sessions_app.events.hub import hub
    from sessions_app.models.base import uuid7

    async def pour(frames: int) -> None:
        """Into the room opened first, as an engine would, but for the pace: as fast as everybody's window allows."""
        room = next(iter(hub.rooms))
        message, viewers = str(uuid7()), hub.rooms[room].viewers
        for number in range(frames):
            hub.delta(room, run=message, msg=message, off=number * len(WORD), text=word(number, frames))
            await asyncio.sleep(0)
            while number % 64 == 0 and not all(viewer.outlet.flowing for viewer in viewers):  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        hub.forget(room, message)

    async def pour_at_once(frames: int) -> None:
        room, message = next(iter(hub.rooms)), str(uuid7())
        for number in range(frames):
            hub.delta(room, run=message, msg=message, off=number * len(WORD), text=stamp())
        hub.forget(room, message)

    make_home()
    return application, pour_at_once if burst else pour


def make_home() -> None:
    """Tables and people, as `manage.py up` makes them."""
    from agents_app.serving.preparation import prepare

    prepare()


# --- Stock ------------------------------------------------------------------------------------------------------------
def stock(burst: bool) -> tuple[Any, Pour]:
    import django
    from django.conf import settings

    layer = {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {} if burst else {"capacity": 1_000_000}}
    settings.configure(CHANNEL_LAYERS={"default": layer}, SECRET_KEY="stock", ALLOWED_HOSTS=["*"])
    django.setup()
    from channels.generic.websocket import AsyncWebsocketConsumer
    from channels.layers import get_channel_layer

    class Viewer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels comes without types
        async def connect(self) -> None:
            self.room = self.scope["path"].strip("/")
            await self.channel_layer.group_add(self.room, self.channel_name)
            await self.accept()
            await self.send(text_data='{"t":"caught_up"}')

        async def told(self, event: dict[str, str]) -> None:
            await self.send(text_data=event["text"])

        async def disconnect(self, code: int) -> None:
            await self.channel_layer.group_discard(self.room, self.channel_name)

    async def pour(frames: int) -> None:
        layer = get_channel_layer()
        for number in range(frames):
            text = stamp() if burst else word(number, frames)
            await layer.group_send(LOUD, {"type": "told", "text": delta(number, text)})
            if not burst:
                await asyncio.sleep(0)

    return Viewer.as_asgi(), pour


# --- Floor ------------------------------------------------------------------------------------------------------------
class Raw(asyncio.Protocol):
    """The least that can be called a WebSocket server: shakes hands, sends ready bytes, reads nothing."""

    loud: ClassVar[list[asyncio.Transport]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        key = re.search(rb"Sec-WebSocket-Key: *(\S+)", data, re.IGNORECASE)
        if key is None:
            return
        accept = base64.b64encode(hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.transport.write(head + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + frame('{"t":"caught_up"}'))
        if data.startswith(f"GET /{LOUD} ".encode()):
            self.loud.append(self.transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport in self.loud:
            self.loud.remove(self.transport)


def frame(text: str) -> bytes:
    """A whole text frame from a server (RFC 6455, section 5.2)."""
    body = text.encode()
    size = bytes([len(body)]) if len(body) < 126 else b"\x7e" + len(body).to_bytes(2, "big")
    return b"\x81" + size + body


async def pour_raw(frames: int) -> None:
    for number in range(frames):
        ready = frame(delta(number, word(number, frames)))
        for transport in Raw.loud:
            transport.write(ready)
        await asyncio.sleep(0)


def serve_floor(port: int, frames: int) -> None:
    import uvloop

    async def serve() -> None:
        on_signal(pour_raw, frames)()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Raw, "127.0.0.1", port, backlog=1000)
        await server.serve_forever()

    uvloop.run(serve())


# --- Serving ----------------------------------------------------------------------------------------------------------
# The screens answer no ping of the servers' own, so none is sent.
def warroom_on_daphne(application: Any, port: int, begin: Callable[[], None]) -> None:
    from agents_app.serving.with_daphne import WarRoomServer

    server = WarRoomServer("127.0.0.1", port, announce=begin)
    server.ping_interval = 3600
    server.run()


def warroom_on_uvicorn(application: Any, port: int, begin: Callable[[], None]) -> None:
    from agents_app.serving.with_uvicorn import WarRoomServer, config

    WarRoomServer(config(port=port, ws_ping_interval=None), announce=begin).run()


def on_daphne(application: Any, port: int, begin: Callable[[], None]) -> None:
    from daphne.server import Server

    endpoints = [f"tcp:port={port}:interface=127.0.0.1:backlog=1000"]
    Server(application, endpoints=endpoints, signal_handlers=False, ready_callable=begin, ping_interval=3600).run()


def on_uvicorn(application: Any, port: int, begin: Callable[[], None]) -> None:
    import uvicorn

    config = uvicorn.Config(
        application, port=port, ws="websockets-sansio", ws_per_message_deflate=False, lifespan="off",
        log_level="warning", ws_ping_interval=None,
    )  # fmt: skip

    async def serve() -> None:
        begin()
        await uvicorn.Server(config).serve()

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve())


def on_signal(pour: Pour, frames: int) -> Callable[[], None]:
    """What to call on the loop once it runs; the tasks are kept, since the loop does not."""
    poured: list[asyncio.Future[None]] = []

    def begin() -> None:
        loop = asyncio.get_event_loop()
        loop.add_signal_handler(signal.SIGUSR1, lambda: poured.append(asyncio.ensure_future(pour(frames))))

    return begin


def main(kind: str, server: str, port: int, frames: int, burst: str = "") -> None:
    if kind == "floor":
        serve_floor(port, frames)
        return
    application, pour = {"warroom": warroom, "stock": stock}[kind](bool(burst))
    serve = {
        ("warroom", "daphne"): warroom_on_daphne, ("warroom", "uvicorn"): warroom_on_uvicorn,
        ("stock", "daphne"): on_daphne, ("stock", "uvicorn"): on_uvicorn,
    }[kind, server]  # fmt: skip
    serve(application, port, on_signal(pour, frames))


if __name__ == "__main__":
    main(*sys.argv[1:3], int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:])
