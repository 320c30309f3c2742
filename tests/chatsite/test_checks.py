"""Settings that would start but not serve safely are named."""

from typing import Any

import pytest
from django.core import checks
from pytest_django import Settings

from chatsite import checks as ours

pytestmark = pytest.mark.once


def found() -> list[str]:
    return [problem.id or "" for problem in checks.run_checks() if problem.is_serious()]


def test_the_settings_as_they_are_pass() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("SECRET_KEY", "short", "warroom.E001"),
        ("SECRET_KEY", "a" * 64, "warroom.E001"),
        ("WARROOM_TRUSTED_PROXIES", ["10.0.0.0/8", "proxy"], "warroom.E003"),
        ("OPENAI_BASE_URL", "ftp://models", "warroom.E004"),
        ("REDIS_URL", "localhost", "warroom.E004"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: Any, problem: str, settings: Settings) -> None:
    setattr(settings, name, value)
    messages = [one for one in checks.run_checks() if one.id == problem]
    assert [name in message.msg for message in messages] == [True]


@pytest.mark.parametrize(
    ("directive", "sources"),
    [
        ("script-src", ["'self'", "'unsafe-inline'"]),
        ("script-src", ["'self'", "https:"]),
        ("connect-src", ["*"]),
        ("default-src", ["'self'"]),
        ("frame-ancestors", None),
    ],
)
def test_a_content_security_policy_that_opens_a_door_is_refused(
    directive: str, sources: list[str] | None, settings: Settings
) -> None:
    directives = dict(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"])
    if sources is None:
        del directives[directive]
    else:
        directives[directive] = sources
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": directives}
    assert [message.id for message in ours.content_security_policy_is_closed()] == ["warroom.E002"]
