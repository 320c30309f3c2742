"""The durable log: what happened, in order, never changed."""

from django.db import models

from sessions_app.models.base import Row
from sessions_app.models.sessions import ChatSession


class Event(Row):
    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="events")
    seq = models.PositiveBigIntegerField()
    type = models.CharField(max_length=40)
    actor_kind = models.CharField(max_length=8)
    actor_id = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=120, blank=True)
    # Plain ids: the log must outlive what it tells of.
    run_id = models.UUIDField(null=True)
    parent_run_id = models.UUIDField(null=True)
    cause = models.UUIDField(null=True, help_text="cid of the command that caused it")
    data = models.JSONField()
    ts = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "seq"], name="one_event_a_seq")]
