"""Rows to the wire's objects: one shape for REST, events and snapshots."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from sessions_app.models import (
    ChatSession,
    Evidence,
    FollowUp,
    Incident,
    IncidentRole,
    Indicator,
    Message,
    Pin,
    Upload,
    User,
)
from sessions_app.vocabulary import (
    EvidenceResource,
    IncidentResource,
    IndicatorResource,
    MessageResource,
    SessionResource,
    UploadResource,
)

ROLE_OF_SENDER = {"user": "user", "agent": "assistant", "ai": "assistant", "system": "system"}


def person(user: User | None) -> dict[str, str] | None:
    return named(user) if user else None


def named(user: User) -> dict[str, str]:
    return {"id": str(user.pk), "name": user.display_name}


def session(row: ChatSession) -> SessionResource:
    return SessionResource(
        id=row.pk,
        session_id=row.pk,
        organization_id=row.organization_id,
        category=row.category,
        title=row.title,
        status=row.status,
        owner_id=row.owner_id,
        agent_id=row.agent_id,
        agent_name=row.agent.name if row.agent else None,
        incident_id=row.incident_id,
        config=row.config,
        metadata=row.metadata,
        epoch=row.epoch,
        head=row.head,
        **_rounds(row),
        purged_at=row.purged_at,
        last_active_at=row.last_active_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _rounds(row: ChatSession) -> dict[str, int]:
    """How far an engineer chat has come; other sessions count none."""
    if row.category != ChatSession.Category.ENGINEER_CHAT:
        return {}
    left = max(0, settings.ENGINEER_CHAT_MAX_ROUNDS - row.rounds_used)
    return {"rounds_used": row.rounds_used, "rounds_left": left}


def message(row: Message) -> MessageResource:
    by_agent = row.sender_type in ("agent", "ai")
    return MessageResource(
        id=row.pk,
        message_id=row.pk,
        session_id=row.session_id,
        seq=row.seq,
        category=row.session.category,
        sender_type=row.sender_type,
        sender_id=str(row.sender_id) if row.sender_id else None,
        sender_name=row.sender_name,
        role="tool" if row.message_type == Message.Type.TOOL_RESULT else ROLE_OF_SENDER[row.sender_type],
        message_type=row.message_type,
        content=row.content,
        html=row.html or None,
        status=row.status,
        run_id=row.run_id,
        tool_call_id=row.tool_call_id,
        agent_name=row.sender_name if by_agent else None,
        round=row.round,
        attachments=row.attachments,
        metadata=row.metadata,
        summary_version=row.summary_version,
        created_at=row.created_at,
    )


def indicator(row: Indicator) -> IndicatorResource:
    return IndicatorResource(
        id=row.pk,
        kind=row.kind,
        value=row.value,
        private=row.private,
        known=row.known or None,
        seen_count=row.seen_count,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        blocked_until=row.blocked_until,
    )


def incident(
    row: Incident,
    *,
    indicators: Iterable[Indicator] | None = None,
    roles: Iterable[IncidentRole] | None = None,
    merged: Iterable[Incident] | None = None,
    truncated: bool = False,
) -> IncidentResource:
    """What is given saves its query; the wire's order is oldest first. What was merged shows nothing as its own.

    `truncated`: the indicators that are given are only some.
    """
    found = row.indicators.order_by("id") if indicators is None else indicators
    held = row.roles.select_related("user") if roles is None else roles
    within = row.merged_from.order_by("id") if merged is None else merged
    return IncidentResource(
        id=row.pk,
        title=row.title,
        description=row.description,
        severity=row.severity,
        status=row.status,
        source=row.source,
        fingerprint=row.fingerprint,
        alert_count=row.alert_count,
        session_id=row.room_id,
        indicators=[] if row.merged_into_id else [indicator(each) for each in found],
        summary=row.summary or None,
        summary_version=row.summary_version,
        summary_seq=row.summary_seq,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        commander=person(row.commander),
        roles={each.role: named(each.user) for each in sorted(held, key=lambda each: each.role)},
        merged_into=titled(row.merged_into) if row.merged_into else None,
        merged=[titled(each) for each in within],
        techniques=row.techniques,
        truncated=truncated,
    )


def moment(at: datetime) -> str:
    """A time as the wire has it: in UTC, with a Z."""
    return at.isoformat().replace("+00:00", "Z")


def titled(row: Incident) -> dict[str, str]:
    return {"id": str(row.pk), "title": row.title}


def task(row: FollowUp) -> dict[str, Any]:
    """A person's task; an agent's is a node of its plan."""
    assignee = person(row.assignee)
    return {
        "id": str(row.pk),
        "title": row.title,
        "assignee_id": assignee["id"] if assignee else None,
        "assignee": assignee["name"] if assignee else None,
        "due": moment(row.due) if row.due else None,
        "status": row.status,
    }


def pin(row: Pin) -> dict[str, Any]:
    return {"seq": row.seq, "by": row.by_name, "note": row.note or None, "text": row.text, "ts": moment(row.ts)}


def evidence(row: Evidence) -> EvidenceResource:
    return EvidenceResource(
        id=row.pk,
        filename=row.filename,
        stored_name=row.stored_name,
        content_type=row.content_type,
        size=row.size,
        sha256=row.sha256,
        lines=row.lines,
        uploaded_by=row.uploaded_by.display_name if row.uploaded_by else None,
        created_at=row.created_at,
        download_url=f"/api/v1/evidence/{row.pk}",
    )


def upload(row: Upload) -> UploadResource:
    return UploadResource(
        id=row.pk,
        filename=row.filename,
        stored_name=row.stored_name,
        content_type=row.content_type,
        size=row.size,
        sha256=row.sha256,
        lines=row.lines,
        uploaded_by=row.uploaded_by.display_name if row.uploaded_by else None,
        created_at=row.created_at,
        download_url=f"/api/v1/uploads/{row.pk}",
        evidence_id=row.evidence_id,
    )
