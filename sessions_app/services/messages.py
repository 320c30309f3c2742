"""Messages: what people, agents and the system say in a room. Each is written together with its event."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import extensions, markdown, rate_limits, resources, runtime_config
from sessions_app.actors import Actor
from sessions_app.drafts import Draft
from sessions_app.errors import Invalid
from sessions_app.events import log
from sessions_app.models import ChatSession, Evidence, Message, Upload
from sessions_app.models.base import uuid7
from sessions_app.services import sessions, uploads
from sessions_app.transactions import refusable
from sessions_app.vocabulary import MessageSend, MessageTold

# What pages believe of a message, such as whose words it repeats: nobody writes it by hand.
OURS = frozenset({"shared_from", "masked", "retry_run_id", "error_code", "summary_changed", "demo"})


@dataclass(frozen=True)
class Posted:
    message: Message
    # What the app above adds to the acknowledgement, such as the run that answers.
    extra: dict[str, Any] = field(default_factory=dict)


def draft(body: MessageSend, *, by: Actor) -> Draft:
    """Count it, read its config and render it: before any transaction, since it may take a while."""
    rate_limits.require("messages", f"{by.kind}:{by.id}")
    config, metadata = runtime_config.split(body.config, body.metadata)
    if OURS & metadata.keys():
        words = _("metadata can't hold {names}: only this server says that of a message.")
        raise Invalid(words.format(names=", ".join(sorted(OURS & metadata.keys()))), details={"field": "metadata"})
    settled = body.model_copy(update={"config": config, "metadata": metadata})
    return Draft(settled, markdown.render(body.content), by)


def post(*, session_id: UUID, body: MessageSend, by: Actor, cause: UUID | None = None) -> Posted:
    """A person (or a program) says something."""
    return deliver(draft(body, by=by), session_id=session_id, cause=cause)


def deliver(
    draft: Draft, *, session_id: UUID, cause: UUID | None = None, only: Callable[[ChatSession], None] | None = None
) -> Posted:
    """Say what was drafted; what must answer starts in the same transaction. `only` may refuse the locked session."""
    for route in extensions.elsewhere:
        if posted := route(session_id, draft, cause=cause):
            return Posted(*posted)
    body, by = draft.body, draft.by
    with refusable():
        if body.attachments:
            uploads.lock_incident(session_id)
        session = sessions.locked(session_id, by=by, verb="post")
        if only is not None:
            only(session)
        sessions.require_open(session)
        fields: dict[str, Any] = {}
        for look in extensions.before_post:
            fields |= look(session, body, by)
        attached = _attachments(session, body.attachments)
        if attached:
            uploads.become_evidence(attached, session=session, by=by)
        message = say(
            session=session, speaker=by, content=body.content, html=draft.html, metadata=body.metadata, cause=cause,
            attachments=[_shown(row) for row in attached], **fields,
        )  # fmt: skip
        uploads.sent(attached, message=message)
        extra: dict[str, Any] = {}
        for hook in extensions.on_post:
            extra |= hook(message, body, by) or {}
    return Posted(message, extra)


def say(
    *,
    session: ChatSession,
    speaker: Actor,
    content: str,
    message_type: str = Message.Type.TEXT,
    event: str = "message.created",
    message_id: UUID | None = None,
    run_id: UUID | None = None,
    round: int | None = None,
    status: str = Message.Status.COMPLETE,
    html: str | None = None,
    attachments: list[dict[str, Any]] | None = None,
    metadata: dict[str, Any] | None = None,
    summary_version: int | None = None,
    tool_call_id: UUID | None = None,
    shared_from_id: UUID | None = None,
    sender_type: str = "",
    cause: UUID | None = None,
) -> Message:
    """Write a finished message into a session that the caller has locked, and tell the room."""
    message = Message.objects.create(
        id=message_id or uuid7(),
        session=session,
        seq=session.head + 1,
        sender_type=sender_type or speaker.kind,
        sender=speaker.user,
        sender_name=speaker.name,
        message_type=message_type,
        content=content,
        html=markdown.render(content) if html is None else html,
        status=status,
        run_id=run_id,
        tool_call_id=tool_call_id,
        shared_from_id=shared_from_id,
        round=round,
        attachments=attachments or [],
        metadata=metadata or {},
        summary_version=summary_version,
        created_at=timezone.now(),
    )
    session.last_active_at = message.created_at  # written with the session's head
    told = MessageTold(event=event, message=resources.message(message))
    log.record(told, session=session, actor=speaker, run=run_id, cause=cause)
    return message


def _attachments(session: ChatSession, named: list[UUID]) -> list[Upload | Evidence]:
    """The files a message points to: what was put into this session or its war room, and evidence of its incident."""
    if not named:
        return []
    room = session.incident.room_id if session.incident else None
    uploads = Upload.objects.filter(session__in=[session.pk, room or session.pk], pk__in=named)
    uploads = uploads.select_related("uploaded_by")
    evidence = Evidence.objects.filter(incident=session.incident_id, pk__in=named).select_related("uploaded_by")
    found = {row.pk: row for rows in (uploads, evidence) for row in rows}
    if missing := [str(each) for each in named if each not in found]:
        raise Invalid(_("An attachment is not a file of this session."), details={"attachments": missing})
    return [found[each] for each in dict.fromkeys(named)]


def _shown(row: Upload | Evidence) -> dict[str, Any]:
    return (resources.upload(row) if isinstance(row, Upload) else resources.evidence(row)).wire()
