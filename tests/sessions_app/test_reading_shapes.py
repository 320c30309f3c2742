"""Bodies of products nobody wrote a reader for, and what a responder should see of each. The bodies are written by hand
and what is expected was judged by eye: `alert_shapes.json` has one a line."""

import json
from pathlib import Path
from typing import Any

import pytest

from sessions_app import ingest
from sessions_app.errors import Invalid
from sessions_app.ingest import ParsedAlert

pytestmark = pytest.mark.once
SHAPES = json.loads((Path(__file__).parent / "alert_shapes.json").read_text(encoding="utf-8"))


def one(body: Any, source: str = "") -> ParsedAlert:
    (alert,) = ingest.read(source, ingest.parse(json.dumps(body).encode()))
    return alert


def seen(alert: ParsedAlert) -> dict[str, Any]:
    return {
        "source": alert.source,
        "title": alert.title,
        "severity": alert.severity,
        "host": alert.host,
        "user": alert.user,
        "at": alert.occurred_at.strftime("%Y-%m-%d %H:%M:%S") if alert.occurred_at else "",
        "indicators": sorted(f"{each.kind}:{each.value}" for each in alert.indicators),
        "techniques": list(alert.techniques),
    }


@pytest.mark.parametrize("shape", SHAPES, ids=[shape["name"] for shape in SHAPES])
def test_a_shape_nobody_planned_for_tells_what_a_responder_needs(shape: dict[str, Any]) -> None:
    alert = one(shape["body"])
    assert seen(alert) == {key: shape[key] for key in seen(alert)}
    assert alert.status == "firing"


@pytest.mark.parametrize("shape", SHAPES, ids=[shape["name"] for shape in SHAPES])
def test_whatever_name_it_is_sent_under_it_is_the_same_alert(shape: dict[str, Any]) -> None:
    guessed = one(shape["body"])
    for source in ingest.SOURCES:
        named = one(shape["body"], source)
        assert (named.fingerprint, named.title, named.source) == (guessed.fingerprint, guessed.title, source)


ENDING = [shape for shape in SHAPES if "ends_with" in shape]


@pytest.mark.parametrize("shape", ENDING, ids=[shape["name"] for shape in ENDING])
def test_what_says_that_it_is_over_ends_what_it_opened(shape: dict[str, Any]) -> None:
    first, last = one(shape["body"]), one(shape["ends_with"])
    assert (first.status, last.status) == ("firing", "resolved")
    assert first.fingerprint == last.fingerprint


@pytest.mark.parametrize(
    "body",
    [
        {"title": "SQL injection tried", "severity": "high", "status": "ok", "http": {"response": {"status": "OK"}}},
        {"title": "Tunnel", "severity": "medium", "previous_state": "resolved", "process": {"state": "closed"}},
        {"title": "Port scan", "severity": "low", "connection_state": "closed", "result": "success"},
        {"title": "Sign-in", "event": {"action": "sign-in", "outcome": "success"}},
    ],
)
def test_a_word_that_is_said_of_something_else_ends_no_alert(body: Any) -> None:
    assert one(body).status == "firing"


def test_documents_of_several_formats_in_one_body_are_read_each_as_what_it_is() -> None:
    falco = {"rule": "Shell in pod", "priority": "Warning", "output": "sh", "output_fields": {"k8s.pod.name": "a-1"}}
    eve = {"event_type": "alert", "flow_id": 9, "src_ip": "203.0.113.2", "alert": {"signature": "Scan", "severity": 1}}
    lines = "\n".join(json.dumps(each) for each in (falco, eve, {"title": "Odd"}))
    alerts = ingest.read("", ingest.parse(lines.encode()))
    assert [(each.source, each.severity) for each in alerts] == [
        ("falco", "medium"), ("suricata", "high"), ("generic", "medium"),
    ]  # fmt: skip
    assert [each.source for each in ingest.read("generic", ingest.parse(lines.encode()))] == ["generic"] * 3


@pytest.mark.parametrize("wrapper", ["event", "alert", "data", "payload", "_source"])
def test_what_a_forwarder_wraps_is_the_same_alert(wrapper: str) -> None:
    falco = {"rule": "Shell in pod", "priority": "Warning", "output": "sh", "output_fields": {"k8s.pod.name": "a-1"}}
    wrapped = {"time": 1795161600, "sourcetype": "json", wrapper: falco}
    assert one(wrapped).fingerprint == one(falco).fingerprint
    assert one([{"messageId": "1", "body": json.dumps(falco)}]).fingerprint == one(falco).fingerprint


def test_a_log_of_bare_records_may_be_longer_than_a_list_of_alerts() -> None:
    records = [{"src_ip": "203.0.113.7", "dst_port": port} for port in range(2000)]
    alert = one(records)
    assert alert.title == "2000 events from generic about 203.0.113.7"
    with pytest.raises(Invalid, match="5000"):
        one([{"a": 1}] * 5001)
