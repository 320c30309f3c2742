"""Bodies on daphne, handed over as they are read.

Daphne puts all of a body into the application's queue before the application has read any of it: a log of 100 MB stays
in memory whole, and whoever reads it never lets the loop go in between.
"""

import asyncio
from collections.abc import Callable
from io import BytesIO
from typing import IO, Any

CHUNK = 128 * 1024


class Body:
    """Stands where daphne's queue stands: what is put there comes once the body, still on disk, has been read."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._read = False

    def put_nowait(self, message: dict[str, Any]) -> None:
        if message["type"] != "http.request":  # the empty one that daphne read in its place
            self._queue.put_nowait(message)

    async def get(self) -> dict[str, Any]:
        if self._read:
            return await self._queue.get()
        await asyncio.sleep(0)  # others have their turn between any two pieces
        body = self._content.read(CHUNK)
        self._read = len(body) < CHUNK
        if self._read:
            self._content.close()
        return {"type": "http.request", "body": body, "more_body": not self._read}


def taken_from(protocol: Any) -> Body:
    """The body of a daphne request, which from now on has an empty one itself."""
    content, protocol.content = protocol.content, BytesIO()
    content.seek(0)
    return Body(content)


def started(server: Any, protocol: Any, scope: dict[str, Any], reply: Callable[..., Any]) -> Body:
    """What daphne's `create_application` does, with this body."""
    body = taken_from(protocol)
    scope.setdefault("asgi", {"version": "3.0"})
    running = server.application(scope=scope, receive=body.get, send=reply)
    server.connections[protocol]["application_instance"] = asyncio.ensure_future(running)
    return body
