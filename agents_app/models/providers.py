"""Where models come from."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models

from sessions_app.models import Organization
from sessions_app.models.base import Row

# The settings a provider may name as its key; any other is none of a model server's business.
KEY_SETTINGS = frozenset({"OPENAI_API_KEY"})


class Provider(Row):
    class Kind(models.TextChoices):
        OPENAI = "openai"
        ANTHROPIC = "anthropic"
        OPENAI_COMPATIBLE = "openai-compatible"
        DEMO = "demo"

    class ModelType(models.TextChoices):
        LOCAL = "local"
        CLOUD = "cloud"

    organization = models.ForeignKey(
        Organization, models.CASCADE, null=True, blank=True, related_name="providers", help_text="Empty: for all."
    )
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    model_type = models.CharField(max_length=8, choices=ModelType.choices, default=ModelType.CLOUD)
    # Not a URLField: that refuses the one-word hosts of a compose file.
    base_url = models.CharField(max_length=200, blank=True, help_text="http://host:port/v1; empty for the usual one.")
    key_variable = models.CharField(max_length=60, blank=True, help_text="Name of the setting that holds the key.")
    offered = models.JSONField(
        default=list,
        blank=True,
        help_text="[{name, max_tokens?, input_price?, output_price?}], prices of a million tokens.",
    )
    default_model = models.CharField(max_length=120, blank=True)
    config = models.JSONField(
        default=dict, blank=True, help_text="What runs use where nobody says otherwise: temperature, top_p, max_tokens."
    )
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="one_provider_a_name"),
            # SQL finds two nulls distinct, so what is for all needs a constraint of its own.
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(organization=None), name="one_shared_provider_a_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Say in the form what would otherwise only fail, or be left out, where a model is asked."""
        if self.key_variable and self.key_variable not in KEY_SETTINGS:
            raise ValidationError({"key_variable": f"One of {', '.join(sorted(KEY_SETTINGS))}, or nothing."})
        if self.base_url and not _is_web_address(self.base_url):
            raise ValidationError({"base_url": "An address that begins with http:// or https://."})


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


class ProviderHealth(models.Model):
    """What the last call or probe of a provider saw; one row, overwritten."""

    provider = models.OneToOneField(Provider, models.CASCADE, primary_key=True, related_name="health")
    available = models.BooleanField()
    detail = models.CharField(max_length=300, blank=True)
    latency_ms = models.PositiveIntegerField(null=True)
    # False only when nobody was there: a server that refuses our key, or lists nothing, has answered.
    reached = models.BooleanField(default=True)
    listed = models.JSONField(default=list)
    checked_at = models.DateTimeField()
