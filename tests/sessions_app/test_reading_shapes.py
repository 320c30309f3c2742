"""Bodies of products nobody wrote a reader for, and what a responder should see of each. The bodies are written by hand
and what is expected was judged by eye: `alert_shapes.json` has one a line."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from sessions_app import ingest
from sessions_app.errors import Invalid
from sessions_app.ingest import ParsedAlert, alertmanager, times, unwrapping

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


# --- Hostile bodies: whoever may send one alert must not keep a server busy with it ----------------------------------
class Counted:
    """How often a function is called, and with how much."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> None:
        self.calls = self.size = 0
        self._real = getattr(where, name)
        monkeypatch.setattr(where, name, self)

    def __call__(self, given: Any) -> Any:
        self.calls += 1
        self.size += len(str(given))
        return self._real(given)


def test_ten_thousand_dates_are_not_tried_with_ten_thousand_times_of_day(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = Counted(monkeypatch, times, "moment")
    one({"title": "x", "date": ["no day"] * 1000, "time": ["no time"] * 1000})
    assert 0 < tried.calls < 5000


def test_what_a_wrapper_says_is_read_once_for_all_that_came_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = Counted(monkeypatch, times, "moment")
    body = {"alerts": [{"name": f"alert {number}"} for number in range(300)], "time": "no time", "host": "gate-1"}
    alerts = ingest.read("", ingest.parse(json.dumps(body).encode()))
    assert {each.host for each in alerts} == {"gate-1"}
    assert 0 < tried.calls < 100


def test_a_list_under_all_spellings_of_its_name_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Counted(monkeypatch, unwrapping, "says_something")
    spelled = {"".join(each): [{"a": 1}] for each in product(*("rR", "eE", "cC", "oO", "rR", "dD", "sS"))}
    assert one({"title": "Disk full", **spelled}).title == "Disk full"
    assert 0 < asked.calls < 10


def test_wrappers_are_opened_only_so_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Counted(monkeypatch, unwrapping, "says_something")
    body: dict[str, Any] = {"title": "Disk full"}
    for _ in range(45):
        body = {"event": body, "records": [{"a": 1}], "items": [{"a": 1}], "alerts": [{"b": 1}]}
    one(body)
    assert 0 < asked.calls < 60


def test_what_suricata_notes_of_a_connection_is_kept_once_however_many_alerts_it_has() -> None:
    note = {"event_type": "http", "flow_id": 7, "http": {"hostname": "c2.bad.example", "url": "/" + "x" * 1000}}
    rule = {"event_type": "alert", "flow_id": 7, "src_ip": "203.0.113.9"}
    body = [{**rule, "alert": {"signature": f"Rule {number}"}} for number in range(50)] + [note] * 50
    alerts = ingest.read("", ingest.parse(json.dumps(body).encode()))
    assert [len(each.raw) if isinstance(each.raw, list) else 1 for each in alerts] == [51] + [1] * 49
    assert "c2.bad.example" in [each.value for each in alerts[0].indicators]


@pytest.mark.parametrize("more", [{}, {"orgId": 1}], ids=["alertmanager", "grafana"])
def test_what_many_alerts_share_is_not_read_again_for_each(
    more: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def sent(note: str) -> list[ParsedAlert]:
        alerts = [{"labels": {"alertname": f"alert {number}"}} for number in range(200)]
        body = {"alerts": alerts, "commonAnnotations": {"summary": note}, **more}
        return ingest.read("", ingest.parse(json.dumps(body).encode()))

    assert {each.title for each in sent("Disk full")} == {"Disk full"}
    searched = Counted(monkeypatch, alertmanager, "from_json")
    assert sent("x" * 100_000)[0].title == "alert 0"
    assert searched.size < 1_000_000


# --- What an attacker writes into an alert: it may not be ended by that, hidden, or counted into another --------------
CLAIM = {"status": "resolved", "dedup_key": "K", "title": "Nothing to see", "severity": "info"}
CLAIMED = "status=resolved dedup_key=K alias=K"
ATTACK: dict[str, Any] = {"title": "SQL injection tried", "severity": "high", "host": "web-1"}


@pytest.mark.parametrize("sent", [json.dumps(CLAIM), json.dumps([CLAIM]), CLAIMED], ids=["JSON", "list", "pairs"])
@pytest.mark.parametrize("key", ["message", "body", "data", "payload", "content", "full_log", "request"])
def test_what_somebody_sent_to_a_server_does_not_speak_for_the_alert(key: str, sent: str) -> None:
    alert = one({**ATTACK, key: sent})
    assert (alert.title, alert.severity, alert.status) == (ATTACK["title"], "high", "firing")
    assert alert.fingerprint == one(ATTACK).fingerprint != one({**ATTACK, "dedup_key": "K"}).fingerprint


def said(alert: ParsedAlert) -> tuple[Any, ...]:
    return alert.title, alert.severity, alert.status, alert.host, alert.occurred_at, alert.fingerprint


@pytest.mark.parametrize(
    "below",
    [
        ["request", "body"], ["http", "request", "headers"], ["httpRequest", "args"], ["event", "request", "cookies"],
        ["requestParameters"], ["params"], ["query"], ["input"], ["request", *"abcdefghi"], ["headers", "a_b_c_d_e_f"],
    ],
    ids=".".join,
)  # fmt: skip
def test_what_was_sent_as_an_object_does_not_speak_for_the_alert_either(below: list[str]) -> None:
    names = {"severity_label": "info", "alert_title": "Benign", "utc_time": "2001-01-01T00:00:00Z", "host_name": "else"}
    sent: Any = {**CLAIM, **names}
    for key in reversed(below[1:]):
        sent = {key: sent}
    assert said(one({**ATTACK, below[0]: sent})) == said(one(ATTACK))


def test_the_headers_of_a_request_do_not_speak_for_the_alert() -> None:
    """As AWS WAF logs them."""
    headers = [{"name": "severity_label", "value": "info"}, {"name": "alert_title", "value": "Benign"}]
    alert = one({**ATTACK, "httpRequest": {"clientIp": "203.0.113.9", "headers": headers}})
    assert (alert.title, alert.severity) == (ATTACK["title"], "high")
    assert "203.0.113.9" in [each.value for each in alert.indicators]


def test_however_much_was_sent_the_rest_of_the_alert_is_read() -> None:
    sent = {"args": [f"host-{number}.example.net" for number in range(25_000)]}
    rule = {"title": "SQL injection tried", "severity": "high"}
    alert = one({"request": sent, "rule": rule, "client": {"ip": "203.0.113.9"}, "host": "web-1"})
    assert (alert.title, alert.severity, alert.host) == ("SQL injection tried", "high", "web-1")
    assert "203.0.113.9" in [each.value for each in alert.indicators[:10]]


@pytest.mark.parametrize("key", ["body", "payload", "data"])
def test_what_an_alert_calls_itself_counts_over_whatever_it_holds(key: str) -> None:
    alert = one({**ATTACK, key: {"severity_label": "info", "alert_title": "Benign", "rule_name": "Benign"}})
    assert (alert.title, alert.severity, alert.status) == (ATTACK["title"], "high", "firing")


@pytest.mark.parametrize(
    "body",
    [
        {"timestamp": "2026-11-20T08:00:00Z", "host": "web-1", "message": json.dumps(CLAIM)},
        {"timestamp": "2026-11-20T08:00:00Z", "message": json.dumps(CLAIM)},
        {
            "host": "gate-1",
            "message": json.dumps({"alerts": [{"status": "resolved", "labels": {}, "fingerprint": "K"}]}),
        },
        {
            "host": "gate-1",
            "path": "/x",
            "body": {"alerts": [{"status": "resolved", "labels": {}, "fingerprint": "K"}]},
        },
        {"host": "gate-1", "log": f"devname=fw srcip=203.0.113.9 msg='{CLAIMED}'"},
        {"message": f"CEF:0|V|WAF|1|100|SQL injection|9|src=203.0.113.9 request=/x {CLAIMED}"},
    ],
    ids=["in a log record", "in a bare one", "of a known format", "taken apart", "in quoted pairs", "in CEF"],
)
def test_a_text_that_stands_alone_in_a_record_ends_nothing_and_is_no_known_alert(body: Any) -> None:
    (alert,) = ingest.read("", ingest.parse(json.dumps(body).encode()))
    known = {one(CLAIM).fingerprint, *(one({"title": "x", name: "K"}).fingerprint for name in ("dedup_key", "alias"))}
    known.add(one({"alerts": [{"status": "firing", "labels": {}, "fingerprint": "K"}]}).fingerprint)
    assert alert.status == "firing"
    assert alert.fingerprint not in known
    assert one(body).fingerprint == alert.fingerprint, "it repeats all the same"


@pytest.mark.parametrize(
    "carrier",
    [
        {"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:x:1:y", "Subject": "It is over"},
        {"messageId": "1", "receiptHandle": "r", "attributes": {}, "eventSource": "aws:sqs"},
        {},
    ],
    ids=["SNS", "SQS", "nothing else"],
)
def test_what_a_queue_brings_may_end_what_it_opened(carrier: dict[str, Any]) -> None:
    key = "Message" if "TopicArn" in carrier else "body"
    alert = one({**carrier, key: json.dumps(CLAIM)})
    assert (alert.status, alert.fingerprint) == ("resolved", one(CLAIM).fingerprint)
