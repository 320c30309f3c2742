"""Incidents, the alerts that opened them, and what is known of them."""

from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sessions_app.models.accounts import Organization, User
from sessions_app.models.base import Row


class Severity(models.TextChoices):
    CRITICAL = "critical", _("Critical")
    HIGH = "high", _("High")
    MEDIUM = "medium", _("Medium")
    LOW = "low", _("Low")
    INFO = "info", _("Info")

    def outranks(self, other: "Severity") -> bool:
        steps = list(Severity)
        return steps.index(self) < steps.index(other)


class IncidentQuerySet(models.QuerySet["Incident"]):
    def open(self) -> Self:
        return self.exclude(status__in=Incident.SETTLED)


class Incident(Row):
    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("incident", "Open")
        INVESTIGATING = "investigating", pgettext_lazy("incident", "Investigating")
        CONTAINED = "contained", pgettext_lazy("incident", "Contained")
        RESOLVED = "resolved", pgettext_lazy("incident", "Resolved")
        CLOSED = "closed", pgettext_lazy("incident", "Closed")

    SETTLED = (Status.RESOLVED, Status.CLOSED)

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="incidents")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    status = models.CharField(max_length=14, choices=Status.choices, default=Status.OPEN)
    source = models.CharField(max_length=40, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    alert_count = models.PositiveIntegerField(default=0)
    room = models.OneToOneField("sessions_app.ChatSession", models.PROTECT, null=True, related_name="war_room_of")
    commander = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    metadata = models.JSONField(default=dict, blank=True)
    summary = models.TextField(blank=True)
    summary_version = models.PositiveIntegerField(default=0)
    summary_seq = models.PositiveBigIntegerField(null=True, help_text="The event of its room that told the summary.")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_from")
    opened_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(severity__in=Severity.values), name="incident_severity_known"),
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "investigating", "contained", "resolved", "closed"]),
                name="incident_status_known",
            ),
            # What was merged is worked on elsewhere: nothing of it is open here.
            models.CheckConstraint(
                condition=models.Q(merged_into=None) | models.Q(status="closed"), name="merged_incident_is_closed"
            ),
            # Of two identical alerts at once, one opens the incident and the other finds it.
            models.UniqueConstraint(
                fields=["organization", "fingerprint"],
                condition=~models.Q(fingerprint="") & ~models.Q(status__in=["resolved", "closed"]),
                name="one_open_incident_a_fingerprint",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="incident_list")]

    def __str__(self) -> str:
        return self.title

    @property
    def techniques(self) -> list[str]:
        """Of MITRE ATT&CK, as its sources name them; whoever declares an incident may write anything there."""
        named = self.metadata.get("techniques")
        return [each for each in named if isinstance(each, str)] if isinstance(named, list) else []


class Alert(Row):
    """One alert as it came; repeats raise `count`."""

    class Status(models.TextChoices):
        FIRING = "firing"
        RESOLVED = "resolved"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="alerts")
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="alerts")
    source = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.FIRING)
    title = models.CharField(max_length=200)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    raw = models.JSONField()
    techniques = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=1)
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(db_default=Now())
    last_received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "fingerprint"], name="one_alert_a_fingerprint"),
        ]
        indexes = [models.Index(fields=["organization", "fingerprint"], name="alert_by_fingerprint")]


class Indicator(Row):
    class Kind(models.TextChoices):
        IP = "ip"
        DOMAIN = "domain"
        URL = "url"
        HASH = "hash"
        USER = "user"
        HOST = "host"
        EMAIL = "email"
        PROCESS = "process"
        FILE = "file"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="indicators")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    value = models.CharField(max_length=500)
    private = models.BooleanField(null=True)
    known = models.CharField(max_length=16, blank=True, help_text="What a well-known address or domain is.")
    seen_count = models.PositiveIntegerField(default=1)
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())
    blocked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "kind", "value"], name="one_indicator_an_incident"),
        ]
        # "In which other incidents was it seen?"
        indexes = [models.Index(fields=["organization", "value"], name="indicator_by_value")]


class Merge(Row):
    """One incident put into another, and all that has to be put back if that was wrong."""

    source = models.ForeignKey(Incident, models.CASCADE, related_name="merges")
    target = models.ForeignKey(Incident, models.CASCADE, related_name="taken_in")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())
    status_before = models.CharField(max_length=14, choices=Incident.Status.choices)
    # Rows that went over by id, and what was added to rows that the target had already (services/merging/).
    moved = models.JSONField(default=dict)
    undone_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(undone_at=None), name="merged_into_one_at_a_time"
            ),
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="merged_into_another"),
        ]


class Pin(Row):
    """An entry of the timeline that matters; the log tells who pinned it when, and who took it off."""

    session = models.ForeignKey("sessions_app.ChatSession", models.CASCADE, related_name="pins")
    seq = models.PositiveBigIntegerField()
    note = models.CharField(max_length=1000, blank=True)
    by_name = models.CharField(max_length=150)
    text = models.CharField(max_length=300)
    ts = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "seq"], name="one_pin_an_entry")]


class IncidentRole(Row):
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="roles")
    role = models.CharField(max_length=24)
    user = models.ForeignKey(User, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "role"], name="one_person_a_role")]


class FollowUp(Row):
    """A task for a person."""

    class Status(models.TextChoices):
        OPEN = "open"
        DONE = "done"

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="follow_ups")
    title = models.CharField(max_length=300)
    assignee = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    due = models.DateTimeField(null=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    created_at = models.DateTimeField(db_default=Now())


class RoundSummary(Row):
    """What a round of the crew found; the newest version is the incident's summary."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="round_summaries")
    run = models.ForeignKey("agents_app.Run", models.SET_NULL, null=True, related_name="round_summaries")
    round = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    summary = models.TextField()
    findings = models.JSONField(default=list)
    suggestions = models.JSONField(default=list)
    confidence = models.CharField(max_length=10, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "version"], name="one_summary_a_version")]


class Report(Row):
    """The post-incident report; each change is a new version."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="reports")
    version = models.PositiveIntegerField()
    markdown = models.TextField()
    status = models.CharField(max_length=10, default="draft")
    author = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", help_text="Empty when the crew wrote it."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "version"], name="one_report_a_version")]
