"""Evidence: files that belong to an incident, with their chain of custody."""

from django.db import models
from django.db.models.functions import Now

from sessions_app.models.accounts import User
from sessions_app.models.base import Row
from sessions_app.models.incidents import Incident


class Evidence(Row):
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="evidence")
    filename = models.CharField(max_length=255)
    stored_name = models.CharField(max_length=80, unique=True)
    content_type = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    lines = models.PositiveIntegerField(null=True, help_text="Empty for what is not text.")
    line_index = models.JSONField(default=list, help_text="Number and byte offset of a line every 256 KiB.")
    reading = models.CharField(max_length=20, blank=True, help_text="How its text was read, if not as it stands.")
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "evidence"
        indexes = [models.Index(fields=["incident", "id"], name="evidence_of_incident")]


class EvidenceLook(Row):
    """That somebody looked at a piece of evidence: once for ten minutes, however many pages were turned."""

    class Way(models.TextChoices):
        READ = "read"
        SEARCHED = "searched"
        DOWNLOADED = "downloaded"

    evidence = models.ForeignKey(Evidence, models.CASCADE, related_name="looks", db_index=False)
    way = models.CharField(max_length=12, choices=Way)
    actor_kind = models.CharField(max_length=8)
    actor_id = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=120, blank=True)
    # The ten minutes in which it was, and when in them it was first.
    span = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["evidence", "actor_kind", "actor_id", "way", "span"], name="one_look_a_span"
            )
        ]
