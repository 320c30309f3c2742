"""People who call the API on the loop, and what a stream tells them."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from django.test import AsyncClient

from sessions_app.models import User
from sessions_app.services import accounts


class Person:
    def __init__(self, user: User) -> None:
        self.client = AsyncClient(raise_request_exception=False)
        # Django's async client drops headers given to its constructor.
        self.signed_in = {"Authorization": f"Bearer {accounts.sign_in(user=user).access}"}

    async def get(self, path: str) -> Any:
        return await self.client.get(f"/api/v1/{path}", headers=self.signed_in)

    async def post(self, path: str, body: object = None, **headers: str) -> Any:
        named = self.signed_in | {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {} if body is None else body
        return await self.client.post(f"/api/v1/{path}", sent, "application/json", headers=named)


@dataclass(frozen=True)
class Told:
    """One event of a stream: its name, its data, and its id where it has one."""

    event: str
    data: dict[str, Any]
    id: str = ""


class Heard:
    """A reader of Server-Sent Events, block by block."""

    def __init__(self, response: Any) -> None:
        assert response.status_code == 200, response.content
        assert response["Content-Type"].startswith("text/event-stream")
        self.chunks = aiter(response.streaming_content)
        self.blocks: list[str] = []
        self.comments: list[str] = []

    async def next(self) -> Told:
        while True:
            if told := self.take(await self._block()):
                return told

    async def until(self, event: str) -> list[Told]:
        """All events up to and with the first of this name."""
        found = [await self.next()]
        while found[-1].event != event:
            found.append(await self.next())
        return found

    async def all(self) -> list[Told]:
        """Everything to the end of the stream."""
        found = []
        try:
            while True:
                found.append(await self.next())
        except StopAsyncIteration:
            return found

    async def leave(self) -> None:
        await self.chunks.aclose()

    def take(self, block: str) -> Told | None:
        if block.startswith(":"):
            self.comments.append(block)
            return None
        return read(block)

    async def _block(self) -> str:
        if not self.blocks:
            chunk = await asyncio.wait_for(anext(self.chunks), 20)
            text = chunk.decode()
            assert text.endswith("\n\n")
            self.blocks = text.removesuffix("\n\n").split("\n\n")
        return self.blocks.pop(0)


def read(block: str) -> Told:
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    return Told(fields["event"], json.loads(fields["data"]), fields.get("id", ""))


def spoken(told: list[Told]) -> str:
    """What a reader of `sessions/{id}/chat` has on the screen: the contents in order, without what became void."""
    texts: dict[str, str] = {}
    for each in told:
        if each.event == "content":
            texts[each.data["message_id"]] = texts.get(each.data["message_id"], "") + each.data["data"]
        elif each.event in ("reset", "thinking"):
            texts.pop(each.data.get("message_id", ""), None)
    return "".join(texts.values())
