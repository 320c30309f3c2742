"""Keys of programs: what they open, and what they never do."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from sessions_app.models import ApiKey
from sessions_app.services import accounts
from tests.callers import Caller, program
from tests.factories import incident, organization, room, user

pytestmark = pytest.mark.django_db


def test_a_key_is_stored_as_a_hash() -> None:
    key, secret = accounts.issue_key(organization=organization(), name="Wazuh", scopes=["ingest"], by=None)
    assert re.fullmatch(r"wr_[0-9a-f]{10}_[\w-]{43}", secret)
    assert secret.split("_", 2)[2] not in str(ApiKey.objects.values())
    assert accounts.key_for(secret) == key


def test_a_key_reads_its_own_organisation_only() -> None:
    mine, theirs = incident(), incident(organization("other"))
    caller = program(organization(), "read")
    assert caller.get(f"incidents/{mine.pk}").status_code == 200
    assert caller.get(f"incidents/{theirs.pk}").status_code == 404
    assert [one["id"] for one in caller.get("incidents").json()["data"]] == [str(mine.pk)]
    assert caller.get("me").json()["organizations"][0]["slug"] == "demo"


def test_a_key_without_the_scope_is_refused() -> None:
    found = incident()
    ingesting, reading = program(organization(), "ingest"), program(organization(), "read")
    assert ingesting.get("incidents").status_code == 403
    assert ingesting.get(f"incidents/{found.pk}").status_code == 403
    assert reading.post("incidents", {"title": "Mine", "severity": "low"}).status_code == 403
    assert reading.patch(f"incidents/{found.pk}", {"severity": "low"}).status_code == 403
    assert program(organization(), "write").post("incidents", {"title": "Mine", "severity": "low"}).status_code == 201


@pytest.mark.parametrize("ended", ["revoked_at", "expires_at"])
def test_a_key_that_has_ended_opens_nothing(ended: str) -> None:
    caller = program(organization(), "read")
    assert caller.get("me").status_code == 200
    ApiKey.objects.update(**{ended: timezone.now() - timedelta(seconds=1)})
    assert caller.get("me").status_code == 401


def test_a_key_with_a_wrong_secret_opens_nothing() -> None:
    key, secret = accounts.issue_key(organization=organization(), name="Wazuh", scopes=["read"], by=None)
    for wrong in (secret[:-1], f"wr_{key.prefix}_", f"wr_{key.prefix}", "wr_", "", "é" * 50):
        assert Caller(f"Api-Key {wrong}").get("me").status_code == 401


def test_an_engineer_chat_is_not_for_keys() -> None:
    private = room(category="engineer_chat", owner=user())
    caller = program(organization(), "read", "write")
    assert caller.get(f"sessions/{private.pk}").status_code == 404
    assert caller.post("sessions", {"category": "engineer_chat"}).status_code == 403
    assert caller.get("sessions").json()["data"] == []
