"""Where a viewer starts: after what they have, when all of the rest can be given; else from a snapshot."""

from typing import Literal

from sessions_app.events import executors, stored
from sessions_app.events.rooms import RING_BYTES, RING_EVENTS, Room

Reason = Literal["fresh", "epoch_changed", "behind_floor", "ahead_of_head", "too_far"]


async def why_not(room: Room, *, epoch: str | None, after: int | None) -> Reason | None:
    """Why a client at this position needs a snapshot; if it does not, the ring now holds all that it lacks."""
    if epoch is None or after is None:
        return "fresh"
    if epoch != room.epoch:
        return "epoch_changed"
    if after > room.head:
        return "ahead_of_head"
    if room.head - after > RING_EVENTS:
        return "too_far"
    if room.ready(after) is None:
        rows = await executors.read(stored.read, room.id, after=after, limit=RING_EVENTS + 1, budget=RING_BYTES)
        if rows and rows[0][0] != after + 1:
            return "behind_floor"
        room.backfill(rows)
    return None if room.ready(after) is not None else "too_far"
