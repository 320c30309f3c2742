"""Uploads: kept, named by messages, and evidence once they are sent to a war room; forgotten ones are cleared away.

A text becomes evidence together with the message that names it, and not when it is dropped: nobody has said anything
yet, the words may be refused or be for an agent alone, and evidence is never taken away again.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import cast
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import permissions, rate_limits
from sessions_app.actors import Actor
from sessions_app.errors import Denied, NotFound
from sessions_app.indicators import Found
from sessions_app.models import ChatSession, Evidence, Incident, Message, Upload
from sessions_app.services import evidence, files, sessions
from sessions_app.services.files import Kept, Readable

# Only files of our own making are looked at: whatever else lies in the folder is somebody's.
OURS = re.compile(r"([0-9a-f]{32})(?:\.text)?")
LOOKED_AT_ONCE = 500


def upload(*, session_id: UUID, filename: str, stream: Readable, by: Actor) -> Upload:
    """Keep a file for a session, to be named by a message."""
    open_to(session_id, by=by)
    return record(session_id=session_id, filename=filename, read=read(stream), by=by)


def open_to(session_id: UUID, *, by: Actor) -> ChatSession:
    """The session, where the actor may put files there; counted as messages are."""
    rate_limits.require("messages", f"{by.kind}:{by.id}")
    return _session(session_id, by=by)


def read(stream: Readable) -> evidence.Read:
    return evidence.read(stream, most=settings.WARROOM_UPLOAD_MAX_BYTES)


def record(*, session_id: UUID, filename: str, read: evidence.Read, by: Actor) -> Upload:
    kept = read.kept
    with files.undone(kept.stored_name), transaction.atomic():
        files.tie(kept.stored_name)
        return Upload.objects.create(
            session_id=session_id, filename=files.clean_name(filename), stored_name=kept.stored_name,
            content_type=kept.content_type, size=kept.size, sha256=kept.sha256, lines=kept.lines,
            line_index=kept.line_index, reading=kept.reading,
            sighted=[[found.kind, found.value, count] for found, count in read.sighted.items()],
            uploaded_by=by.user, created_at=timezone.now(),
        )  # fmt: skip


def lock_incident(session_id: UUID) -> None:
    """For who is about to send files: an incident is locked before its room."""
    list(Incident.objects.select_for_update(of=("self",), no_key=True).filter(room=session_id))


def become_evidence(rows: Iterable[Upload | Evidence], *, session: ChatSession, by: Actor) -> None:
    """Texts that are said in a war room for the first time; the caller has locked incident and room."""
    for row in rows:
        if not isinstance(row, Upload) or row.evidence_id or row.message_id:
            continue
        if found := _evidence(session, row, by):
            row.evidence = found
            row.save(update_fields=["evidence"])
    session.refresh_from_db(fields=["head"])


def sent(rows: Iterable[Upload | Evidence], *, message: Message) -> None:
    """The first message decides where a file belongs: one for a private chat is no longer the room's."""
    first = Upload.objects.filter(pk__in=[row.pk for row in rows], message=None)
    first.update(message=message, session=message.session)


def take_back(row: Upload) -> None:
    """What was put there for a message that was refused."""
    _forget(row.pk)


def require_somewhere(by: Actor) -> None:
    """What can be said before a body is read: whether the caller may upload anywhere at all."""
    if not any(permissions.may(by, "post", each.pk) for each in permissions.organizations_of(by)):
        raise Denied(_("Your role does not allow this (post)."))


def visible(by: Actor, upload_id: UUID) -> Upload:
    """An upload of a session that the actor may see."""
    rows = Upload.objects.filter(session__in=permissions.visible_sessions(by))
    found = rows.filter(pk=upload_id).select_related("uploaded_by", "evidence").first()
    if found is None:
        raise NotFound(_("There is no such file."))
    return found


def clear_away(*, before: datetime) -> None:
    """Uploads that were never sent, and files of which no row knows; what is younger may still be on its way."""
    for row in Upload.objects.forgotten(before=before)[:LOOKED_AT_ONCE]:
        _forget(row.pk)
    _, names = default_storage.listdir("")
    ours = [name for name in names if OURS.fullmatch(name)]
    for start in range(0, len(ours), LOOKED_AT_ONCE):
        for name in _unknown(ours[start : start + LOOKED_AT_ONCE]):
            if default_storage.get_modified_time(name) < before:
                default_storage.delete(name)


def _session(session_id: UUID, *, by: Actor) -> ChatSession:
    session = ChatSession.objects.select_related("incident").filter(pk=session_id).first()
    if session is None:
        raise NotFound(code="SESSION_NOT_FOUND")
    permissions.require(by, "post", session, missing="SESSION_NOT_FOUND")
    sessions.require_open(session)
    return session


def _evidence(session: ChatSession, row: Upload, by: Actor) -> Evidence | None:
    incident = session.incident
    if incident is None or incident.room_id != session.pk or row.lines is None:
        return None
    kept = Kept(row.stored_name, row.size, row.sha256, row.content_type, row.lines, row.line_index, row.reading)
    sighted = {Found(kind, value): count for kind, value, count in row.sighted}
    return evidence.enter_read(incident, row.filename, evidence.Read(kept, sighted), by)


@transaction.atomic
def _forget(upload_id: UUID) -> None:
    """Unless somebody has just sent it."""
    row = Upload.objects.select_for_update().filter(pk=upload_id, message=None, evidence=None).first()
    if row is not None:
        row.delete()
        transaction.on_commit(partial(files.drop, row.stored_name))


def _unknown(names: list[str]) -> Iterable[str]:
    stored = {name: cast(re.Match[str], OURS.fullmatch(name))[1] for name in names}
    known = {
        name
        for rows in (Upload.objects, Evidence.objects)
        for name in rows.filter(stored_name__in=set(stored.values())).values_list("stored_name", flat=True)
    }
    return (name for name, of in stored.items() if of not in known)
