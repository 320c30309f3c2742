"""The audit trail: append-only, one hash chain an organisation."""

import hashlib
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.canonical import canonical
from sessions_app.models import AuditEntry, AuditHead


def append(*, organization_id: UUID, actor: Actor, action: str, thing: Model, detail: dict[str, Any]) -> AuditEntry:
    """Add an entry to the organisation's chain. The last thing a transaction locks: others wait for the head."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An audit entry belongs into the transaction of what it tells of.")
    if permissions.private(thing) and not action.startswith(permissions.PRIVATE_ACTION):
        action = f"{permissions.PRIVATE_ACTION}{action}"  # for auditors only, whoever wrote it
    heads = AuditHead.objects.select_for_update(no_key=True)
    head = heads.filter(pk=organization_id).first()
    if head is None:  # the organisation's first entry
        AuditHead.objects.get_or_create(organization_id=organization_id)
        head = heads.get(pk=organization_id)
    entry = AuditEntry(
        organization_id=organization_id,
        seq=head.count + 1,
        at=timezone.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        object_type=thing._meta.label_lower.rpartition(".")[2],
        object_id=str(thing.pk),
        detail=detail,
        previous=head.hash,
    )
    entry.hash = chained(entry)
    entry.save(force_insert=True)
    head.count, head.hash = entry.seq, entry.hash
    head.save(update_fields=["count", "hash"])
    return entry


def chained(entry: AuditEntry) -> str:
    """The hash an entry must have: over the one before it and all that it says itself."""
    said = {
        "id": str(entry.pk),
        "organization": str(entry.organization_id),
        "seq": entry.seq,
        # Microseconds and UTC, whatever the database hands back.
        "at": entry.at.astimezone(timezone.get_fixed_timezone(0)).isoformat(timespec="microseconds"),
        "actor": [entry.actor_kind, entry.actor_id, entry.actor_name],
        "action": entry.action,
        "object": [entry.object_type, entry.object_id],
        "detail": entry.detail,
    }
    return hashlib.sha256((entry.previous + canonical(said)).encode()).hexdigest()
