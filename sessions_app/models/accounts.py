"""People, their organisations, and the keys of programs."""

from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Self

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sessions_app.models.base import Row, uuid7

# What is said in private is kept so long where the organisation's admin says nothing else.
RETENTION_DAYS = 180


class Organization(Row):
    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    own_networks = models.JSONField(
        default=list, blank=True, help_text="Networks (CIDR) that are ours besides the private ranges."
    )
    known_names = models.JSONField(
        default=list,
        blank=True,
        help_text='Addresses, networks and domains that nobody is to block, such as ["partner.example"]. '
        'A minus takes a well-known one off: ["-github.com"].',
    )
    blocklist_generation = models.PositiveIntegerField(
        default=1, help_text="Raise it to rotate the address of the feed."
    )
    engineer_chat_retention_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="So long after its last word the texts of a private chat are removed; how many there were is kept. "
        f"Empty: {RETENTION_DAYS} days.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.name

    @property
    def engineer_chat_retention(self) -> timedelta:
        return timedelta(days=self.engineer_chat_retention_days or RETENTION_DAYS)

    def clean(self) -> None:
        """Refuse what protects nothing because it is misspelt."""
        names = self.known_names
        if not isinstance(names, list) or not all(isinstance(each, str) and each.strip() for each in names):
            raise ValidationError({"known_names": 'Give a list, such as ["partner.example", "198.51.100.0/24"].'})
        if not isinstance(self.own_networks, list):
            raise ValidationError({"own_networks": 'Give a list, such as ["198.51.100.0/24"].'})
        for each in self.own_networks:
            try:
                ip_network(each)
            except ValueError as error:
                raise ValidationError({"own_networks": f"{each!r} is no network: {error}."}) from error


class User(AbstractUser):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=16, blank=True, help_text="Empty: as the browser says.")
    demo = models.BooleanField(default=False, editable=False, help_text="A demo sign-in, made by the set-up.")

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.name or self.username


class Role(models.TextChoices):
    OBSERVER = "observer", _("Observer")
    RESPONDER = "responder", _("Responder")
    APPROVER = "approver", _("Approver")
    COMMANDER = "commander", _("Commander")
    ADMIN = "admin", _("Admin")
    AUDITOR = "auditor", _("Auditor")


class Membership(Row):
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="one_membership_an_organization"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization} ({self.role})"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def live(self, now: datetime) -> Self:
        return self.filter(revoked_at=None).filter(models.Q(expires_at=None) | models.Q(expires_at__gt=now))


class ApiKey(Row):
    """A program's key: shown once, stored as a hash, bound to one organisation and to scopes."""

    class Scope(models.TextChoices):
        INGEST = "ingest", _("Send alerts")
        READ = "read", _("Read incidents, rooms and evidence")
        WRITE = "write", _("Declare incidents, post, attach evidence")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def in_words(self) -> str:
        """What it may do, as people read it."""
        return ", ".join(str(self.Scope(scope).label) for scope in self.scopes if scope in self.Scope.values)


class WsTicket(models.Model):
    """A single-use pass from a signed-in browser to its socket; 30 seconds, stored as a hash."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, models.CASCADE)
    auth_hash = models.CharField(
        max_length=128, help_text="The session's hash when issued: a sign-out or new password voids it."
    )
    sign_in = models.CharField(max_length=60, blank=True, help_text="What its socket ends with.")
    expires_at = models.DateTimeField(db_index=True)


class IdempotencyRecord(models.Model):
    """The stored answer to a command or POST, so that a repeat gets it again. Kept for a day."""

    id = models.BigAutoField(primary_key=True)
    caller = models.CharField(max_length=80, help_text="user:<id> or key:<id>")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was asked, door and path included.")
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="one_answer_a_key")]
