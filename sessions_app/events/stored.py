"""Reading the log: ready texts from the rows, to the letter as they went out."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from django.db.models import TextField
from django.db.models.functions import Cast

from sessions_app.errors import NotFound
from sessions_app.events import frames
from sessions_app.models import ChatSession, Event

_FIELDS = (
    "seq", "id", "ts", "type", "actor_kind", "actor_id", "actor_name", "run_id", "parent_run_id", "cause", "data",
)  # fmt: skip
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_LONG = b"0" * 19


def frame(room: UUID, row: tuple[Any, ...]) -> str:
    """The text of one event; `row` holds _FIELDS."""
    seq, event_id, ts, type_, kind, actor_id, actor_name, run, parent_run, cause, data = row
    actor = {"kind": kind, "id": actor_id, **({"name": actor_name} if actor_name else {})}
    told: dict[str, Any] = {"t": "event", "room": room, "seq": seq, "id": event_id, "ts": ts, "type": type_,
                            "actor": actor}  # fmt: skip
    told |= {name: value for name, value in (("run", run), ("parent_run", parent_run), ("cause", cause)) if value}
    return frames.encode_within({**told, "data": data}, "data")


def frame_of(event: Event) -> str:
    return frame(event.session_id, tuple(getattr(event, name) for name in _FIELDS))


def read(session_id: UUID | str, *, after: int, limit: int = 1000, budget: int | None = None) -> list[tuple[int, str]]:
    """Events with seq above `after`, in order; at least one, then no more than `budget` bytes."""
    room = UUID(str(session_id))
    after_it = Event.objects.filter(session_id=room, seq__gt=after).order_by("seq")
    # As text: a third of all this was the standard library's reading of JSON.
    rows = after_it.values_list(*_FIELDS[:-1], Cast("data", TextField()))[:limit]
    found: list[tuple[int, str]] = []
    for row in rows.iterator(chunk_size=100):
        text = frame(room, (*row[:-1], _decoded(row[-1].encode())))
        if budget is not None:
            budget -= frames.size(text)
            if budget < 0 and found:
                break
        found.append((row[0], text))
    return found


def _decoded(data: bytes) -> Any:
    """orjson makes a float of a number beyond 64 bits; where there may be one, the slower reader keeps it whole."""
    return json.loads(data) if _LONG in data.translate(_DIGITS) else orjson.loads(data)


def position(session_id: UUID | str) -> tuple[str, int]:
    """The epoch and the newest seq."""
    found = ChatSession.objects.filter(pk=session_id).values_list("epoch", "head").first()
    if found is None:
        raise NotFound(code="SESSION_NOT_FOUND")
    return found


def positions(session_ids: Iterable[str]) -> dict[str, tuple[str, int]]:
    rows = ChatSession.objects.filter(pk__in=list(session_ids)).values_list("id", "epoch", "head")
    return {str(pk): (epoch, head) for pk, epoch, head in rows}
