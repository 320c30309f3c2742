"""The audit trail: append-only, two hash chains an organisation.

What tells of private chats has a chain of its own: gaps in the other's numbers would tell an admin that there are any.
"""

from typing import Any, NoReturn

from django.db import models

from sessions_app.models.accounts import Organization
from sessions_app.models.base import Row


class Chain(models.TextChoices):
    OPEN = "open"
    PRIVATE = "private"


class AuditHead(models.Model):
    """Where both chains end. One row, so that who writes to both locks once and in no order."""

    organization = models.OneToOneField(Organization, models.PROTECT, primary_key=True, related_name="audit_head")
    count = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)
    private_count = models.PositiveBigIntegerField(default=0)
    private_hash = models.CharField(max_length=64, default="0" * 64)

    def end(self, chain: Chain) -> tuple[int, str]:
        """How many entries the chain has, and the hash of the last."""
        return (self.private_count, self.private_hash) if chain == Chain.PRIVATE else (self.count, self.hash)

    def move(self, entry: "AuditEntry") -> None:
        if entry.chain == Chain.PRIVATE:
            self.private_count, self.private_hash = entry.seq, entry.hash
        else:
            self.count, self.hash = entry.seq, entry.hash
        self.save(update_fields=["count", "hash", "private_count", "private_hash"])


class AppendOnly(TypeError):
    """Something tried to change what has been written to the audit trail."""


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **fields: Any) -> NoReturn:
        raise AppendOnly("Audit entries are never changed.")

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        raise AppendOnly("Audit entries are never changed.")

    def delete(self) -> NoReturn:
        raise AppendOnly("Audit entries are never deleted.")


class AuditEntry(Row):
    # Without an index of its own: each of those below begins with it.
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="audit_entries", db_index=False)
    chain = models.CharField(max_length=8, choices=Chain, default=Chain.OPEN, db_default=Chain.OPEN)
    # In its chain.
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor_id = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=120, blank=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        constraints = [
            models.UniqueConstraint(fields=["organization", "chain", "seq"], name="one_audit_entry_a_seq"),
            models.CheckConstraint(condition=models.Q(chain__in=Chain.values), name="audit_chain_known"),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="audit_list")]

    def save(self, **options: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("Audit entries are never changed.")
        super().save(**options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise AppendOnly("Audit entries are never deleted.")
