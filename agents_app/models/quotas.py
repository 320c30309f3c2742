"""How much may be asked of models, how much has been, and what each request took."""

from datetime import UTC, date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from agents_app.models.providers import Provider
from agents_app.models.runs import Run
from sessions_app.models import Membership, Organization, User
from sessions_app.models.base import Row


class QuotaType(models.TextChoices):
    REQUESTS = "requests"
    TOKENS = "tokens"


class Period(models.TextChoices):
    """By the calendar, in UTC."""

    DAY = "day"
    MONTH = "month"

    def begun(self, now: datetime) -> date:
        """The first day of the period that `now` falls into."""
        return self._first(now.astimezone(UTC).date())

    def ends(self, first: date) -> datetime:
        """The moment at which the next one begins."""
        after = first + timedelta(days=1 if self is Period.DAY else 31)
        return datetime.combine(self._first(after), time(), UTC)

    def _first(self, day: date) -> date:
        return day if self is Period.DAY else day.replace(day=1)


class Quota(Row):
    """A limit. Nobody is exempt from one, whatever their role."""

    class Whose(models.TextChoices):
        ORGANIZATION = "organization", "The whole organisation"
        EACH = "each", "Each person who has none of their own"
        USER = "user", "This person"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="quotas")
    whose = models.CharField(max_length=12, choices=Whose.choices, default=Whose.ORGANIZATION)
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")
    quota_type = models.CharField("what is counted", max_length=8, choices=QuotaType.choices)
    period = models.CharField(max_length=5, choices=Period.choices, help_text="By the calendar, in UTC.")
    limit = models.PositiveBigIntegerField(help_text="What was used before the quota was set counts, too.")
    # Answers nobody sees have a bucket of their own: they must not use up what people pay for.
    bucket = models.CharField(max_length=6, choices=Run.Bucket.choices, default=Run.Bucket.MAIN, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(whose="user", user__isnull=False)
                | models.Q(whose__in=["organization", "each"], user=None),
                name="quota_whose_known",
            ),
            models.CheckConstraint(condition=models.Q(quota_type__in=["requests", "tokens"]), name="quota_type_known"),
            models.CheckConstraint(condition=models.Q(period__in=["day", "month"]), name="quota_period_known"),
            # SQL finds two nulls distinct, so what is nobody's needs a constraint of its own.
            models.UniqueConstraint(
                fields=["organization", "bucket", "whose", "quota_type", "period"],
                condition=models.Q(user=None),
                name="one_quota_of_a_kind",
                violation_error_message="There is such a quota already.",
            ),
            models.UniqueConstraint(
                fields=["organization", "bucket", "user", "quota_type", "period"],
                condition=models.Q(user__isnull=False),
                name="one_quota_of_a_kind_a_person",
                violation_error_message="This person has such a quota already.",
            ),
        ]

    def __str__(self) -> str:
        who = str(self.user) if self.user else self.get_whose_display()
        return f"{who}: {self.limit} {self.quota_type} a {self.period}"

    def clean(self) -> None:
        """Say in the form what the constraints would refuse, and what would hold nobody back."""
        if (self.whose == self.Whose.USER) != (self.user is not None):
            raise ValidationError({"user": "Name a person for a quota of one person, and for no other."})
        theirs = Membership.objects.filter(user=self.user, organization=self.organization_id, active=True)
        if self.user is not None and not theirs.exists():
            raise ValidationError({"user": "This person is not in the organisation."})
        for constraint in self._meta.constraints:
            # A form asks none that has a field it does not show, such as `bucket`.
            if isinstance(constraint, models.UniqueConstraint):
                constraint.validate(Quota, self)


class QuotaCount(Row):
    """What an organisation, or a person in it, has used in one period. Changed by conditional UPDATEs only."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    bucket = models.CharField(max_length=6, choices=Run.Bucket.choices, default=Run.Bucket.MAIN)
    quota_type = models.CharField(max_length=8, choices=QuotaType.choices)
    period = models.CharField(max_length=5, choices=Period.choices)
    starts_on = models.DateField()
    used = models.PositiveBigIntegerField(default=0)
    # For requests under way. Whose they are stands in `Run.reserved`, so that each is settled or released once.
    reserved = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "bucket", "quota_type", "period", "starts_on"],
                condition=models.Q(user=None),
                name="one_count_a_period",
            ),
            models.UniqueConstraint(
                fields=["organization", "user", "bucket", "quota_type", "period", "starts_on"],
                condition=models.Q(user__isnull=False),
                name="one_count_a_person_a_period",
            ),
        ]


class UsageRecord(Row):
    """What one request to a model took. Outlives its run: somebody may have to pay for it."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", help_text="Empty: the system.")
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="usage_records")
    # From 0, as in `Run.usage`.
    step = models.PositiveIntegerField()
    agent_name = models.CharField("agent", max_length=60)
    provider = models.ForeignKey(Provider, models.SET_NULL, null=True, related_name="+")
    provider_name = models.CharField("provider", max_length=60)
    model = models.CharField(max_length=120)
    bucket = models.CharField(max_length=6, choices=Run.Bucket.choices, default=Run.Bucket.MAIN)
    requests = models.PositiveIntegerField()
    input_tokens = models.PositiveBigIntegerField()
    output_tokens = models.PositiveBigIntegerField()
    estimated = models.BooleanField()
    cost = models.DecimalField(max_digits=14, decimal_places=6, null=True, help_text="Empty: the model has no price.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "created_at"], name="usage_of_organization"),
            models.Index(fields=["user", "created_at"], name="usage_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.model}: {self.input_tokens} + {self.output_tokens} tokens"
