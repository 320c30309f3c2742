"""A client that keeps its place as the contract says, and fails on any gap, repeat or wrong offset."""

from typing import Any

from sessions_app.models import ChatSession
from tests.sockets import Socket


class Follower:
    def __init__(self, socket: Socket, room: ChatSession) -> None:
        self.socket = socket
        self.room = room
        self.epoch = ""
        self.seq = 0
        # All seqs it knows of, by event or by snapshot.
        self.seqs: list[int] = []
        self.texts: dict[str, str] = {}
        self.ended: dict[str, str] = {}

    async def enter(self) -> None:
        """Subscribe from where we are, and read on to the end of the replay."""
        place = {"epoch": self.epoch, "after": self.seq} if self.epoch else {}
        self.socket.send({"t": "sub", "room": str(self.room.pk), **place})
        while (frame := await self.socket.next())["t"] != "subscribed":
            pass  # what was under way before we asked again
        self._begin(frame)
        assert frame["recovered"] or not place
        while frame["t"] != "caught_up":
            frame = await self.take()
        assert frame["seq"] == self.seq

    async def until(self, seq: int) -> None:
        while self.seq < seq:
            await self.take()

    async def take(self) -> dict[str, Any]:
        return self.apply(await self.socket.next())

    def apply(self, frame: dict[str, Any]) -> dict[str, Any]:
        if frame["t"] == "event":
            self._event(frame)
        elif frame["t"] == "delta":
            self._delta(frame)
        return frame

    async def take_what_was_sent(self) -> None:
        for frame in await self.socket.all_sent():
            self.apply(frame)

    def _begin(self, frame: dict[str, Any]) -> None:
        self.epoch = frame["epoch"]
        if not frame["recovered"]:
            self.seq = frame["head"]
            self.seqs = list(range(1, self.seq + 1))
        self.texts = {partial["msg"]: partial["text"] for partial in frame["partials"]}

    def _event(self, frame: dict[str, Any]) -> None:
        assert frame["seq"] == self.seq + 1, f"{frame['seq']} after {self.seq}"
        self.seq = frame["seq"]
        self.seqs.append(self.seq)
        if frame["type"] == "message.end":
            name = frame["data"]["message_id"]
            streamed = self.texts.pop(name, "")
            assert frame["data"]["content"].startswith(streamed)
            self.ended[name] = frame["data"]["content"]

    def _delta(self, frame: dict[str, Any]) -> None:
        if frame["msg"] in self.ended:
            return  # the end came from the database, before the hub was told of it
        known = self.texts.get(frame["msg"], "")
        assert frame["off"] == len(known), "neither a hole nor a repeat"
        self.texts[frame["msg"]] = known + frame["text"]
