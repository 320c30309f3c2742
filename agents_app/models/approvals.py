"""Approvals and their votes: who allowed what, by which rule."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from agents_app.models.tool_calls import ToolCall
from sessions_app.models import ChatSession, Incident, Organization, User
from sessions_app.models.base import Row


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def shown(self) -> Self:
        """With all that showing one needs, so that a list costs no query a row."""
        votes = models.Prefetch("votes", Vote.objects.select_related("user"))
        return self.select_related("tool_call", "requested_by", "decided_by").prefetch_related(votes)


class Approval(Row):
    class Level(models.TextChoices):
        CONFIRM = "confirm"
        APPROVE = "approve"

    class Status(models.TextChoices):
        PENDING = "pending", pgettext_lazy("approval", "Pending")
        APPROVED = "approved", pgettext_lazy("approval", "Approved")
        REJECTED = "rejected", pgettext_lazy("approval", "Rejected")
        EXPIRED = "expired", pgettext_lazy("approval", "Expired")
        CANCELLED = "cancelled", pgettext_lazy("approval", "Cancelled")
        SUPERSEDED = "superseded", pgettext_lazy("approval", "Superseded")
        INVALIDATED = "invalidated", pgettext_lazy("approval", "Invalidated")

    class Risk(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"
        DESTRUCTIVE = "destructive"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="approvals")
    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="approvals")
    incident = models.ForeignKey(Incident, models.CASCADE, null=True, related_name="approvals")
    # The call that is executed; identical calls asked meanwhile point here too and take its outcome.
    tool_call = models.ForeignKey(ToolCall, models.CASCADE, related_name="approvals")
    version = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=71)
    fingerprint = models.CharField(max_length=64, help_text="The same request whoever asks: tool, schema, arguments.")
    level = models.CharField(max_length=8, choices=Level.choices)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    tool = models.CharField(max_length=80)
    tool_schema = models.CharField(max_length=64, help_text="SHA-256 of the tool's argument schema when asked.")
    args = models.JSONField()
    impact = models.TextField(blank=True)
    agent_name = models.CharField(max_length=60)
    agent_reason = models.TextField(blank=True)
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", help_text="Empty: the system.")
    risk = models.CharField(max_length=12, choices=Risk.choices)
    # {"need": [{"role", "approve", "reject"}], "eligible": [roles], "exclude": [user ids], "rule": words}
    policy = models.JSONField()
    expires_at = models.DateTimeField()
    execute_by = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_seq = models.PositiveBigIntegerField(null=True, help_text="The seq of the event that told how it ended.")
    feedback = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    status__in=[
                        "pending", "approved", "rejected", "expired", "cancelled", "superseded", "invalidated",
                    ]
                ),
                name="approval_status_known",
            ),
            models.UniqueConstraint(
                fields=["session", "fingerprint"], condition=models.Q(status="pending"), name="one_pending_a_request"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["organization", "status", "-id"], name="approval_inbox"),
            models.Index(fields=["expires_at"], condition=models.Q(status="pending"), name="approval_expiry"),
        ]

    def expired(self, now: datetime) -> bool:
        return self.status == self.Status.PENDING and self.expires_at <= now


class Vote(Row):
    class Choice(models.TextChoices):
        APPROVE = "approve"
        REJECT = "reject"

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="votes")
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=71)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    role = models.CharField(max_length=16)
    vote = models.CharField(max_length=8, choices=Choice.choices)
    feedback = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now())
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["approval", "version", "user"],
                condition=models.Q(withdrawn_at=None),
                name="one_vote_a_person_and_version",
            )
        ]


class GrantQuerySet(models.QuerySet["Grant"]):
    def live(self) -> Self:
        """Those that a room shows. One whose time is over is revoked by the clock, so that the room is told of it."""
        return self.filter(revoked_at=None, uses_left__gt=0)


class Grant(Row):
    """*For this session*: a bounded allowance that somebody gave; it lasts until it is used up or revoked."""

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="grants")
    agent_name = models.CharField(max_length=60)
    tool = models.CharField(max_length=80)
    constraint = models.JSONField(default=dict)
    uses_left = models.PositiveSmallIntegerField()
    expires_at = models.DateTimeField()
    given_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    approval = models.ForeignKey(Approval, models.PROTECT, related_name="grants")
    revoked_at = models.DateTimeField(null=True, help_text="By a person, by its time, or with its room.")
    revoked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    objects = GrantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], condition=models.Q(revoked_at=None), name="grant_expiry")]


class Question(Row):
    """An agent asks a person."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("question", "Open")
        ANSWERED = "answered", pgettext_lazy("question", "Answered")
        EXPIRED = "expired", pgettext_lazy("question", "Expired")
        CANCELLED = "cancelled", pgettext_lazy("question", "Cancelled")

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="questions")
    run = models.ForeignKey("agents_app.Run", models.CASCADE, related_name="questions")
    tool_call = models.OneToOneField(ToolCall, models.CASCADE, related_name="question")
    question = models.TextField()
    options = models.JSONField(default=list)
    asked_by = models.CharField(max_length=60)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["expires_at"], condition=models.Q(status="open"), name="question_expiry")]


class ToolPolicy(Row):
    """A rule of an organisation: what a call of this tool needs. deny > approve > confirm > allow."""

    class Effect(models.TextChoices):
        DENY = "deny"
        APPROVE = "approve"
        CONFIRM = "confirm"
        ALLOW = "allow"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="tool_policies")
    tool = models.CharField(max_length=80, help_text="A tool's name, or * for all.")
    agent = models.ForeignKey("agents_app.Agent", models.CASCADE, null=True, blank=True)
    # Argument name -> exact value, or {"in_own_networks": true}
    when = models.JSONField(default=dict, blank=True)
    effect = models.CharField(max_length=8, choices=Effect.choices)
    # [{"role": "approver", "approve": 1, "reject": 1}]
    need = models.JSONField(default=list, blank=True)
    requester_may_decide = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "tool policies"
