"""Uploads: kept, named by messages, and in a war room evidence where they are text; forgotten ones are cleared away."""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import permissions, rate_limits
from sessions_app.actors import Actor
from sessions_app.errors import Denied, NotFound
from sessions_app.models import ChatSession, Evidence, Upload
from sessions_app.services import evidence, files, sessions
from sessions_app.services.files import Kept, Readable

# Only files of our own making are looked at: whatever else lies in the folder is somebody's.
OURS = re.compile(r"[0-9a-f]{32}")
LOOKED_AT_ONCE = 500


def upload(*, session_id: UUID, filename: str, stream: Readable, by: Actor) -> Upload:
    """Keep a file for a session; a text in a war room becomes evidence of its incident."""
    rate_limits.require("messages", f"{by.kind}:{by.id}")
    session = _session(session_id, by=by)
    kept = files.keep(files.chunks(stream), most=settings.WARROOM_UPLOAD_MAX_BYTES)
    with files.undone(kept.stored_name), transaction.atomic():
        files.tie(kept.stored_name)
        return Upload.objects.create(
            session=session, evidence=_evidence(session, filename, kept, by), filename=files.clean_name(filename),
            stored_name=kept.stored_name, content_type=kept.content_type, size=kept.size, sha256=kept.sha256,
            lines=kept.lines, uploaded_by=by.user, created_at=timezone.now(),
        )  # fmt: skip


def require_somewhere(by: Actor) -> None:
    """What can be said before a body is read: whether the caller may upload anywhere at all."""
    if not any(permissions.may(by, "post", each.pk) for each in permissions.organizations_of(by)):
        raise Denied(_("Your role does not allow this (post)."))


def visible(by: Actor, upload_id: UUID) -> Upload:
    """An upload of a session that the actor may see."""
    rows = Upload.objects.filter(session__in=permissions.visible_sessions(by))
    found = rows.filter(pk=upload_id).select_related("uploaded_by").first()
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
                files.drop(name)


def _session(session_id: UUID, *, by: Actor) -> ChatSession:
    session = ChatSession.objects.select_related("incident").filter(pk=session_id).first()
    if session is None:
        raise NotFound(code="SESSION_NOT_FOUND")
    permissions.require(by, "post", session, missing="SESSION_NOT_FOUND")
    sessions.require_open(session)
    return session


def _evidence(session: ChatSession, filename: str, kept: Kept, by: Actor) -> Evidence | None:
    incident = session.incident
    if incident is None or incident.room_id != session.pk or kept.lines is None:
        return None
    return evidence.admit(incident=incident, filename=filename, kept=kept, by=by)


@transaction.atomic
def _forget(upload_id: UUID) -> None:
    """Unless somebody has just sent it."""
    row = Upload.objects.select_for_update().filter(pk=upload_id, message=None, evidence=None).first()
    if row is not None:
        row.delete()
        transaction.on_commit(partial(files.drop, row.stored_name))


def _unknown(names: list[str]) -> Iterable[str]:
    known = {
        name
        for rows in (Upload.objects, Evidence.objects)
        for name in rows.filter(stored_name__in=names).values_list("stored_name", flat=True)
    }
    return (name for name in names if name not in known)
