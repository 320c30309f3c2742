"""A client of the socket in this process, which reads as fast or as slowly as a test wants."""

import asyncio
import json
from typing import Any, Self
from uuid import uuid4

from chatsite.asgi import application
from sessions_app.events import executors
from sessions_app.models import ChatSession, User
from sessions_app.services import accounts
from tests import contract

PATIENCE = 20
ORIGIN = "http://testserver"


class Gone(Exception):
    """The server has closed the socket."""

    def __init__(self, code: int, bye: dict[str, Any] | None) -> None:
        self.code = code
        self.bye = bye
        super().__init__(f"{code} {bye}")


class Socket:
    """One socket, opened through the ASGI application as a server would."""

    def __init__(
        self, *, origin: str | None = ORIGIN, subprotocols: tuple[str, ...] = ("warroom.v1",), **headers: str
    ) -> None:
        named = {**headers, **({"origin": origin} if origin else {})}
        self.scope = {
            "type": "websocket",
            "path": "/ws/v1",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "subprotocols": list(subprotocols),
        }
        self.answers_pings = True
        self.pings: list[dict[str, Any]] = []
        self.bye: dict[str, Any] | None = None
        self.user: User | None = None
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._app: asyncio.Task[None] | None = None

    # --- Coming and going --------------------------------------------------------------------------------------------
    async def open(self) -> Self:
        self._app = asyncio.create_task(application(self.scope, self._to_server.get, self._take))
        self._to_server.put_nowait({"type": "websocket.connect"})
        accepted = await asyncio.wait_for(self._from_server.get(), PATIENCE)
        assert accepted["type"] == "websocket.accept", accepted
        return self

    async def hello(self, user: User | None = None) -> dict[str, Any]:
        """Say hello, as this person with a ticket, or as whoever the headers say."""
        self.user = user
        told: dict[str, Any] = {"t": "hello", "v": 1}
        self.send({**told, "ticket": await ticket(user)} if user else told)
        return await self.until("welcome")

    async def close(self) -> None:
        """Go away without a word, as a lost connection does."""
        assert self._app is not None
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1006})
        await asyncio.wait_for(self._app, PATIENCE)

    async def closed(self) -> Gone:
        """How the server ended it; what came before is skipped."""
        while True:
            try:
                await self.next()
            except Gone as gone:
                assert self._app is not None
                await asyncio.wait_for(self._app, PATIENCE)
                return gone

    # --- Frames ------------------------------------------------------------------------------------------------------
    def send(self, frame: dict[str, Any]) -> None:
        self.send_text(json.dumps(contract.check(frame)))

    def send_text(self, text: str) -> None:
        self._to_server.put_nowait({"type": "websocket.receive", "text": text})

    def send_bytes(self, data: bytes) -> None:
        self._to_server.put_nowait({"type": "websocket.receive", "bytes": data})

    def pong(self) -> None:
        """Acknowledge everything that was received."""
        self.send({"t": "pong", "n": self.pings[-1]["n"]})

    async def next(self) -> dict[str, Any]:
        """The next frame that is not a ping."""
        while True:
            message = await asyncio.wait_for(self._receive(), PATIENCE)
            if message["type"] == "websocket.close":
                raise Gone(message["code"], self.bye)
            frame = contract.read(message["text"])
            if frame["t"] == "bye":
                self.bye = frame
            elif frame["t"] == "ping":
                self.pings.append(frame)
                if self.answers_pings:
                    self.pong()
            else:
                return frame

    async def until(self, t: str, **fields: Any) -> dict[str, Any]:
        """The next frame of this kind, and with these fields; others before it are skipped."""
        while True:
            frame = await self.next()
            if frame["t"] == t and all(frame.get(name) == value for name, value in fields.items()):
                return frame

    async def frames(self, until: str, **fields: Any) -> list[dict[str, Any]]:
        """All frames up to and with the first of this kind."""
        found = []
        while True:
            found.append(await self.next())
            if found[-1]["t"] == until and all(found[-1].get(name) == value for name, value in fields.items()):
                return found

    async def ask(self, type_: str, data: dict[str, Any], *, room: Any = None, cid: str = "") -> dict[str, Any]:
        """Send a command and wait for its acknowledgement."""
        cid = cid or str(uuid4())
        told = {"t": "cmd", "cid": cid, "type": type_, "data": data}
        self.send({**told, "room": str(room)} if room else told)
        return await self.until("ack", cid=cid)

    async def all_sent(self) -> list[dict[str, Any]]:
        """Everything the server has sent by now: it answers a ping behind all of it."""
        self.send({"t": "ping", "n": 4711})
        return (await self.frames("pong", n=4711))[:-1]

    async def enter(self, room: ChatSession, **position: Any) -> list[dict[str, Any]]:
        """Subscribe, and take everything up to `caught_up`."""
        self.send({"t": "sub", "room": str(room.pk), **position})
        return await self.frames("caught_up", room=str(room.pk))

    async def _receive(self) -> dict[str, Any]:
        return await self._from_server.get()

    async def _take(self, message: dict[str, Any]) -> None:
        self._from_server.put_nowait(message)
        if message["type"] == "websocket.close":  # what a server does then
            self._to_server.put_nowait({"type": "websocket.disconnect", "code": message["code"]})


async def ticket(user: User) -> str:
    made = await executors.run(accounts.issue_ticket, user=user, auth_hash=user.get_session_auth_hash())
    return made.token


async def opened(user: User) -> Socket:
    """A socket of this person that has been welcomed."""
    socket = await Socket().open()
    await socket.hello(user)
    return socket
