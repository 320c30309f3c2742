"""The demo organisations and their people, made once with the database."""

import os
import secrets

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from sessions_app.models import Membership, Organization, User
from sessions_app.models.accounts import Role

DEMO = (
    ("commander", "Casey Moreno", Role.COMMANDER),
    ("approver", "Ade Okafor", Role.APPROVER),
    ("approver2", "Bea Lindqvist", Role.APPROVER),
    ("responder", "Ravi Menon", Role.RESPONDER),
    ("observer", "Olga Petrova", Role.OBSERVER),
    ("admin", "Adam Weiss", Role.ADMIN),
    ("auditor", "Aiko Tanaka", Role.AUDITOR),
)
OUTSIDER = ("outsider", "Otto Fremd", Role.COMMANDER)
ROOT = "root"
# Public addresses of the demo organisation itself (reserved for documentation): no agent may block them.
OWN_NETWORKS = ["198.51.100.0/28"]


@transaction.atomic
def people() -> None:
    """Make them once; a password named in the environment is theirs from the next start on."""
    if not Organization.objects.filter(slug="demo").exists():
        _make_people()
    elif settings.WARROOM_DEMO_PASSWORD:
        _take_over_password(settings.WARROOM_DEMO_PASSWORD)


def sign_ins() -> list[str]:
    """Who of them can still sign in, in the order they were made."""
    return list(User.objects.filter(demo=True, is_active=True).order_by("pk").values_list("username", flat=True))


def password() -> str | None:
    """Their password, where it is known: named in the environment, or made here."""
    if settings.WARROOM_DEMO_PASSWORD:
        return str(settings.WARROOM_DEMO_PASSWORD)
    kept = settings.WARROOM_HOME / "demo_password"
    return kept.read_text().strip() if kept.exists() else None


def _make_people() -> None:
    # One hash for all: it is one password, and a hash takes a third of a second.
    hashed = make_password(password() or _made_password())
    ours = Organization.objects.create(slug="demo", name="Demo", own_networks=OWN_NETWORKS)
    other = Organization.objects.create(slug="other", name="Other")
    for organization, (username, name, role) in [*((ours, one) for one in DEMO), (other, OUTSIDER)]:
        user = User.objects.create(
            username=username, name=name, password=hashed, demo=True, is_staff=role == Role.ADMIN
        )
        Membership.objects.create(organization=organization, user=user, role=role)
    User.objects.create(username=ROOT, name="Root", password=hashed, demo=True, is_staff=True, is_superuser=True)


def _made_password() -> str:
    made = secrets.token_urlsafe(12)
    with os.fdopen(os.open(settings.WARROOM_HOME / "demo_password", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(made)
    return made


def _take_over_password(wanted: str) -> None:
    everybody = User.objects.filter(demo=True)
    first = everybody.order_by("pk").first()
    if first is not None and not first.check_password(wanted):
        everybody.update(password=make_password(wanted))
