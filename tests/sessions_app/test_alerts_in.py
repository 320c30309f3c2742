"""Alerts through the door: incidents open, repeats are counted, what is over resolves, what is wrong leaves nothing."""

import json
from typing import Any

import pytest
from django.test import Client

from sessions_app import actors
from sessions_app.models import Alert, ApiKey, Event, Evidence, Incident, Indicator
from sessions_app.services import accounts, alerts
from tests import factories

pytestmark = pytest.mark.django_db
BRUTE_FORCE = {
    "timestamp": "2026-11-20T03:14:15Z",
    "rule": {"id": "5763", "level": 10, "description": "sshd: brute force on a gateway"},
    "agent": {"id": "007", "name": "gate-1"},
    "data": {"srcip": "203.0.113.80", "dstuser": "root"},
    "full_log": "Nov 20 03:14:15 gate-1 sshd[9]: Failed password for root from 203.0.113.80 port 40 ssh2",
}


@pytest.fixture
def responder(client: Client) -> Client:
    client.force_login(factories.user(role="responder"))
    return client


def send(client: Client, body: Any, source: str = "", **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body)
    path = f"/api/v1/ingest/{source}" if source else "/api/v1/ingest"
    return client.post(path, content, "application/json", headers=headers)


def disk(status: str, instance: str = "store-1") -> dict[str, Any]:
    labels = {"alertname": "DiskFull", "severity": "critical", "instance": instance}
    return {"status": status, "labels": labels, "annotations": {"summary": f"{instance} is full"}}


def room_events(incident: Incident) -> list[str]:
    return list(Event.objects.filter(session=incident.room_id).order_by("seq").values_list("type", flat=True))


def test_a_wazuh_alert_opens_an_incident_with_its_room_indicators_and_raw_alert(responder: Client) -> None:
    answer = send(responder, BRUTE_FORCE, "wazuh")
    assert answer.status_code == 202
    told = answer.json()
    incident = Incident.objects.get(pk=told["incident_id"])
    assert told["incident_ids"] == [str(incident.pk)]
    assert told["alert_ids"] == [str(incident.alerts.get().pk)]
    assert (told["deduplicated"], told["resolved"]) == (0, 0)
    assert (incident.title, incident.severity, incident.status) == ("sshd: brute force on a gateway", "medium", "open")
    assert (incident.source, incident.alert_count) == ("wazuh", 1)
    assert incident.alerts.get().raw == BRUTE_FORCE
    kinds = set(incident.indicators.values_list("kind", "value", "private"))
    assert kinds == {("ip", "203.0.113.80", False), ("user", "root", None), ("host", "gate-1", None)}
    types = room_events(incident)
    assert types.index("incident.opened") < types.index("indicator.added") < types.index("incident.alert")
    assert "evidence.added" in types


def test_a_repeat_is_counted_into_the_open_incident(responder: Client) -> None:
    first = send(responder, BRUTE_FORCE).json()
    again = send(responder, {**BRUTE_FORCE, "timestamp": "2026-11-20T03:20:00Z"}).json()
    assert again["incident_id"] == first["incident_id"]
    assert again["alert_ids"] == first["alert_ids"]
    assert again["deduplicated"] == 1
    incident = Incident.objects.get()
    assert (incident.alert_count, incident.alerts.get().count) == (2, 2)
    assert incident.indicators.get(value="203.0.113.80").seen_count == 2
    assert room_events(incident).count("incident.alert") == 2
    assert room_events(incident).count("incident.opened") == 1


def test_an_attack_that_says_it_is_over_opens_its_incident_and_ends_none(responder: Client) -> None:
    """A web server's alert holds what was sent to it: with `{"status": "resolved"}` there it was one nobody saw."""
    known = send(responder, {"title": "Disk full", "dedup_key": "K", "severity": "low"}).json()["incident_id"]
    sent = json.dumps({"status": "resolved", "dedup_key": "K"})
    attack = {"title": "SQL injection tried", "severity": "high", "host": "web-1", "message": sent}
    told = send(responder, attack).json()
    assert told["incident_ids"] not in ([], [known])
    assert (told["deduplicated"], told["resolved"]) == (0, 0)
    assert Incident.objects.open().count() == 2


