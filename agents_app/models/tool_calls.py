"""The ledger: every tool call, from request to outcome."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from agents_app.models.runs import Run
from sessions_app.models.base import Row


class ToolCall(Row):
    class State(models.TextChoices):
        REQUESTED = "requested", pgettext_lazy("tool call", "Requested")
        APPROVED = "approved", pgettext_lazy("tool call", "Approved")
        REJECTED = "rejected", pgettext_lazy("tool call", "Rejected")
        EXPIRED = "expired", pgettext_lazy("tool call", "Expired")
        CANCELLED = "cancelled", pgettext_lazy("tool call", "Cancelled")
        CLAIMED = "claimed", pgettext_lazy("tool call", "Claimed")
        SUCCEEDED = "succeeded", pgettext_lazy("tool call", "Succeeded")
        FAILED = "failed", pgettext_lazy("tool call", "Failed")
        UNKNOWN = "unknown", pgettext_lazy("tool call", "Unknown")
        SKIPPED = "skipped", pgettext_lazy("tool call", "Skipped")

    SETTLED = (State.REJECTED, State.EXPIRED, State.CANCELLED, State.SUCCEEDED, State.FAILED, State.SKIPPED)

    run = models.ForeignKey(Run, models.CASCADE, related_name="tool_calls")
    # Providers reuse call ids, so the ordinal of the model's response within the run is part of the name.
    ordinal = models.PositiveIntegerField()
    call_id = models.CharField(max_length=120)
    step = models.CharField(max_length=80, blank=True)
    agent_name = models.CharField(max_length=60)
    tool = models.CharField(max_length=80)
    via = models.CharField(max_length=10, default="tool")
    args = models.JSONField()
    reason = models.TextField(blank=True, help_text="Why, in the agent's words; unverified.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)
    approval = models.ForeignKey("agents_app.Approval", models.SET_NULL, null=True, related_name="tool_calls")
    grant = models.ForeignKey(
        "agents_app.Grant", models.PROTECT, null=True, related_name="tool_calls", help_text="What allowed it unasked."
    )
    idempotency_key = models.CharField(max_length=64, unique=True)
    claimed_by = models.CharField(max_length=64, blank=True)
    claim_fence = models.PositiveBigIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "ordinal", "call_id"], name="one_ledger_row_a_call"),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "requested", "approved", "rejected", "expired", "cancelled",
                        "claimed", "succeeded", "failed", "unknown", "skipped",
                    ]
                ),
                name="tool_call_state_known",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["run", "state"], name="tool_call_of_run")]

    @property
    def settled(self) -> bool:
        return self.state in self.SETTLED
