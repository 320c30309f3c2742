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
    line_index = models.JSONField(default=list, help_text="Byte offset of every 1,000th line.")
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "evidence"
        indexes = [models.Index(fields=["incident", "id"], name="evidence_of_incident")]
