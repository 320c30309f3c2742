"""Runs: one reply, or one piece of agent work, in a chat session. The truth of a run is this row."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now

from agents_app.models.agents import Agent
from agents_app.models.providers import Provider
from sessions_app.models import ChatSession, Message, User
from sessions_app.models.base import Row


class RunQuerySet(models.QuerySet["Run"]):
    def unfinished(self) -> Self:
        return self.filter(status__in=Run.UNFINISHED)

    def lease_ran_out(self, now: datetime) -> Self:
        return self.filter(status=Run.Status.RUNNING, lease_until__lt=now)


class Run(Row):
    class Mode(models.TextChoices):
        DIRECT = "direct"
        REACT = "react"
        PLAN_EXEC = "plan_exec"
        TEAM = "team"
        BOARD = "board"
        SKILL = "skill"
        CREW = "crew"

    class Path(models.TextChoices):
        DIRECT_LLM = "direct_llm"
        RUNTIME = "runtime_orchestrator"

    class Lane(models.TextChoices):
        CHAT = "chat"
        CREW = "crew"

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        WAITING = "waiting"
        PAUSED = "paused"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class WaitingFor(models.TextChoices):
        APPROVAL = "approval"
        ANSWER = "answer"
        OUTCOME = "outcome"

    class Tier(models.TextChoices):
        MAIN = "main"
        RECOVERY = "recovery"
        EMERGENCY = "emergency"

    class Bucket(models.TextChoices):
        """Which quotas pay for it."""

        MAIN = "main"
        SHADOW = "shadow"

    UNFINISHED = (Status.QUEUED, Status.RUNNING, Status.WAITING, Status.PAUSED)

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="runs")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="runs")
    mode = models.CharField(max_length=10, choices=Mode.choices)
    lane = models.CharField(max_length=4, choices=Lane.choices, default=Lane.CHAT)
    path = models.CharField(max_length=20, choices=Path.choices, default=Path.RUNTIME)
    path_reason = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    waiting_for = models.CharField(max_length=8, choices=WaitingFor.choices, blank=True)
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", help_text="Empty: the system.")
    prompt = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    phase = models.CharField(max_length=20, blank=True)
    provider = models.ForeignKey(Provider, models.SET_NULL, null=True, related_name="+")
    model = models.CharField(max_length=120, blank=True)
    asked = models.JSONField(default=dict, help_text="What the message itself asked for; the rest may still change.")
    config = models.JSONField(default=dict, help_text="What is really used.")
    tier = models.CharField(max_length=10, choices=Tier.choices, default=Tier.MAIN)
    fallback_status = models.CharField(max_length=40, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    usage = models.JSONField(default=dict)
    bucket = models.CharField(max_length=6, choices=Bucket.choices, default=Bucket.MAIN)
    # Its next request's share of each quota: [{count, type, amount}]. Empty: no quota applies; null: not asked for yet.
    reserved = models.JSONField(null=True)

    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    cancel_requested_at = models.DateTimeField(null=True)
    cancel_requested_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    pause_requested_at = models.DateTimeField(null=True)
    pause_requested_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    checkpoint = models.JSONField(null=True, help_text="What the mode needs to go on; written before any tool runs.")
    # Ids of messages begun and not ended: whoever takes the run up after a crash knows which ones to void.
    speaking = models.JSONField(default=list)
    # Set by what a run waits for when it comes while the run is still at work; read when the run parks.
    woken_at = models.DateTimeField(null=True)

    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    status__in=["queued", "running", "waiting", "paused", "succeeded", "failed", "cancelled"]
                ),
                name="run_status_known",
            ),
            # A lane has one run at work; the database has the last word.
            models.UniqueConstraint(
                fields=["session", "lane"],
                condition=models.Q(status="running", parent=None),
                name="one_running_a_lane",
            ),
        ]
        indexes = [
            # The sweep: queued runs in order of arrival, running ones whose lease ran out.
            models.Index(
                fields=["status", "lease_until"], condition=models.Q(status__in=["queued", "running"]), name="run_sweep"
            ),
            models.Index(fields=["session", "status"], name="run_of_session"),
        ]

    @property
    def finished(self) -> bool:
        return self.status not in self.UNFINISHED


class RunInbox(Row):
    """A message that arrived while a run was unfinished; taken by the run at its next step."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="inbox")
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "message"], name="one_inbox_row_a_message")]
