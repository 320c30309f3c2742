"""The audit trail: append-only, one hash chain an organisation."""

from typing import Any, NoReturn

from django.db import models

from sessions_app.models.accounts import Organization
from sessions_app.models.base import Row


class AuditHead(models.Model):
    organization = models.OneToOneField(Organization, models.PROTECT, primary_key=True, related_name="audit_head")
    count = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)


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
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="audit_entries")
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
        constraints = [models.UniqueConstraint(fields=["organization", "seq"], name="one_audit_entry_a_seq")]

    def save(self, **options: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("Audit entries are never changed.")
        super().save(**options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise AppendOnly("Audit entries are never deleted.")
