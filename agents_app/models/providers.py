"""Where models come from."""

from django.core.exceptions import ValidationError
from django.db import models

from agents_app import web_addresses
from sessions_app.models import Organization
from sessions_app.models.base import Row

# The settings a provider may name as its key, and the kinds that may have it; any other is none of a model server's
# business, and a key of one company is none of another's.
KEY_SETTINGS = {
    "OPENAI_API_KEY": frozenset({"openai", "openai-compatible"}),
    "ANTHROPIC_API_KEY": frozenset({"anthropic"}),
}


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
    # Counts over the setting. Unsealed only where a server is asked; no page and no answer has it.
    sealed_key = models.TextField(blank=True, editable=False)
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
        if self.key_variable and self.kind not in KEY_SETTINGS.get(self.key_variable, ()):
            fitting = sorted(name for name, kinds in KEY_SETTINGS.items() if self.kind in kinds)
            raise ValidationError({"key_variable": f"{' or '.join([*fitting, 'nothing'])}, for this kind."})
        if self.base_url and (why := web_addresses.fault(self.base_url)):
            raise ValidationError({"base_url": why})


class DefaultModel(Row):
    """What agents of an organisation use that name no provider of their own."""

    organization = models.OneToOneField(Organization, models.CASCADE, related_name="+")
    provider = models.ForeignKey(Provider, models.CASCADE, related_name="+")
    model = models.CharField(max_length=120, blank=True, help_text="Empty: the provider's own default.")

    def __str__(self) -> str:
        return f"{self.provider}: {self.model or self.provider.default_model}"

    def clean(self) -> None:
        if self.provider_id and self.provider.organization_id not in (None, self.organization_id):
            raise ValidationError({"provider": "One of this organisation's providers, or one for all."})


class ProviderHealth(models.Model):
    """What the last call or probe of a provider saw; one row, overwritten."""

    provider = models.OneToOneField(Provider, models.CASCADE, primary_key=True, related_name="health")
    available = models.BooleanField()
    detail = models.CharField(max_length=300, blank=True)
    latency_ms = models.PositiveIntegerField(null=True)
    # False only when nobody was there: a server that refuses our key, or lists nothing, has answered.
    reached = models.BooleanField(default=True)
    # Null where nobody could tell, since nobody answered.
    authorised = models.BooleanField(null=True)
    model_present = models.BooleanField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    last_error_at = models.DateTimeField(null=True)
    listed = models.JSONField(default=list)
    checked_at = models.DateTimeField()