def test_a_title_that_says_it_is_over_ends_what_is_known_and_hides_nothing(responder: Client) -> None:
    """Who signs in as `[RESOLVED]` puts that in front of their own alerts."""
    told = send(responder, {"title": "[RESOLVED] failed to sign in 50 times", "severity": "high"}).json()
    (incident,) = Incident.objects.open()
    assert (told["incident_ids"], told["resolved"]) == ([str(incident.pk)], 0)
    assert incident.alerts.get().status == "firing"
    send(responder, {"title": "[FIRING] Disk of store-1 is full", "severity": "high"})
    assert send(responder, {"title": "[RESOLVED] Disk of store-1 is full", "severity": "high"}).json()["resolved"] == 1
    assert list(Incident.objects.open()) == [incident]


def test_a_repeat_tells_of_a_flooded_incident_only_what_it_names(responder: Client) -> None:
    """Else a thousand indicators would be written and sent with each of thousands of alerts."""

    def named() -> tuple[bool, list[str], int]:
        told = Event.objects.filter(type="incident.alert").latest("seq").data["incident"]
        return told["truncated"], sorted(each["value"] for each in told["indicators"]), told["alert_count"]

    send(responder, BRUTE_FORCE, "wazuh")
    assert named() == (False, ["203.0.113.80", "gate-1", "root"], 1)
    incident = Incident.objects.get()
    for number in range(250):
        incident.indicators.create(organization=incident.organization, kind="host", value=f"host-{number}")
    send(responder, BRUTE_FORCE, "wazuh")
    assert named() == (True, ["203.0.113.80", "gate-1", "root"], 2)
    whole = responder.get(f"/api/v1/incidents/{incident.pk}").json()
    assert (whole["truncated"], len(whole["indicators"])) == (False, 253)


def test_a_repeat_that_tells_something_new_is_kept_and_adds_it(responder: Client) -> None:
    send(responder, BRUTE_FORCE)
    send(responder, {**BRUTE_FORCE, "data": {"srcip": "203.0.113.80", "dstuser": "oracle"}})
    incident = Incident.objects.get()
    assert incident.indicators.filter(kind="user", value="oracle").exists()
    assert incident.evidence.count() == 2


def test_a_named_source_and_a_guessed_one_give_the_same_incident(responder: Client) -> None:
    named, guessed = send(responder, BRUTE_FORCE, "wazuh").json(), send(responder, BRUTE_FORCE).json()
    assert named["incident_id"] == guessed["incident_id"]


def test_two_different_alerts_open_two_incidents(responder: Client) -> None:
    other = {**BRUTE_FORCE, "data": {"srcip": "203.0.113.81", "dstuser": "root"}}
    assert send(responder, BRUTE_FORCE).json()["incident_id"] != send(responder, other).json()["incident_id"]


def test_an_alert_that_comes_after_its_incident_was_settled_opens_a_new_one(responder: Client) -> None:
    first = send(responder, BRUTE_FORCE).json()["incident_id"]
    Incident.objects.filter(pk=first).update(status="resolved")
    assert send(responder, BRUTE_FORCE).json()["incident_id"] != first


def test_one_body_may_hold_many_alerts(responder: Client) -> None:
    body = {"alerts": [disk("firing"), disk("firing", "store-2"), disk("firing")]}
    told = send(responder, body, "alertmanager").json()
    assert len(told["incident_ids"]) == 2
    assert told["incident_id"] == told["incident_ids"][0]
    assert len(told["alert_ids"]) == 3
    assert told["deduplicated"] == 1
    assert set(Incident.objects.values_list("title", "severity")) == {
        ("store-1 is full", "critical"),
        ("store-2 is full", "critical"),
    }


