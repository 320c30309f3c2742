"""The audit trail: append-only, one hash chain an organisation."""

from django.db import models

from sessions_app.models.accounts import Organization
from sessions_app.models.base import Row


class AuditHead(models.Model):
    organization = models.OneToOneField(Organization, models.PROTECT, primary_key=True, related_name="audit_head")
    count = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)


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

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "seq"], name="one_audit_entry_a_seq")]
