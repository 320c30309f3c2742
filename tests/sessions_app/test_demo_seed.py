"""The demo is made once, tells one true story, and its people can sign in with one password."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from sessions_app import seed
from sessions_app.models import Evidence, Incident, Membership, Organization, User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def named_password(settings: Settings) -> None:
    settings.WARROOM_DEMO_PASSWORD = PASSWORD


def test_every_role_has_a_person_and_the_second_organisation_an_outsider() -> None:
    seed.people()
    roles = Membership.objects.filter(organization__slug="demo").values_list("user__username", "role")
    assert sorted(roles) == [
        ("admin", "admin"),
        ("approver", "approver"),
        ("approver2", "approver"),
        ("auditor", "auditor"),
        ("commander", "commander"),
        ("observer", "observer"),
        ("responder", "responder"),
    ]
    assert Membership.objects.get(user__username="outsider").organization.slug == "other"
    assert User.objects.get(username="root").is_superuser
    assert all(user.check_password(PASSWORD) for user in User.objects.all())


def test_a_second_seeding_changes_nothing() -> None:
    def made() -> tuple[list[Any], list[Any]]:
        return list(User.objects.values_list("pk", "password")), list(Incident.objects.values_list("pk", flat=True))

    seed.people()
    seed.incident()
    once = made()
    seed.people()
    seed.incident()
    assert made() == once


def test_whoever_was_removed_stays_removed() -> None:
    seed.people()
    User.objects.filter(username="outsider").delete()
    User.objects.filter(username="root").update(is_active=False)
    seed.people()
    assert "outsider" not in seed.sign_ins()
    assert "root" not in seed.sign_ins()


def test_the_incident_comes_from_an_alert_of_minutes_ago_with_its_log() -> None:
    seed.people()
    seed.incident()
    incident = Organization.objects.get(slug="demo").incidents.get()
    assert (incident.source, incident.severity) == ("wazuh", "high")
    occurred = incident.alerts.get().occurred_at
    assert occurred is not None
    assert timedelta() < timezone.now() - occurred < timedelta(hours=1)
    assert Evidence.objects.filter(incident=incident, filename__endswith="auth.log", lines__gt=100).exists()
    assert incident.indicators.filter(kind="ip", value=incident.alerts.get().raw["data"]["srcip"]).exists()