def test_the_source_says_it_is_over_and_the_incident_is_resolved(responder: Client) -> None:
    opened = send(responder, {"alerts": [disk("firing")]}).json()
    told = send(responder, {"alerts": [disk("resolved")]}).json()
    assert told["incident_id"] == opened["incident_id"]
    assert (told["resolved"], told["deduplicated"]) == (1, 0)
    incident = Incident.objects.get()
    assert (incident.status, incident.alerts.get().status) == ("resolved", "resolved")
    assert {"incident.changed", "incident.closed"} <= set(room_events(incident))


def test_an_incident_with_two_alerts_is_resolved_with_the_last_of_them(responder: Client) -> None:
    incident = Incident.objects.get(pk=send(responder, {"alerts": [disk("firing")]}).json()["incident_id"])
    other = Incident.objects.get(pk=send(responder, {"alerts": [disk("firing", "store-2")]}).json()["incident_id"])
    other.alerts.update(incident=incident)  # as a merge leaves it
    Incident.objects.filter(pk=other.pk).update(status="closed")
    send(responder, {"alerts": [disk("resolved")]})
    incident.refresh_from_db()
    assert incident.status == "open"
    send(responder, {"alerts": [disk("resolved", "store-2")]})
    incident.refresh_from_db()
    assert incident.status == "resolved"


def test_what_a_person_declared_is_not_over_when_its_alerts_are(responder: Client) -> None:
    incident = Incident.objects.get(pk=send(responder, {"alerts": [disk("firing")]}).json()["incident_id"])
    incident.fingerprint = ""  # as a merge into a declared incident leaves it
    incident.save()
    assert send(responder, {"alerts": [disk("resolved")]}).json()["resolved"] == 1
    incident.refresh_from_db()
    assert (incident.status, incident.alerts.get().status) == ("open", "resolved")


def test_many_repeats_end_with_one_end_and_another_beginning_is_another_incident(responder: Client) -> None:
    first = [send(responder, {"alerts": [disk("firing")]}).json()["incident_id"] for _ in range(3)]
    assert len(set(first)) == 1
    for _ in range(2):  # a webhook that is sent again changes nothing
        assert send(responder, {"alerts": [disk("resolved")]}).json()["incident_id"] == first[0]
    assert Incident.objects.get().status == "resolved"
    assert send(responder, {"alerts": [disk("firing")]}).json()["incident_id"] != first[0]


def test_an_alert_that_fires_again_before_the_others_end_keeps_its_incident_open(responder: Client) -> None:
    incident = Incident.objects.get(pk=send(responder, {"alerts": [disk("firing")]}).json()["incident_id"])
    other = Incident.objects.get(pk=send(responder, {"alerts": [disk("firing", "store-2")]}).json()["incident_id"])
    other.alerts.update(incident=incident)
    Incident.objects.filter(pk=other.pk).update(status="closed")
    for status, instance, now in (
        ("resolved", "store-1", "open"),
        ("firing", "store-1", "open"),
        ("resolved", "store-2", "open"),
        ("resolved", "store-1", "resolved"),
    ):
        send(responder, {"alerts": [disk(status, instance)]})
        incident.refresh_from_db()
        assert incident.status == now


def test_an_alert_that_grows_graver_raises_its_incident_and_a_repeat_leaves_what_a_person_lowered(
    responder: Client,
) -> None:
    def told(severity: str) -> str:
        send(responder, {"title": "Queue is long", "dedup_key": "q", "severity": severity})
        return Incident.objects.get().severity

    assert [told("low"), told("high"), told("low")] == ["low", "high", "high"]
    assert Incident.objects.get().alerts.get().severity == "high"
    Incident.objects.update(severity="info")
    assert told("high") == "info"
    assert "incident.changed" in room_events(Incident.objects.get())


