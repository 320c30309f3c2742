"""Texts that are still being written: kept outside the log until the durable end replaces them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sessions_app.events import frames

# Code points in one delta frame: at six bytes each, as JSON may need, it still fits.
CHUNK = 65_536

Key = tuple[str, str]  # message id, kind of text


class Delta(NamedTuple):
    """A piece of text; `off` counts code points of its message and kind."""

    room: str
    run: str
    msg: str
    off: int
    text: str
    kind: str = "text"

    @property
    def key(self) -> Key:
        return self.msg, self.kind

    @property
    def end(self) -> int:
        return self.off + len(self.text)

    def frame(self) -> str:
        frame: dict[str, Any] = {"t": "delta", "room": self.room, "run": self.run, "msg": self.msg, "off": self.off,
                                 "text": self.text}  # fmt: skip
        return frames.encode(frame if self.kind == "text" else {**frame, "kind": self.kind})


@dataclass
class Partial:
    """All that was written so far of one message and kind."""

    run: str
    msg: str
    kind: str = "text"
    length: int = 0
    _pieces: list[str] = field(default_factory=list, repr=False)

    @property
    def text(self) -> str:
        """The whole; joined only when somebody asks, since text comes in thousands of pieces."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def append(self, text: str) -> None:
        self._pieces.append(text)
        self.length += len(text)

    def missing(self, room: str, after: int) -> Iterator[Delta]:
        """What a reader who has `after` code points lacks; one delta, unless it is very long."""
        for off in range(after, self.length, CHUNK):
            yield Delta(room, self.run, self.msg, off, self.text[off : off + CHUNK], self.kind)

    def wire(self, length: int) -> dict[str, Any]:
        told: dict[str, Any] = {"msg": self.msg, "off": 0, "text": self.text[:length]}
        return told if self.kind == "text" else {**told, "kind": self.kind}


class Partials:
    """The running texts of all rooms."""

    def __init__(self) -> None:
        self._rooms: dict[str, dict[Key, Partial]] = {}

    def of(self, room: str) -> list[Partial]:
        return list(self._rooms.get(room, {}).values())

    def take(self, delta: Delta) -> tuple[Partial, Delta | None]:
        """Keep a delta, and give what of it is new; nothing for a repeat, or a hole that only the end can fill."""
        partial = self._rooms.get(delta.room, {}).get(delta.key)
        if partial is None:
            partial = Partial(delta.run, delta.msg, delta.kind)
            if not delta.off:  # else the beginning was missed, or the message has ended
                self._rooms.setdefault(delta.room, {})[delta.key] = partial
        new = delta.text[max(partial.length - delta.off, 0) :]
        if delta.off > partial.length or not new:
            return partial, None
        fresh = delta._replace(off=partial.length, text=new)
        partial.append(new)
        return partial, fresh

    def put(self, room: str, partial: Partial) -> None:
        """Take over what another process has written so far, unless we know more."""
        known = self._rooms.setdefault(room, {}).get((partial.msg, partial.kind))
        if known is None or known.length < partial.length:
            self._rooms[room][partial.msg, partial.kind] = partial

    def forget(self, room: str, msg: str) -> None:
        texts = self._rooms.get(room, {})
        for key in [key for key in texts if key[0] == msg]:
            del texts[key]
        if not texts:
            self._rooms.pop(room, None)
