"""The audit trail: append-only, a hash chain an organisation, and one for what tells of private chats."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.canonical import canonical
from sessions_app.models import AuditEntry, AuditHead
from sessions_app.models.audit import Chain


@dataclass(frozen=True)
class Flaw:
    chain: Chain
    seq: int
    what: str

    def __str__(self) -> str:
        return f"entry {self.seq} of the {self.chain} chain {self.what}"


def append(*, organization_id: UUID, actor: Actor, action: str, thing: Model, detail: dict[str, Any]) -> AuditEntry:
    """Add an entry to the organisation's trail. The last thing a transaction locks: others wait for the head."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An audit entry belongs into the transaction of what it tells of.")
    if permissions.private(thing) and not action.startswith(permissions.PRIVATE_ACTION):
        action = f"{permissions.PRIVATE_ACTION}{action}"  # for auditors only, whoever wrote it
    heads = AuditHead.objects.select_for_update(no_key=True)
    head = heads.filter(pk=organization_id).first()
    if head is None:  # the organisation's first entry
        AuditHead.objects.get_or_create(organization_id=organization_id)
        head = heads.get(pk=organization_id)
    chain = Chain.PRIVATE if action.startswith(permissions.PRIVATE_ACTION) else Chain.OPEN
    count, last = head.end(chain)
    entry = AuditEntry(
        organization_id=organization_id,
        chain=chain,
        seq=count + 1,
        at=timezone.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        object_type=thing._meta.label_lower.rpartition(".")[2],
        object_id=str(thing.pk),
        detail=detail,
        previous=last,
    )
    entry.hash = chained(entry)
    entry.save(force_insert=True)
    head.move(entry)
    return entry


def verify(organization_id: UUID) -> list[Flaw]:
    """The first flaw of each chain: an entry that was changed, is missing, stands elsewhere or was put in."""
    head = AuditHead.objects.filter(pk=organization_id).first() or AuditHead(organization_id=organization_id)
    return [flaw for chain in Chain if (flaw := _first_flaw(organization_id, chain, *head.end(chain)))]


def _first_flaw(organization_id: UUID, chain: Chain, count: int, last: str) -> Flaw | None:
    entries = AuditEntry.objects.filter(organization_id=organization_id, chain=chain).order_by("seq")
    at, previous = 0, "0" * 64
    for entry in entries.iterator(chunk_size=1000):
        at += 1
        if entry.seq != at:
            return Flaw(chain, at, "is missing")
        if entry.previous != previous or entry.hash != chained(entry):
            return Flaw(chain, at, "is not what was written")
        previous = entry.hash
    if at < count:
        return Flaw(chain, at + 1, "is missing")
    if (at, previous) != (count, last):
        return Flaw(chain, at, "is not where the trail ends")
    return None


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
        # Entries that were there before there were two chains have their hashes without it.
        **({"chain": entry.chain} if entry.chain != Chain.OPEN else {}),
    }
    return hashlib.sha256((entry.previous + canonical(said)).encode()).hexdigest()
