"""Uploads: files that people put into a session, to point at from what they say."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now

from sessions_app.models.accounts import User
from sessions_app.models.base import Row
from sessions_app.models.evidence import Evidence
from sessions_app.models.messages import Message
from sessions_app.models.sessions import ChatSession


class UploadQuerySet(models.QuerySet["Upload"]):
    def forgotten(self, *, before: datetime) -> Self:
        """Put there and then never sent."""
        return self.filter(message=None, evidence=None, created_at__lt=before)


class Upload(Row):
    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="uploads")
    # The message that pointed to it first, and the evidence that it became: both are the same file in storage.
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    evidence = models.ForeignKey(Evidence, models.SET_NULL, null=True, related_name="+")
    filename = models.CharField(max_length=255)
    stored_name = models.CharField(max_length=80, unique=True)
    content_type = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    lines = models.PositiveIntegerField(null=True, help_text="Empty for what is not text.")
    line_index = models.JSONField(default=list, help_text="As of evidence, which it becomes once it is sent.")
    reading = models.CharField(max_length=20, blank=True)
    # [kind, value, lines] of what it names, found while nothing was locked.
    sighted = models.JSONField(default=list)
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    objects = UploadQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at"], condition=models.Q(message=None, evidence=None), name="upload_never_sent"
            )
        ]
