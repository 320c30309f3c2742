"""The war room's socket (`/ws/v1`): hello, rooms, commands. The stream itself is the connection's and the hub's."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import uuid4

import structlog
from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer
from django.db import Error as DatabaseError
from django.utils import translation
from django.utils.translation import gettext as _

from sessions_app import client_frames, commands, doorway, entrance, languages, permissions, rate_limits
from sessions_app.api import bodies
from sessions_app.client_address import nearest
from sessions_app.client_frames import ClientFrame, Cmd, Hello, Ping, Pong, Sub, Unreadable, Unsub
from sessions_app.errors import Invalid, NotFound, Refused
from sessions_app.events import executors, frames, ready_frames
from sessions_app.events.connection import PING_SECONDS, WINDOW_BYTES, Connection
from sessions_app.events.hub import hub
from sessions_app.events.refusals import error_object
from sessions_app.limits import Bucket
from sessions_app.models import ChatSession
from sessions_app.subscribing import subscribe
from sessions_app.vocabulary import AuthRefresh

SUBPROTOCOL = "warroom.v1"
HELLO_SECONDS = 5
ROOMS = 100
COMMANDS_WAITING = 100
DRAIN_SECONDS = 1.5
# So that the clients of a server that goes down don't come back to the next one in the same moment.
SPREAD_MS = 2000

log = structlog.get_logger(__name__)
Message = dict[str, Any]
_open: set["asyncio.Task[Any]"] = set()


async def drain() -> None:
    """Send everybody away, to come back to another server or a later one; for who stops this process."""
    hub.draining = True
    for outlet in list(hub.outlets):
        outlet.end(4503, "draining", random.randrange(SPREAD_MS))
    if _open:
        await asyncio.wait(_open, timeout=DRAIN_SECONDS)


class WarRoomConsumer(AsyncConsumer):
    # None: a channel of the layer a socket would be a subscription of Redis a socket.
    channel_layer_alias = "none"

    async def __call__(self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        together = ready_frames.TOGETHER in scope.get("extensions", ())
        self.connection = Connection(send, abort=task.cancel, together=together)
        self.headers = entrance.headers_of(scope)
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: asyncio.Queue[Cmd] = asyncio.Queue(COMMANDS_WAITING)
        self._worker: asyncio.Task[None] | None = None
        self._hello_timer: asyncio.TimerHandle | None = None
        self._commands, self._frames = Bucket(20, 40), Bucket(50, 200)
        _open.add(task)
        hub.open(self.connection)
        self._start(self.connection.write(), "writer")
        # Whatever happens, daphne's cancellation included, which skips the disconnect.
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            if self.connection.ended is None:
                raise
        finally:
            _open.discard(task)
            self._leave()

    async def dispatch(self, message: Message) -> None:
        """Without Channels' look at every database connection before each frame: nothing here uses one directly."""
        await getattr(self, get_handler_name(message))(message)

    def _leave(self) -> None:
        hub.close(self.connection)
        if self._hello_timer is not None:
            self._hello_timer.cancel()
        for task in self._tasks:
            task.cancel()
        self.connection.leave()

    # --- The socket --------------------------------------------------------------------------------------------------
    async def websocket_connect(self, message: Message) -> None:
        """Accept first: a close before that reaches a browser as 1006, without our code."""
        offered = SUBPROTOCOL in self.scope["subprotocols"]
        await self.send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None})
        if hub.draining:
            self.connection.end(4503, "draining", random.randrange(SPREAD_MS))
        elif (wait := await self._wait_asked()) > 0:
            self.connection.end(4429, "slow down", wait)
        elif not offered:
            self.connection.end(4406, f"the subprotocol must be {SUBPROTOCOL}")
        elif not entrance.welcome_from(self.headers):
            self.connection.end(4403, "this origin is not one of ours")
        else:
            late = asyncio.get_running_loop().call_later
            self._hello_timer = late(HELLO_SECONDS, self.connection.end, 4408, "hello too late")

    async def _wait_asked(self) -> int:
        """Milliseconds for one whose address opens sockets too fast; 0 for all others."""
        peer = self.scope.get("client") or ("",)
        address = nearest(str(peer[0]), self.headers.get("x-forwarded-for", "")) or ""
        try:
            if rate_limits.shared():
                await executors.run(rate_limits.require, "sockets", address)
            else:
                rate_limits.require("sockets", address)
        except Refused as refused:
            return max(1, int((refused.retry_after_s or 0) * 1000))
        return 0

    async def websocket_receive(self, message: Message) -> None:
        if self.connection.ended is not None:
            return
        self.connection.heard()
        text = message.get("text")
        if text is None:
            self.connection.end(4400, "frames are text")
        elif frames.size(text) > client_frames.INBOUND_BYTES:
            self.connection.end(4413, "a frame may have 64 KiB")
        else:
            await self._read(text)

    async def websocket_disconnect(self, message: Message) -> None:
        raise StopConsumer

    # --- Frames ------------------------------------------------------------------------------------------------------
    async def _read(self, text: str) -> None:
        try:
            frame = client_frames.parse(text)
        except Unreadable as unreadable:
            self._refuse(unreadable)
            return
        if isinstance(frame, Pong):
            if not self.connection.pong(frame.n):
                self._refuse(Unreadable(_("That ping was never sent.")))
        elif not (self._commands if isinstance(frame, Cmd) else self._frames).take():
            self.connection.end(4429, "slow down", 1000)
        elif isinstance(frame, Hello):
            await self._hello(frame)
        elif self.connection.actor is None:
            self.connection.end(4400, "hello comes first")
        else:
            self._take(frame)

    def _take(self, frame: ClientFrame) -> None:
        match frame:
            case Ping():
                self.connection.put(frames.encode({"t": "pong", "n": frame.n}))
            case Sub():
                self._subscribe(frame)
            case Unsub():
                self.connection.drop(str(frame.room))
                self.connection.put(frames.encode({"t": "unsub", "room": str(frame.room)}))
            case Cmd():
                self._queue(frame)

    def _refuse(self, unreadable: Unreadable) -> None:
        """Before the hello nobody is owed patience; after it, a client may go on, a few times."""
        if self.connection.actor is None:
            self.connection.end(4400, unreadable.detail[:120])
        elif not self._frames.take():
            self.connection.end(4429, "slow down", 1000)
        else:
            told = {"t": "error", "error": error_object(unreadable)}
            self.connection.put(frames.encode({**told, "cid": unreadable.cid} if unreadable.cid else told))

    async def _hello(self, hello: Hello) -> None:
        if self.connection.actor is not None:
            self._refuse(Unreadable(_("You have said hello.")))
            return
        if hello.v != 1:
            self.connection.end(4406, "this server speaks version 1")
            return
        if self._hello_timer is not None:
            self._hello_timer.cancel()
        try:
            shown = await executors.run(entrance.by_headers_or_ticket, self.headers, hello.ticket)
        except Refused as refused:
            self.connection.end(4401, refused.detail)
        except DatabaseError:
            self.connection.end(4503, "the database can't be reached", random.randrange(SPREAD_MS))
        else:
            self._welcome(shown)

    def _welcome(self, shown: entrance.Pass) -> None:
        self.connection.admit(*shown)
        self.connection.language = languages.of_socket(self.headers, shown.actor.user)
        translation.activate(self.connection.language)  # of this task, and of all that it starts for this socket
        self.connection.put(
            frames.encode(
                {"t": "welcome", "v": 1, "conn": str(uuid4()), "user": shown.actor.id, "ping_ms": PING_SECONDS * 1000,
                 "window_bytes": WINDOW_BYTES, "token_exp": shown.expires, "status": hub.parts.all()}
            )
        )  # fmt: skip

    # --- Rooms -------------------------------------------------------------------------------------------------------
    def _subscribe(self, sub: Sub) -> None:
        """From here until `subscribed` nothing of the room goes out; a second `sub` takes the first one's place."""
        room, by = str(sub.room), self.connection.actor
        assert by is not None
        self.connection.drop(room)
        if len(list(self.connection.rooms())) >= ROOMS:
            self.connection.lose(
                room, Refused("RATE_LIMIT_EXCEEDED", _("A socket follows {most} rooms at most.").format(most=ROOMS))
            )
            return
        self.connection.joining[room] = self._start(subscribe(self.connection, sub, by=by), f"sub {room}")

    # --- Commands ----------------------------------------------------------------------------------------------------
    def _queue(self, cmd: Cmd) -> None:
        """One after the other, so that what somebody says first is said first; the stream goes on meanwhile."""
        try:
            self._waiting.put_nowait(cmd)
        except asyncio.QueueFull:
            self.connection.end(4429, "slow down", 1000)
            return
        self.connection.working += 1
        if self._worker is None or self._worker.done():
            self._worker = self._start(self._work(), "commands")

    async def _work(self) -> None:
        while not self._waiting.empty() and self.connection.ended is None:
            cmd = self._waiting.get_nowait()
            try:
                ack = await self._carry_out(cmd)
            finally:
                self.connection.working -= 1
            self.connection.put(frames.encode_within(ack, "data") if ack["ok"] else frames.encode(ack))

    async def _carry_out(self, cmd: Cmd) -> dict[str, Any]:
        here = {"typing": self._type, "auth.refresh": self._refresh}.get(cmd.type)
        ack = {"t": "ack", "cid": str(cmd.cid)}
        by = self.connection.actor
        assert by is not None
        try:
            if here is not None:
                return {**ack, "ok": True, "data": await here(cmd)}
            with doorway.visit():
                return {**ack, **await executors.run(commands.carry_out, cmd, by=by)}
        except Refused as refused:
            return {**ack, "ok": False, "error": error_object(refused)}
        except DatabaseError:
            away = Refused("SERVICE_UNAVAILABLE", _("The database can't be reached right now; send it again shortly."))
            return {**ack, "ok": False, "error": error_object(away)}
        except Exception:
            log.exception("command failed", type=cmd.type)
            return {**ack, "ok": False, "error": error_object(Refused("INTERNAL_ERROR"))}

    async def _type(self, cmd: Cmd) -> dict[str, Any]:
        """Tell the others in the room, as long as they are there; nothing is kept."""
        viewer, by = self.connection.viewers.get(str(cmd.room)), self.connection.actor
        if viewer is None or by is None:
            raise NotFound(_("Subscribe to the room first."), code="SESSION_NOT_FOUND")
        await executors.read(_require_post, by, viewer.room.id)
        frame = {"t": "typing", "room": viewer.room.id, "user": by.id, "name": by.name}
        viewer.room.say(frames.encode(frame), but=self.connection)
        return {}

    async def _refresh(self, cmd: Cmd) -> dict[str, Any]:
        asked = bodies.parse(AuthRefresh, cmd.data)
        shown = await executors.run(entrance.by_ticket_or_token, asked.ticket, asked.token)
        if self.connection.actor is None or shown.actor.id != self.connection.actor.id:
            raise Invalid(_("That is somebody else's."))
        self.connection.admit(*shown)
        return {"token_exp": shown.expires}

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("socket task failed", task=task.get_name(), exc_info=error)
            self.connection.end(4500, "something went wrong on our side")


def _require_post(actor: Any, room: str) -> None:
    session = ChatSession.objects.get(pk=room)
    permissions.require(actor, "post", session, missing="SESSION_NOT_FOUND")