def test_techniques_are_kept_on_the_alert_and_shown_with_its_incident(responder: Client) -> None:
    rule = {**BRUTE_FORCE["rule"], "mitre": {"id": ["T1110.001"]}}
    told = send(responder, {**BRUTE_FORCE, "rule": rule}).json()
    send(responder, {**BRUTE_FORCE, "rule": {**rule, "mitre": {"id": ["T1110.001", "T1078"]}}})
    assert Alert.objects.get().techniques == ["T1110.001", "T1078"]
    shown = responder.get(f"/api/v1/incidents/{told['incident_id']}").json()
    assert shown["techniques"] == ["T1110.001", "T1078"]
    last = Event.objects.filter(type="incident.alert").last()
    assert last.data["alert"]["techniques"] == shown["techniques"] == last.data["incident"]["techniques"]
    page = responder.get(f"/incidents/{told['incident_id']}/").content.decode()
    assert "T1110.001, T1078" in page


def test_the_end_of_something_nobody_told_us_of_opens_nothing(responder: Client) -> None:
    answer = send(responder, {"alerts": [disk("resolved")]})
    assert answer.status_code == 202
    assert answer.json()["incident_id"] is None
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"not json", 400, "INVALID_REQUEST"),
        (b'{"title": NaN}', 400, "INVALID_REQUEST"),
        (b'{"title": "x", "n": Infinity}', 400, "INVALID_REQUEST"),
        (b"", 400, "INVALID_REQUEST"),
        (b"{}", 400, "INVALID_REQUEST"),
        (b'{"a":' * 51 + b"1" + b"}" * 51, 400, "INVALID_REQUEST"),
        (b"[" * 90_000, 400, "INVALID_REQUEST"),
        (b'[{"title": "a"}, 5]', 400, "INVALID_REQUEST"),
        (b'{"title": "a"}\nnot json', 400, "INVALID_REQUEST"),
        (b'{"title": "a"}\n{"title": NaN}', 400, "INVALID_REQUEST"),
        (b'{"title": "a"}\n[1]', 400, "INVALID_REQUEST"),
        (b'{"title": "a"} {"title": "b"}', 400, "INVALID_REQUEST"),
        (b"title=a&severity=high", 400, "INVALID_REQUEST"),
        (b"\xef\xbb\xbf", 400, "INVALID_REQUEST"),
        ('{"title": "a"}'.encode("utf-16"), 400, "INVALID_REQUEST"),
        ('{"title": "é"}'.encode("latin-1"), 400, "INVALID_REQUEST"),
        (b'\x1f\x8b\x08\x00{"title": "a"}', 400, "INVALID_REQUEST"),
        (b'{"title": "' + b"\\ud800" * 3, 400, "INVALID_REQUEST"),
        (b'{"title": ' + b"9" * 5000 + b"}", 400, "INVALID_REQUEST"),
        (b"[" + b'{"title":"a"},' * 501 + b'{"title":"a"}]', 400, "INVALID_REQUEST"),
        (b'{"title":"a"}\n' * 501, 400, "INVALID_REQUEST"),
        (b"[" + b"{}," * 300_000 + b"{}]", 400, "INVALID_REQUEST"),
        (b'{"alerts": [' + b'{"labels":{}},' * 501 + b'{"labels":{}}]}', 400, "INVALID_REQUEST"),
        (b'{"title": "' + b"x" * (1024 * 1024) + b'"}', 413, "PAYLOAD_TOO_LARGE"),
    ],
)
def test_what_cannot_be_read_is_refused_and_leaves_nothing(
    responder: Client, body: bytes, status: int, code: str
) -> None:
    answer = send(responder, body)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    for model in (Incident, Alert, Indicator, Evidence, Event):
        assert not model._default_manager.exists()


def test_a_body_of_just_under_a_megabyte_is_taken(responder: Client) -> None:
    assert send(responder, {"title": "Long", "text": "x" * (1024 * 1024 - 100)}).status_code == 202


def test_a_mark_of_the_byte_order_and_empty_lines_do_no_harm(responder: Client) -> None:
    assert send(responder, b'\xef\xbb\xbf{"title": "Marked"}').status_code == 202
    told = send(responder, b'\n{"title": "One"}\r\n\r\n{"title": "Two"}\n\n').json()
    assert len(told["incident_ids"]) == len(told["alert_ids"]) == 2
    assert set(Incident.objects.values_list("title", flat=True)) == {"Marked", "One", "Two"}


