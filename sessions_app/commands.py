"""What a client asks for over the socket: one frame to one service, once, however often it is sent."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from sessions_app import extensions, permissions, sign_ins
from sessions_app.actors import Actor
from sessions_app.api import bodies
from sessions_app.api.authentication import caller_of
from sessions_app.client_frames import Cmd
from sessions_app.errors import Invalid, NotFound, Refused
from sessions_app.models import ChatSession
from sessions_app.services import feedback, idempotency, messages, sessions
from sessions_app.vocabulary import COMMANDS, Body, FeedbackGive, MessageSend, SessionConfig


def carry_out(cmd: Cmd, *, by: Actor) -> dict[str, Any]:
    """The fields of the acknowledgement; when this returns, the change is committed."""
    model = COMMANDS.get(cmd.type)
    if model is None:
        raise Invalid(_("There is no command {type}.").format(type=cmd.type), details={"field": "type"})
    if not sign_ins.lasts(by.sign_in):
        raise Refused("NOT_AUTHENTICATED", _("You have signed out; sign in again."))
    body = bodies.parse(model, cmd.data)
    asked = {"door": "socket", "type": cmd.type, "room": cmd.room, "data": cmd.data}

    def act() -> dict[str, Any]:
        return _act(cmd, body, by=by)

    answer, again = idempotency.once(caller=caller_of(by), key=str(cmd.cid), asked=asked, act=act)
    return {"ok": True, **answer, **({"dup": True} if again else {})}


def _act(cmd: Cmd, body: Body, *, by: Actor) -> dict[str, Any]:
    session = _session(cmd.room, by=by) if cmd.room else None
    before = session.head if session else 0
    command = extensions.commands.get(cmd.type) or OURS.get(cmd.type)
    if command is None:
        raise Invalid(_("This server does not take {type} yet.").format(type=cmd.type), details={"field": "type"})
    data = command(body, session=session, by=by, cause=cmd.cid)
    after = ChatSession.objects.values_list("head", flat=True).get(pk=session.pk) if session else 0
    return {"data": data, **({"seq": after} if after > before else {})}


def _session(room: UUID, *, by: Actor) -> ChatSession:
    session = ChatSession.objects.filter(pk=room).first()
    if session is None:
        raise NotFound(code="SESSION_NOT_FOUND")
    permissions.require(by, "see", session, missing="SESSION_NOT_FOUND")
    return session


def _send_message(body: MessageSend, *, session: ChatSession | None, by: Actor, cause: UUID | None) -> dict[str, Any]:
    posted = messages.post(session_id=_named(session).pk, body=body, by=by, cause=cause)
    return {"message_id": str(posted.message.pk), **posted.extra}


def _configure(body: SessionConfig, *, session: ChatSession | None, by: Actor, cause: UUID | None) -> dict[str, Any]:
    changed = sessions.change(session_id=_named(session).pk, changes={"config": body.config}, by=by, cause=cause)
    return {"config": changed.config}


def _give_feedback(body: FeedbackGive, *, session: ChatSession | None, by: Actor, cause: UUID | None) -> dict[str, Any]:
    """A command names its room; without one the message says where it is."""
    if session is not None and not session.messages.filter(pk=body.message_id).exists():
        raise NotFound(_("There is no such message in this room."))
    row = feedback.give(body=body, by=by)
    return {"message_id": str(row.message_id), "rating": row.rating}


def _named(session: ChatSession | None) -> ChatSession:
    if session is None:
        raise Invalid(_("This command needs a room."), details={"field": "room"})
    return session


OURS: dict[str, extensions.Command] = {
    "message.send": _send_message,
    "session.config": _configure,
    "feedback.give": _give_feedback,
}
