"""Well-known names: kept and shown as known, never blocked; an organisation adds its own."""

import json

import pytest
from django.core.exceptions import ValidationError

from agents_app import policy
from agents_app.catalogue import TOOLS
from sessions_app import actors, indicators
from sessions_app.indicators import Found
from sessions_app.models import Event, Organization
from sessions_app.services import alerts
from sessions_app.services import indicators as service
from tests import factories


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("8.8.8.8", "resolver"), ("2001:4860:4860:0:0:0:0:8888", "resolver"), ("8.8.8.9", None),
        ("dns.google", "resolver"),
        ("239.1.2.3", "multicast"), ("security.ubuntu.com", "updates"), ("au.download.windowsupdate.com", "updates"),
        ("2.pool.ntp.org", "time"), ("r3.o.lencr.org", "certificates"), ("www.msftconnecttest.com", "connectivity"),
        ("github.com", "vendor"), ("www.GitHub.com", "vendor"), ("evil.github.com", None), ("notgithub.com", None),
        ("sts.eu-west-1.amazonaws.com", "cloud"), ("box.s3.amazonaws.com", None), ("www.w3.org", "namespace"),
        ("https://github.com/evil/x.sh", None), ("203.0.113.9", None), ("mail@github.com", None), ("nonsense", None),
    ],
)  # fmt: skip
def test_a_name_is_known_as_it_is_and_not_by_its_neighbours(value: str, known: str | None) -> None:
    assert indicators.known_as(value) == known


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("198.51.100.7", "listed"), ("198.51.101.7", None), ("api.partner.example", "listed"),
        ("partner.example.bad", None),
        ("github.com", None), ("8.8.8.8", None), ("8.8.4.4", "resolver"),
    ],
)  # fmt: skip
def test_an_organisation_adds_names_and_takes_well_known_ones_off(value: str, known: str | None) -> None:
    names = ["198.51.100.0/24", "*.partner.example", "-github.com", "-8.8.8.8"]
    assert indicators.known_as(value, names) == known


def opened(home: Organization, **alert: str) -> list[tuple[str, str]]:
    body = json.dumps({"title": "DNS tunnel", "severity": "high", **alert}).encode()
    (incident,) = alerts.receive(organization=home, source="generic", body=body, by=actors.SYSTEM).incidents
    return list(incident.indicators.order_by("value").values_list("value", "known"))


@pytest.mark.django_db
def test_an_alert_about_a_known_name_keeps_it_and_says_what_it_is() -> None:
    rows = opened(factories.organization(), src_ip="203.0.113.9", dest_ip="8.8.8.8", message="asks dns.google for more")
    assert rows == [("203.0.113.9", ""), ("8.8.8.8", "resolver"), ("dns.google", "resolver")]
    told = Event.objects.filter(type="indicator.added", data__indicator__value="8.8.8.8").get()
    assert told.data["indicator"]["known"] == "resolver"


@pytest.mark.django_db
def test_no_agent_blocks_what_is_known_unless_the_organisation_takes_it_off() -> None:
    home = factories.organization(known_names=["partner.example"])

    def effect(indicator: str) -> str:
        args = {"indicator": indicator, "minutes": 5, "reason": "x"}
        situation = policy.Situation(home, "block_indicator", TOOLS["block_indicator"], args)
        return policy.judge(situation).effect

    assert [effect(each) for each in ("1.1.1.1", "partner.example", "www[.]github[.]com")] == ["deny"] * 3
    assert [effect(each) for each in ("203.0.113.9", "https://github.com/evil/x")] == ["approve"] * 2
    home.known_names = ["-github.com"]
    assert effect("github.com") == "approve"


@pytest.mark.django_db
def test_what_the_organisation_says_anew_is_shown_in_open_incidents_at_once() -> None:
    home = factories.organization()
    incident, over = factories.incident(home), factories.incident(home, status="closed")
    for each in (incident, over):
        service.merge(
            incident=each, counts={Found("ip", "198.51.100.7"): 1, Found("domain", "p.example"): 1}, by=actors.SYSTEM
        )
    home.own_networks, home.known_names = ["198.51.100.0/24"], ["p.example"]
    assert service.judge_again(organization=home, by=actors.SYSTEM) == 2
    assert set(incident.indicators.values_list("value", "private", "known")) == {
        ("198.51.100.7", True, ""), ("p.example", False, "listed"),
    }  # fmt: skip
    told = (
        Event.objects.filter(session=incident.room_id).order_by("seq").values_list("data__indicator__known", flat=True)
    )
    assert list(told) == [None, None, None, "listed"]
    assert not over.indicators.exclude(known="").exists()


@pytest.mark.django_db
def test_a_list_of_names_that_is_none_is_refused() -> None:
    home = factories.organization()
    for wrong in ("partner.example", [7], [" "]):
        home.known_names = wrong
        with pytest.raises(ValidationError):
            home.full_clean()
