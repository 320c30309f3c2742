"""Indicators of an incident through the door: listed, added by hand, each once."""

from typing import Any

import pytest
from django.test import Client

from sessions_app import actors
from sessions_app.indicators import Found
from sessions_app.models import Event, Incident
from sessions_app.services import indicators
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident() -> Incident:
    return factories.incident(factories.organization(own_networks=["198.51.100.0/28"]))


@pytest.fixture
def responder(client: Client, incident: Incident) -> Client:
    client.force_login(factories.user(role="responder"))
    return client


def add(client: Client, incident: Incident, **body: Any) -> Any:
    return client.post(f"/api/v1/incidents/{incident.pk}/indicators", body, "application/json")


@pytest.mark.parametrize(
    ("value", "kind", "kept", "private"),
    [
        ("203[.]0[.]113[.]7", "ip", "203.0.113.7", False),
        ("198.51.100.3", "ip", "198.51.100.3", True),
        ("10.0.0.9", "ip", "10.0.0.9", True),
        ("Bad.Example", "domain", "bad.example", False),
        ("hxxp://bad.example/A", "url", "http://bad.example/A", False),
        ("A" * 63 + "1", "hash", "a" * 63 + "1", None),
    ],
)
def test_an_indicator_is_added_and_its_kind_found(
    responder: Client, incident: Incident, value: str, kind: str, kept: str, private: bool | None
) -> None:
    answer = add(responder, incident, value=value)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["kind"], told["value"], told["private"], told["seen_count"]) == (kind, kept, private, 1)
    assert responder.get(f"/api/v1/incidents/{incident.pk}/indicators").json() == {"data": [told], "next": None}
    event = Event.objects.get(session=incident.room_id)
    assert (event.type, event.data["indicator"]) == ("indicator.added", told)


def test_what_a_person_names_is_kept_however_many_alerts_have_named(
    responder: Client, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indicators, "MOST_AN_INCIDENT", 1)
    assert add(responder, incident, value="203.0.113.7").status_code == 201
    assert add(responder, incident, value="203.0.113.8").status_code == 201


def test_a_user_needs_its_kind_named(responder: Client, incident: Incident) -> None:
    assert add(responder, incident, value="kim").status_code == 400
    assert add(responder, incident, value="kim", kind="user").status_code == 201


def test_the_same_indicator_twice_is_one(responder: Client, incident: Incident) -> None:
    first = add(responder, incident, value="2001:db8:0::5")
    again = add(responder, incident, value="2001:DB8::5", kind="ip")
    assert (again.status_code, again.json()) == (200, first.json())
    assert Event.objects.count() == 1


def test_one_thing_is_one_row_whatever_its_spelling(incident: Incident) -> None:
    spellings = (
        ("host", "WEB-1", "web-1"),
        ("user", "CORP\\Kim", "corp\\kim"),
        ("process", "C:\\Tools\\NC.exe", "c:\\tools\\nc.exe"),
    )
    for kind, first, second in spellings:
        indicators.merge(incident=incident, counts={Found(kind, first): 2}, by=actors.SYSTEM)  # type: ignore[arg-type]
        both = {Found(kind, second): 1, Found(kind, first): 4}  # type: ignore[arg-type]
        assert indicators.merge(incident=incident, counts=both, by=actors.SYSTEM) == []
    for path in ("/tmp/A", "/tmp/a"):
        indicators.merge(incident=incident, counts={Found("file", path): 1}, by=actors.SYSTEM)
    rows = incident.indicators.order_by("id").values_list("kind", "value", "seen_count")
    assert list(rows) == [
        *((kind, first, 7) for kind, first, _ in spellings),
        ("file", "/tmp/A", 1),
        ("file", "/tmp/a", 1),
    ]


@pytest.mark.parametrize(
    "body",
    [{}, {"value": ""}, {"value": "x" * 501}, {"value": "nonsense", "kind": "ip"}, {"value": "a b", "kind": "domain"},
     {"value": "10.0.0.1", "kind": "planet"}, {"value": "10.0.0.1", "note": "x"}, {"value": 5},
     {"value": "   ", "kind": "user"}],
)  # fmt: skip
def test_what_is_no_indicator_is_refused(responder: Client, incident: Incident, body: dict[str, Any]) -> None:
    answer = add(responder, incident, **body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_REQUEST")
    assert not incident.indicators.exists()


def test_an_observer_may_not_add_one_and_an_outsider_finds_nothing(client: Client, incident: Incident) -> None:
    client.force_login(factories.user(role="observer"))
    assert add(client, incident, value="203.0.113.7").status_code == 403
    client.force_login(factories.user(role="commander", org=factories.organization("other")))
    assert add(client, incident, value="203.0.113.7").status_code == 404
    assert not incident.indicators.exists()
