"""Chat sessions: rooms with a log."""

import secrets
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from sessions_app.models.accounts import Organization, User
from sessions_app.models.base import Row


def new_epoch() -> str:
    return secrets.token_hex(4)


class SessionQuerySet(models.QuerySet["ChatSession"]):
    def idle(self, *, since: datetime) -> Self:
        """Open, and untouched since then; the war room of an incident that is not closed never is."""
        open_ones = [ChatSession.Status.CREATED, ChatSession.Status.ACTIVE]
        still = self.filter(status__in=open_ones, last_active_at__lt=since)
        return still.filter(models.Q(war_room_of=None) | models.Q(war_room_of__status="closed"))


class ChatSession(Row):
    """A room: people and agents, messages, and one gap-free log (`head` is its newest seq)."""

    class Category(models.TextChoices):
        AGENT = "agent"
        ENGINEER_CHAT = "engineer_chat"

    class Status(models.TextChoices):
        CREATED = "created", pgettext_lazy("session", "Created")
        ACTIVE = "active", pgettext_lazy("session", "Active")
        ENDED = "ended", pgettext_lazy("session", "Ended")
        EXPIRED = "expired", pgettext_lazy("session", "Expired")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="sessions")
    incident = models.ForeignKey(
        "sessions_app.Incident", models.CASCADE, null=True, blank=True, related_name="sessions"
    )
    category = models.CharField(max_length=16, choices=Category.choices, default=Category.AGENT)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.CREATED)
    title = models.CharField(max_length=200, blank=True)
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="owned_sessions")
    agent = models.ForeignKey("agents_app.Agent", models.PROTECT, null=True, blank=True, related_name="sessions")
    config = models.JSONField(default=dict, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    epoch = models.CharField(max_length=32, default=new_epoch, editable=False)
    head = models.PositiveBigIntegerField(default=0, editable=False)
    rounds_used = models.PositiveIntegerField(default=0)
    last_active_at = models.DateTimeField(db_default=Now())
    purged_at = models.DateTimeField(null=True, editable=False, help_text="When its texts were removed for good.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["created", "active", "ended", "expired"]), name="session_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(category__in=["agent", "engineer_chat"]), name="session_category_known"
            ),
        ]
        indexes = [
            # The list of an organisation's sessions, newest first, by keyset.
            models.Index(fields=["organization", "category", "-id"], name="session_list"),
            # Somebody's own chats on an incident, newest first.
            models.Index(
                fields=["owner", "incident", "-id"],
                condition=models.Q(category="engineer_chat"),
                name="engineer_chats_of_owner",
            ),
            # What may expire.
            models.Index(
                fields=["last_active_at"], condition=models.Q(status__in=["created", "active"]), name="session_idle"
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.id)

    @property
    def over(self) -> bool:
        return self.status in (self.Status.ENDED, self.Status.EXPIRED)

    @property
    def open_to_posts(self) -> bool:
        return self.status == self.Status.ACTIVE


class Participant(Row):
    """A person who has been in a room, and the role they had when they joined."""

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="participants")
    user = models.ForeignKey(User, models.CASCADE)
    role = models.CharField(max_length=16)
    joined_at = models.DateTimeField(db_default=Now())
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "user"], name="one_participant_a_session")]
