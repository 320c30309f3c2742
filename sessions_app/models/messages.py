"""Messages: what the interface shows."""

from django.db import models
from django.db.models.functions import Now

from sessions_app.models.accounts import User
from sessions_app.models.base import Row
from sessions_app.models.sessions import ChatSession


class Message(Row):
    class SenderType(models.TextChoices):
        USER = "user"
        AGENT = "agent"
        AI = "ai"
        SYSTEM = "system"

    class Status(models.TextChoices):
        COMPLETE = "complete"
        CANCELLED = "cancelled"
        FAILED = "failed"

    class Type(models.TextChoices):
        TEXT = "text"
        THINKING = "thinking"
        TOOL_CALL = "tool_call"
        TOOL_RESULT = "tool_result"
        PLAN = "plan"
        TASK = "task"
        SUMMARY = "summary"
        REPORT = "report"
        QUESTION = "question"
        ANSWER = "answer"
        APPROVAL = "approval"
        ERROR = "error"
        NOTICE = "notice"
        BOARD_STARTED = "board_started"
        BOARD_SPEECH = "board_speech"
        BOARD_SUMMARY = "board_summary"
        BOARD_CONCLUSION = "board_conclusion"
        TEAM_RESULT = "team_result"

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="messages")
    seq = models.PositiveBigIntegerField(help_text="The seq of the event that brought it.")
    sender_type = models.CharField(max_length=8, choices=SenderType.choices)
    sender = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    sender_name = models.CharField(max_length=120)
    message_type = models.CharField(max_length=20, choices=Type.choices, default=Type.TEXT)
    content = models.TextField()
    html = models.TextField(blank=True, help_text="Rendered once, when the message is finished.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.COMPLETE)
    run = models.ForeignKey("agents_app.Run", models.SET_NULL, null=True, related_name="messages")
    tool_call = models.ForeignKey("agents_app.ToolCall", models.SET_NULL, null=True, related_name="+")
    round = models.PositiveIntegerField(null=True)
    attachments = models.JSONField(default=list)
    metadata = models.JSONField(default=dict)
    summary_version = models.PositiveIntegerField(null=True)
    # Its index is the constraint's; few messages have one, and all others stay out of it.
    shared_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, db_index=False, related_name="copies", help_text="Of a private chat."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # Also the index of the history page, by keyset on seq.
            models.UniqueConstraint(fields=["session", "seq"], name="one_message_a_seq"),
            models.UniqueConstraint(
                fields=["shared_from", "session"],
                condition=models.Q(shared_from__isnull=False),
                name="shared_once_a_room",
            ),
            models.CheckConstraint(
                condition=models.Q(sender_type__in=["user", "agent", "ai", "system"]), name="message_sender_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["complete", "cancelled", "failed"]), name="message_status_known"
            ),
        ]


class Feedback(Row):
    """What a person thought of an agent's message: a thumb, and words if they like."""

    class Rating(models.TextChoices):
        UP = "up"
        DOWN = "down"
        NONE = "none"

    message = models.ForeignKey(Message, models.CASCADE, related_name="feedback")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    rating = models.CharField(max_length=4, choices=Rating.choices)
    comment = models.TextField(blank=True)
    given_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [
            models.UniqueConstraint(fields=["message", "user"], name="one_feedback_a_person"),
            models.CheckConstraint(condition=models.Q(rating__in=["up", "down", "none"]), name="rating_known"),
        ]
