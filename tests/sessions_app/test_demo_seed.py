"""The demo people are made once and sign in with one password."""

from pathlib import Path

import pytest
from pytest_django import Settings

from sessions_app import seed
from sessions_app.models import Membership, User

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
    seed.people()
    once = list(User.objects.values_list("pk", "password"))
    seed.people()
    assert list(User.objects.values_list("pk", "password")) == once


def test_a_password_named_later_is_theirs_from_then_on(settings: Settings) -> None:
    seed.people()
    settings.WARROOM_DEMO_PASSWORD = "another horse battery"
    seed.people()
    assert all(user.check_password("another horse battery") for user in User.objects.all())


def test_a_password_made_here_is_kept_for_the_next_start(settings: Settings, tmp_path: Path) -> None:
    settings.WARROOM_DEMO_PASSWORD, settings.WARROOM_HOME = "", tmp_path
    assert seed.password() is None
    seed.people()
    made = seed.password()
    assert made is not None
    assert User.objects.get(username="root").check_password(made)
    assert (tmp_path / "demo_password").stat().st_mode & 0o777 == 0o600


def test_whoever_was_removed_stays_removed() -> None:
    seed.people()
    User.objects.filter(username="outsider").delete()
    User.objects.filter(username="root").update(is_active=False)
    seed.people()
    assert "outsider" not in seed.sign_ins()
    assert "root" not in seed.sign_ins()