def test_a_length_that_lies_is_found_out_while_reading(responder: Client) -> None:
    body = b'{"title": "' + b"x" * (1024 * 1024) + b'"}'
    answer = responder.generic("POST", "/api/v1/ingest", body, "application/json", CONTENT_LENGTH="")
    assert answer.status_code in (400, 413)
    assert not Incident.objects.exists()


def test_an_unknown_source_is_not_found(responder: Client) -> None:
    assert send(responder, BRUTE_FORCE, "nagios").status_code == 404
    assert not Incident.objects.exists()


def test_what_an_attacker_writes_survives_as_text(responder: Client) -> None:
    hostile = "<script>alert(1)</script> \x00 \ud800 \u202e {{7*7}} '; DROP TABLE x;--"
    body = json.dumps({"title": hostile, "message": hostile, "user": "<img/src=x>", "host": "web-1"}).encode()
    incident = Incident.objects.get(pk=send(responder, body).json()["incident_id"])
    assert incident.title.startswith("<script>alert(1)</script>")
    assert "\x00" not in json.dumps(incident.alerts.get().raw, ensure_ascii=False)
    assert incident.indicators.filter(value="web-1").exists()


def test_a_key_with_scope_ingest_sends_alerts_and_nothing_else(client: Client) -> None:
    home = factories.organization()
    _, secret = accounts.issue_key(organization=home, name="siem", scopes=[ApiKey.Scope.INGEST], by=None)
    header = {"Authorization": f"Api-Key {secret}"}
    told = send(client, BRUTE_FORCE, "wazuh", **header)
    assert told.status_code == 202
    assert Incident.objects.get().organization == home
    assert send(client, {**BRUTE_FORCE}, "wazuh", **header).json()["deduplicated"] == 1
    found = client.get(f"/api/v1/incidents/{told.json()['incident_id']}/evidence", headers=header)
    assert found.status_code in (403, 404)
    over = send(client, {"alerts": [disk("firing")]}, **header).json()["incident_id"]
    send(client, {"alerts": [disk("resolved")]}, **header)
    assert Incident.objects.get(pk=over).status == "resolved"


def test_who_may_not_send_alerts_is_refused(client: Client) -> None:
    assert send(client, BRUTE_FORCE).status_code == 401
    client.force_login(factories.user(role="observer"))
    assert send(client, BRUTE_FORCE).status_code == 403
    assert not Incident.objects.exists()


def test_the_same_alert_in_two_organisations_opens_an_incident_in_each(client: Client) -> None:
    opened = set()
    for slug in ("demo", "other"):
        client.force_login(factories.user(role="responder", org=factories.organization(slug)))
        opened.add(send(client, BRUTE_FORCE).json()["incident_id"])
    assert len(opened) == 2


def test_an_idempotency_key_makes_a_repeat_the_same_request(responder: Client) -> None:
    first = send(responder, BRUTE_FORCE, **{"Idempotency-Key": "k1"}).json()
    assert send(responder, BRUTE_FORCE, **{"Idempotency-Key": "k1"}).json() == first
    assert Alert.objects.get().count == 1
    assert send(responder, {"title": "other"}, **{"Idempotency-Key": "k1"}).status_code == 409


def test_an_alert_with_very_many_indicators_brings_the_first_of_them(responder: Client) -> None:
    addresses = [f"203.0.113.{a} 198.51.100.{a}" for a in range(1, 250)]
    send(responder, {"title": "Many", "text": " ".join(addresses)})
    assert 100 < Indicator.objects.count() <= 200


def test_the_system_may_send_alerts_itself() -> None:
    home = factories.organization()
    received = alerts.receive(organization=home, source="", body=json.dumps(BRUTE_FORCE).encode(), by=actors.SYSTEM)
    assert [incident.title for incident in received.incidents] == ["sshd: brute force on a gateway"]
