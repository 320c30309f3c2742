"""How long a request's body may be, by its address: refused by what it says of itself, and while it comes.

A server reads a body before a view is asked, on to disk if it is long: without a limit here anybody, signed in or not,
could fill the disk. Under uvicorn a body passes this wrapper chunk by chunk; daphne hands over only what it has read
whole, so `agents_app.serving.with_daphne` asks the same questions as the bytes arrive.
"""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from django.conf import settings

from sessions_app.api import problems
from sessions_app.errors import Refused

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

ORDINARY = 1024 * 1024
# What a form has around its file.
AROUND = 64 * 1024
EVIDENCE = re.compile(r"/(?:api/v1/)?incidents/[^/]+/evidence/?")
UPLOADS = re.compile(r"/api/v1/uploads/?|/(?:incidents|chats)/[^/]+/messages/")
# Who is refused may still be sending, and reads the answer only after that; for so long we let them.
LINGER_SECONDS = 3.0


def most(path: str) -> int:
    """Bytes that the body of a request to this address may have."""
    if EVIDENCE.fullmatch(path):
        return settings.WARROOM_EVIDENCE_MAX_BYTES + AROUND
    if UPLOADS.fullmatch(path):
        return settings.WARROOM_UPLOAD_MAX_BYTES + AROUND
    return ORDINARY


def refusal(path: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers and body of the 413: a problem for programs, a line for whoever posted a form."""
    words = f"What was sent is too long: at this address it may have {most(path) // 1024:,} KiB."
    problem = path.startswith("/api/")
    body = orjson.dumps(problems.body(Refused("PAYLOAD_TOO_LARGE", words), None)) if problem else words.encode()
    kind = problems.PROBLEM if problem else "text/plain; charset=utf-8"
    headers = {
        "Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close",
        "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    return [(name.encode(), value.encode()) for name, value in headers.items()], body


class BodyLimits:
    """Around the HTTP application."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        counted = Counted(receive, most(scope["path"]))
        if not counted.allows(said(scope)):
            await refuse(scope["path"], receive, send)
            return
        await self.application(scope, counted.receive, send)
        if counted.exceeded:
            await refuse(scope["path"], receive, send)


class Counted:
    """A body that is counted as it is read; past its limit the reader is told that nobody sends any more."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._left = receive, limit
        self.exceeded = False

    def allows(self, length: int) -> bool:
        return length <= self._left

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left >= 0:
            return message
        self.exceeded = True
        return {"type": "http.disconnect"}


def said(scope: Message) -> int:
    """The length a request says it has."""
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(length) if length.isdigit() else 0


async def refuse(path: str, receive: Receive, send: Send) -> None:
    """Answer at once, and throw away for a moment what still comes: a closed door would take the answer with it."""
    headers, body = refusal(path)
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body"):
                pass
    await send({"type": "http.response.body", "body": b""})
