"""Coming into a room: the hints are joined first, then the position is read, then everything goes out in order."""

from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError
from django.utils.translation import gettext as _

from sessions_app import snapshot
from sessions_app.actors import Actor
from sessions_app.client_frames import Sub
from sessions_app.errors import Refused
from sessions_app.events import executors, frames, resume
from sessions_app.events.connection import Connection
from sessions_app.events.hub import hub
from sessions_app.events.rooms import Room, Viewer
from sessions_app.events.standing import place
from sessions_app.services import participants


async def subscribe(connection: Connection, sub: Sub, *, by: Actor) -> None:
    room_id = str(sub.room)
    await connection.clear.wait()  # a snapshot is large: not onto what the client has not yet read
    try:
        async with hub.entering(room_id) as room:
            entered = await _admit(connection, room, sub, by=by)
    except Refused as refused:
        connection.lose(room_id, refused)
    except DatabaseError:
        connection.lose(room_id, Refused("SERVICE_UNAVAILABLE", _("The database can't be reached right now.")))
    else:
        if by.in_person and not entered:
            await _join(room_id, by)


async def _admit(connection: Connection, room: Room, sub: Sub, *, by: Actor) -> bool:
    """Give them their place in the room's stream; true if they have been in the room before."""
    found = await executors.read(place, by, room.id)
    room.reaches(found.epoch, found.head)
    reason = await resume.why_not(room, epoch=sub.epoch, after=sub.after)
    if reason is None:
        start, told = sub.after or 0, dict[str, Any](recovered=True, head=room.head)
    else:
        taken = await executors.run(snapshot.take, room.id, by=by)
        room.reaches(taken.epoch, taken.head)
        # Where the snapshot was taken, not where the room is by now: a client passes over what is not after its head.
        start = taken.head
        told = {"recovered": False, "reason": reason, "head": start, "snapshot": taken.parts}
    # No await from here on: the room can't move, and nothing comes between.
    viewer = Viewer(room, connection, pos=start, deltas=sub.deltas)
    frame = {"t": "subscribed", "room": room.id, "epoch": room.epoch, **told}
    connection.put(frames.encode_within({**frame, "partials": viewer.introduction()}, "snapshot"))
    connection.follow(viewer)
    viewer.catch_up()
    return found.entered


async def _join(room_id: str, by: Actor) -> None:
    """A person's first visit is an event of the room; whoever comes again, or with another tab, is in it already."""
    try:
        await executors.run(participants.join, UUID(room_id), by)
    except (Refused, DatabaseError):
        return  # a guest book entry; the next visit writes it
