"""The plan tree of a crew: round > task > action."""

from django.db import models
from django.db.models.functions import Now

from agents_app.models.runs import Run
from agents_app.models.tool_calls import ToolCall
from sessions_app.models.base import Row


class PlanNode(Row):
    class Kind(models.TextChoices):
        ROUND = "round"
        TASK = "task"
        ACTION = "action"

    class Status(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        WAITING = "waiting"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        REJECTED = "rejected"
        SKIPPED = "skipped"
        CANCELLED = "cancelled"

    run = models.ForeignKey(Run, models.CASCADE, related_name="plan_nodes")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    intent = models.CharField(max_length=8, blank=True, help_text="query, write or notify")
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    assignee = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    tool_call = models.ForeignKey(ToolCall, models.SET_NULL, null=True, related_name="+")
    error = models.TextField(blank=True)
    outcome = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["run", "id"], name="plan_of_run")]
