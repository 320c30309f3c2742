"""Agents: who they are, how they speak, what they may use."""

from django.db import models
from django.db.models.functions import Now

from agents_app.models.providers import Provider
from sessions_app.models import Organization
from sessions_app.models.base import Row


class Agent(Row):
    class Role(models.TextChoices):
        CAPTAIN = "captain"
        MANAGER = "manager"
        OPERATOR = "operator"
        EXECUTOR = "executor"
        EXPERT = "expert"
        ASSISTANT = "assistant"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="agents")
    name = models.CharField(max_length=60)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.ASSISTANT)
    description = models.CharField(max_length=300, blank=True)
    instructions = models.TextField(blank=True)
    color = models.CharField(max_length=16, default="blue", help_text="A name of the palette, not a CSS value.")
    symbol = models.CharField(max_length=4, default="◆")
    tools = models.JSONField(default=list, blank=True, help_text="Names of the tools it may use.")
    provider = models.ForeignKey(Provider, models.PROTECT, null=True, blank=True)
    model = models.CharField(max_length=120, blank=True)
    config = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="one_agent_a_name")]

    def __str__(self) -> str:
        return self.name
