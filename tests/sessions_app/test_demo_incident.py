"""The demo incident: one story, told the same in the alert and in the log."""

from datetime import UTC, datetime

import pytest

from sessions_app import actors, demo, indicators
from sessions_app.demo import story
from sessions_app.models import Incident
from sessions_app.services import evidence
from tests import factories

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_the_demo_incident_is_loaded_once_with_its_log() -> None:
    home = factories.organization(own_networks=["198.51.100.0/28"])
    incident = demo.load(home, actors.SYSTEM)
    assert demo.load(home, actors.SYSTEM) == incident
    assert Incident.objects.count() == 1
    assert (incident.severity, incident.source) == ("high", "wazuh")
    assert list(incident.evidence.order_by("id").values_list("filename", flat=True)) == [
        "wazuh-alert.json",
        "bastion-1-auth.log",
    ]
    attacker = incident.indicators.get(value=story.ATTACKER)
    assert attacker.private is False
    assert incident.indicators.filter(kind="domain", value=story.DROP).exists()


@pytest.mark.django_db
def test_its_evidence_tells_the_story() -> None:
    summary = evidence.summarize(demo.load(factories.organization(), actors.SYSTEM))
    worst = summary.addresses[0]
    assert (worst.value, worst.failed, worst.accepted) == (story.ATTACKER, 118, 1)
    assert "Accepted password for backup" in worst.accepted_examples[0].text
    assert 300 <= summary.lines <= 600


def test_the_log_is_the_same_every_time_but_for_the_date() -> None:
    assert story.log(NOW) == story.log(NOW)
    lines = story.log(NOW)
    assert lines[-1].startswith("Nov 20 11:")
    assert story.alert(NOW)["full_log"] in lines


def test_its_addresses_are_made_up() -> None:
    for line in story.log(NOW):
        for found in indicators.extract(line):
            if found.kind == "ip":
                assert found.value.startswith(("203.0.113.", "10.20."))
