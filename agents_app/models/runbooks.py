"""The organisation's own runbooks; those that come with the product are files in `runbooks/`."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Organization
from sessions_app.models.base import Row

TECHNIQUES = RegexValidator(
    r"^\s*(?:T\d{4}(?:\.\d{3})?(?:\s*,\s*T\d{4}(?:\.\d{3})?)*)?\s*$", _("Give techniques such as T1110, T1078.004.")
)


class Runbook(Row):
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="runbooks")
    title = models.CharField(
        max_length=120, help_text=_("One with the title of a runbook that comes with the product takes its place.")
    )
    words = models.CharField(
        max_length=1000, blank=True, help_text=_("Words of alerts it is for, with commas: disk full, no space left")
    )
    techniques = models.CharField(
        max_length=400, blank=True, validators=[TECHNIQUES], help_text=_("Of MITRE ATT&CK, with commas: T1110, T1078")
    )
    body = models.TextField(max_length=50_000, help_text=_("Markdown: what to find out, to contain and to mend."))
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "title"], name="one_runbook_a_title")]

    def __str__(self) -> str:
        return self.title
