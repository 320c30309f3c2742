"""The organisation's block list."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now

from sessions_app.models import Incident, Organization
from sessions_app.models.base import Row


class BlockedIndicatorQuerySet(models.QuerySet["BlockedIndicator"]):
    def live(self, now: datetime) -> Self:
        return self.filter(unblocked_at=None, until__gt=now)


class BlockedIndicator(Row):
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="blocked_indicators")
    incident = models.ForeignKey(Incident, models.SET_NULL, null=True, related_name="+")
    indicator = models.CharField(max_length=255)
    kind = models.CharField(max_length=8)
    reason = models.TextField(blank=True)
    until = models.DateTimeField()
    idempotency_key = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    unblocked_at = models.DateTimeField(null=True)

    objects = BlockedIndicatorQuerySet.as_manager()

    class Meta:
        # The feed: what is blocked now.
        indexes = [models.Index(fields=["organization", "until"], name="blocked_now")]
