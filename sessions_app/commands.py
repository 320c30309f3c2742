"""What a client asks for over the socket: one frame to one service, once, however often it is sent."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from sessions_app import extensions, permissions, sign_ins
from sessions_app.actors import Actor
from sessions_app.api import bodies
from sessions_app.api.authentication import caller_of
from sessions_app.client_frames import Cmd
from sessions_app.drafts import Draft
from sessions_app.errors import Invalid, NotFound, Refused
from sessions_app.events import log
from sessions_app.models import ChatSession
from sessions_app.services import feedback, idempotency, messages, sessions
from sessions_app.vocabulary import COMMANDS, Body, FeedbackGive, SessionConfig


def carry_out(cmd: Cmd, *, by: Actor) -> dict[str, Any]:
    """The fields of the acknowledgement; when this returns, the change is committed."""
    model = COMMANDS.get(cmd.type)
    if model is None:
        raise Invalid(_("There is no command {type}.").format(type=cmd.type), details={"field": "type"})
    if not sign_ins.lasts(by.sign_in):
        raise Refused("NOT_AUTHENTICATED", _("You have signed out; sign in again."))
    body = bodies.parse(model, cmd.data)
    asked = {"door": "socket", "type": cmd.type, "room": cmd.room, "data": cmd.data}

    answer, again = idempotency.once(
        caller=caller_of(by), key=str(cmd.cid), asked=asked,
        prepare=partial(_prepared, cmd, body, by), act=partial(_act, cmd, by=by),
    )  # fmt: skip
    return {"ok": True, **answer, **({"dup": True} if again else {})}


def _prepared(cmd: Cmd, body: Body, by: Actor) -> Any:
    """What its command is called with: the body, or what is made of it before the transaction."""
    prepare = PREPARED.get(cmd.type) or extensions.prepared.get(cmd.type)
    return prepare(body, by=by) if prepare else body


def _act(cmd: Cmd, body: Any, *, by: Actor) -> dict[str, Any]:
    with log.heard() as newest:
        data = _done(cmd, body, by=by)
    return {"data": data, **({"seq": newest[cmd.room]} if cmd.room in newest else {})}


def _done(cmd: Cmd, body: Any, *, by: Actor) -> dict[str, Any]:
    if in_a_room := IN_A_ROOM.get(cmd.type):
        return in_a_room(body, _named(cmd.room), by, cmd.cid)
    command = extensions.commands.get(cmd.type) or OURS.get(cmd.type)
    if command is None:
        raise Invalid(_("This server does not take {type} yet.").format(type=cmd.type), details={"field": "type"})
    session = _session(cmd.room, by=by) if cmd.room else None
    return command(body, session=session, by=by, cause=cmd.cid)


def _session(room: UUID, *, by: Actor) -> ChatSession:
    session = ChatSession.objects.filter(pk=room).first()
    if session is None:
        raise NotFound(code="SESSION_NOT_FOUND")
    permissions.require(by, "see", session, missing="SESSION_NOT_FOUND")
    return session


def _send_message(draft: Draft, room: UUID, by: Actor, cause: UUID) -> dict[str, Any]:
    posted = messages.deliver(draft, session_id=room, cause=cause)
    return {"message_id": str(posted.message.pk), **posted.extra}


def _configure(body: SessionConfig, room: UUID, by: Actor, cause: UUID) -> dict[str, Any]:
    changed = sessions.change(session_id=room, changes={"config": body.config}, by=by, cause=cause)
    return {"config": changed.config}


def _give_feedback(body: FeedbackGive, *, session: ChatSession | None, by: Actor, cause: UUID | None) -> dict[str, Any]:
    """A command names its room; without one the message says where it is."""
    if session is not None and not session.messages.filter(pk=body.message_id).exists():
        raise NotFound(_("There is no such message in this room."))
    row = feedback.give(body=body, by=by)
    return {"message_id": str(row.message_id), "rating": row.rating}


def _named(room: UUID | None) -> UUID:
    if room is None:
        raise Invalid(_("This command needs a room."), details={"field": "room"})
    return room


# What a service judges as a whole, the room too; it is called with the room's id.
IN_A_ROOM: dict[str, Callable[[Any, UUID, Actor, UUID], dict[str, Any]]] = {
    "message.send": _send_message,
    "session.config": _configure,
}
OURS: dict[str, extensions.Command] = {"feedback.give": _give_feedback}
PREPARED: dict[str, extensions.Preparation] = {"message.send": messages.draft}
