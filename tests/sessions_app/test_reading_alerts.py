"""What each source's body says, and what shapes nobody wrote a reader for say."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app import ingest
from sessions_app.errors import Invalid, NotFound
from sessions_app.ingest import ParsedAlert
from sessions_app.ingest.severities import severity_of
from sessions_app.ingest.times import in_line, moment


def read(body: Any, source: str = "") -> list[ParsedAlert]:
    return ingest.read(source, ingest.parse(json.dumps(body).encode()))


def one(body: Any, source: str = "") -> ParsedAlert:
    (alert,) = read(body, source)
    return alert


def found(alert: ParsedAlert) -> set[str]:
    return {f"{each.kind}:{each.value}" for each in alert.indicators}


def wazuh(**changes: Any) -> dict[str, Any]:
    return {
        "timestamp": "2026-11-20T03:14:15.926+0100",
        "rule": {"id": "5758", "level": 8, "description": "sshd: maximum tries exceeded", "groups": ["sshd"]},
        "agent": {"id": "031", "name": "gate-4", "ip": "10.4.0.7"},
        "manager": {"name": "siem-2"},
        "decoder": {"name": "sshd"},
        "data": {"srcip": "203.0.113.66", "dstuser": "oracle"},
        "full_log": "Nov 20 03:14:15 gate-4 sshd[77]: error: too many attempts for oracle from 203.0.113.66 port 9",
        **changes,
    }


CEF = (
    r"CEF:0|Fen & Moor|Gate\|keeper|1.0.2.3|100|Login failed|8|src=203.0.113.9 spt=4411 suser=root dst=10.0.0.4 "
    r"dhost=db-1 rt=1718000000000 msg=Too many\=failed logins cs1=Night cs1Label=Shift"
)


@pytest.mark.parametrize(
    "body",
    [
        {"message": CEF},
        CEF,
        {"@timestamp": "2024-06-10T06:13:20Z", "event": {"original": f"<134>Jun 10 06:13:20 fw-1 {CEF}"}},
        [{"result": {"_raw": CEF}}],
    ],
    ids=["message", "bare", "behind syslog", "deep"],
)
def test_cef_inside_json_is_read_as_what_it_says(body: Any) -> None:
    alert = one(body)
    assert (alert.title, alert.severity, alert.host, alert.user) == ("Login failed", "high", "db-1", "root")
    assert alert.occurred_at == datetime(2024, 6, 10, 6, 13, 20, tzinfo=UTC)
    assert found(alert) == {"ip:203.0.113.9", "ip:10.0.0.4", "host:db-1", "user:root"}
    assert "Too many=failed logins" in alert.description
    assert CEF in json.dumps(alert.raw).encode().decode("unicode_escape")


@pytest.mark.parametrize(
    ("severity", "step"),
    [("0", "low"), ("3", "low"), ("4", "medium"), ("7", "high"), ("9", "critical"), ("Very-High", "critical")],
)
def test_severities_of_cef(severity: str, step: str) -> None:
    assert one({"message": f"CEF:0|V|P|1|7|Port scan|{severity}|src=203.0.113.9"}).severity == step


def test_who_calls_home_is_the_machine_and_what_it_calls_a_domain() -> None:
    alert = one({"message": "CEF:0|V|P|1|7|Beacon|9|src=10.1.1.9 shost=pc-4 dst=198.51.100.7 dhost=cdn.bad.example"})
    assert alert.host == "pc-4"
    assert {"domain:cdn.bad.example", "ip:198.51.100.7", "host:pc-4"} <= found(alert)


def test_what_carries_a_record_and_has_a_title_of_its_own_keeps_it() -> None:
    alert = one({"title": "Rule 7 of the SIEM", "severity": "low", "message": CEF})
    assert (alert.title, alert.severity, alert.user) == ("Rule 7 of the SIEM", "low", "root")


def test_an_alert_keeps_its_own_title_whatever_its_message_is_made_of():
    message = 'blocked by edge-4: src=203.0.113.9 dst=10.0.0.4 user="kim" action=deny'
    alert = one({"title": "Too many refusals", "severity": "low", "message": message})
    assert (alert.title, alert.severity, alert.user) == ("Too many refusals", "low", "kim")


@pytest.mark.parametrize(
    ("message", "title", "severity", "host", "indicators"),
    [
        (
            '<189>date=2025-06-01 time=12:00:01 devname="edge-2" level="alert" severity="critical" srcip=203.0.113.9 '
            'dstip=10.0.0.3 attack="Remote code in the shop"',
            "Remote code in the shop", "critical", "edge-2", {"ip:203.0.113.9", "ip:10.0.0.3"},
        ),
        (
            "Nov 20 03:12:44 fw-1 kernel: [BLOCKED] IN=eth0 OUT= SRC=203.0.113.9 DST=10.0.0.3 PROTO=TCP DPT=22",
            "BLOCKED", "medium", "fw-1", {"ip:203.0.113.9", "ip:10.0.0.3", "host:fw-1"},
        ),
        (
            'level=error ts=2026-01-01T00:00:00Z msg="lost the database" host=db-1 attempts=7',
            "lost the database", "high", "db-1", {"host:db-1"},
        ),
        (
            "Failed login user=kim src=203.0.113.9 port=22 result=denied",
            "Failed login", "medium", "", {"user:kim", "ip:203.0.113.9"},
        ),
        (
            "type=USER_LOGIN msg=audit(1718000000.1:99): pid=1 uid=0 msg='op=login acct=\"kim\" hostname=? "
            "addr=203.0.113.9 res=failed'",
            "USER_LOGIN by kim from 203.0.113.9", "medium", "", {"user:kim", "ip:203.0.113.9"},
        ),
        ("we saw a=b in a request to the shop, please look", "we saw a=b in a request to the shop, please look",
         "medium", "", set()),
    ],
)  # fmt: skip
def test_a_line_of_pairs_inside_json_is_read_pair_by_pair(
    message: str, title: str, severity: str, host: str, indicators: set[str]
) -> None:
    alert = one({"message": message})
    assert (alert.title, alert.severity, alert.host) == (title, severity, host)
    assert indicators <= found(alert)
    assert alert.raw == {"message": message}


def alertmanager(*alerts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"version": "4", "status": "firing", "receiver": "room", "alerts": list(alerts), **changes}


def disk(status: str = "firing", **labels: str) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": "DiskWillFill", "severity": "warning", "instance": "store-1:9100", **labels},
        "annotations": {"summary": "Disk of store-1 fills within 4 hours", "description": "Only 7 % left on /data."},
        "startsAt": "2026-11-20T01:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.internal/graph",
    }


def test_a_wazuh_alert_tells_rule_machine_attacker_and_time() -> None:
    alert = one(wazuh())
    assert (alert.source, alert.title, alert.severity) == ("wazuh", "sshd: maximum tries exceeded", "medium")
    assert (alert.host, alert.user, alert.status) == ("gate-4", "oracle", "firing")
    assert alert.occurred_at == datetime(2026, 11, 20, 2, 14, 15, 926000, UTC)
    assert {"ip:203.0.113.66", "ip:10.4.0.7", "user:oracle", "host:gate-4"} <= found(alert)


@pytest.mark.parametrize(
    ("level", "severity"),
    [(0, "info"), (3, "info"), (4, "low"), (7, "medium"), (11, "medium"), (12, "high"), (15, "critical")],
)
def test_a_wazuh_level_becomes_a_severity(level: int, severity: str) -> None:
    rule = {"id": "1", "level": level, "description": "x"}
    assert one(wazuh(rule=rule)).severity == severity


def test_guesses_at_new_users_from_one_address_are_one_wazuh_alert_and_another_address_is_another() -> None:
    first = one(wazuh())
    again = one(wazuh(timestamp="2026-11-20T04:00:00Z", data={"srcip": "203.0.113.66", "dstuser": "admin"}))
    other = one(wazuh(data={"srcip": "203.0.113.67", "dstuser": "oracle"}))
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_an_alertmanager_body_tells_each_of_its_alerts() -> None:
    alerts = read(alertmanager(disk(), disk(instance="store-2:9100", severity="critical")))
    assert [(a.source, a.title, a.severity, a.host) for a in alerts] == [
        ("alertmanager", "Disk of store-1 fills within 4 hours", "medium", "store-1:9100"),
        ("alertmanager", "Disk of store-1 fills within 4 hours", "critical", "store-2:9100"),
    ]
    assert alerts[0].fingerprint != alerts[1].fingerprint
    assert alerts[0].occurred_at == datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert found(alerts[0]) == {"host:store-1"}


def test_an_alertmanager_alert_without_words_is_named_by_its_rule_and_machine() -> None:
    bare = {"status": "firing", "labels": {"alertname": "NodeDown", "instance": "n-7"}, "annotations": {}}
    assert one(alertmanager(bare)).title == "NodeDown on n-7"
    assert one(alertmanager(bare)).severity == "medium"


def test_the_end_of_an_alertmanager_alert_has_the_fingerprint_of_its_beginning() -> None:
    firing, resolved = one(alertmanager(disk())), one(alertmanager(disk("resolved"), status="resolved"))
    assert (firing.status, resolved.status) == ("firing", "resolved")
    assert firing.fingerprint == resolved.fingerprint


@pytest.mark.parametrize(
    ("body", "title", "severity", "host", "user", "indicators"),
    [
        (  # nested, camelCase, epoch milliseconds
            {"payload": {"detectionName": "Credential dumping", "severityScore": 92, "deviceName": "WS-31",
                         "userName": "kim", "fileHash": {"sha256": "ab12" * 16}, "eventTime": 1795222800000}},
            "Credential dumping", "critical", "WS-31", "kim", {"host:WS-31", "user:kim", "hash:" + "ab12" * 16},
        ),
        (  # dotted keys, a priority in words
            {"alert.title": "DNS tunnel suspected", "alert.priority": "P2", "host.name": "lap-4",
             "dns.question.name": "a.b.tunnel.example", "source.ip": "10.7.7.7"},
            "DNS tunnel suspected", "high", "lap-4", "", {"domain:a.b.tunnel.example", "ip:10.7.7.7", "host:lap-4"},
        ),
        (  # name and value pairs
            {"headline": "Login from two countries", "fields": [{"name": "user", "value": "bo"},
             {"name": "src_ip", "value": "198.51.100.60"}, {"name": "Severity", "value": "4/5"}]},
            "Login from two countries", "high", "", "bo", {"user:bo", "ip:198.51.100.60"},
        ),
        (  # syslog level, GELF-like
            {"version": "1.1", "host": "fw-9", "short_message": "Port scan from 203.0.113.20", "level": 4,
             "timestamp": 1795222800.25},
            "Port scan from 203.0.113.20", "medium", "fw-9", "", {"host:fw-9", "ip:203.0.113.20"},
        ),
        (  # nothing but words
            {"text": "[CRITICAL] payment queue stuck\nsecond line"},
            "[CRITICAL] payment queue stuck", "critical", "", "", set(),
        ),
        (  # labels in tags, and a defanged indicator in the text
            {"name": "Phishing page", "urgency": 1, "tags": ["host:mail-1", "team:soc"],
             "details": "users sent to hxxps://login[.]corp-sso[.]example/a"},
            "Phishing page", "critical", "mail-1", "",
            {"host:mail-1", "domain:login.corp-sso.example", "url:https://login.corp-sso.example/a"},
        ),
        (  # a check that says how it is in words of its own
            {"check": "certificate_age", "state": "WARNING", "severity": "warn", "node": {"name": "edge-2"}},
            "certificate_age on edge-2", "medium", "edge-2", "", {"host:edge-2"},
        ),
        (  # no title at all
            {"a": {"b": [{"c": "2001:db8::77"}]}},
            "Alert from generic about 2001:db8::77", "medium", "", "", {"ip:2001:db8::77"},
        ),
        (  # names that are on no list: the first words that somebody wrote for people
            {"id": "2026-11-29 04:10 kx", "where": "floors 2-4", "what": "Badge used in two buildings at once",
             "person": "j.okafor"},
            "Badge used in two buildings at once", "medium", "", "", set(),
        ),
        (  # a sentence
            "Backup of db-2 failed", "Backup of db-2 failed", "medium", "", "", set(),
        ),
        (  # cloud audit
            {"eventName": "DeleteTrail", "sourceIPAddress": "203.0.113.33", "userIdentity": {"userName": "ci-bot"},
             "eventTime": "2026-11-20T09:00:00Z", "severity": 7.5},
            "DeleteTrail by ci-bot from 203.0.113.33", "high", "", "ci-bot", {"ip:203.0.113.33", "user:ci-bot"},
        ),
        (  # a JSON text inside a wrapper's message
            {"Type": "Notification",
             "Message": json.dumps({"title": "Key used twice", "severity": "low", "user": "ana"})},
            "Key used twice", "low", "", "ana", {"user:ana"},
        ),
        (  # a monitor that tells its state, and a sign-in that tells it in its own words
            {"notification_type": "PROBLEM", "host": "web-9", "state": "CRITICAL", "output": "connection refused"},
            "connection refused", "critical", "web-9", "", {"host:web-9"},
        ),
        (
            {"displayMessage": "Sign-in without second factor", "severity": "WARN",
             "actor": {"alternateId": "kim@corp.example"}, "client": {"ipAddress": "198.51.100.70"}},
            "Sign-in without second factor", "medium", "", "kim@corp.example",
            {"email:kim@corp.example", "ip:198.51.100.70"},
        ),
        (  # a Windows event, which calls itself nothing
            {"EventID": 4720, "Channel": "Security", "Computer": "dc-1", "TargetUserName": "svc-new"},
            "An account was made: svc-new on dc-1", "medium", "dc-1", "svc-new", {"host:dc-1", "user:svc-new"},
        ),
    ],
)  # fmt: skip
def test_shapes_nobody_wrote_a_reader_for_come_out_well(
    body: Any, title: str, severity: str, host: str, user: str, indicators: set[str]
) -> None:
    alert = one(body)
    assert (alert.title, alert.severity, alert.host, alert.user) == (title, severity, host, user)
    assert found(alert) == indicators


def test_a_body_of_very_many_alerts_is_refused() -> None:
    for many in ([{"title": f"Alert {n}"} for n in range(501)], [wazuh()] * 501, alertmanager(*[disk()] * 501)):
        with pytest.raises(Invalid, match="500"):
            read(many)


def test_a_list_and_a_wrapped_list_hold_many_alerts() -> None:
    several = [{"title": "One", "severity": "high"}, {"title": "Two", "severity": "low"}]
    for body in (several, {"findings": several}, {"region": "eu-1", "Records": several}, {"hits": {"hits": several}}):
        assert [(a.title, a.severity) for a in read(body)] == [("One", "high"), ("Two", "low")]


def test_what_surrounds_alerts_fills_what_they_leave_open() -> None:
    alerts = read({"host": "web-3", "severity": "high", "alerts": [{"title": "A"}, {"title": "B", "host": "web-4"}]})
    assert [(a.title, a.host, a.severity) for a in alerts] == [("A", "web-3", "high"), ("B", "web-4", "high")]


def test_an_alert_with_a_list_of_its_evidence_is_one_alert() -> None:
    alert = one(
        {"title": "Port scan", "severity": "low", "events": [{"src_ip": "203.0.113.1"}, {"src_ip": "203.0.113.2"}]}
    )
    assert found(alert) == {"ip:203.0.113.1", "ip:203.0.113.2"}


def test_json_lines_of_bare_log_records_are_one_alert() -> None:
    lines = [
        {"EventID": 4625, "Channel": "Security", "Computer": "dc-1", "IpAddress": f"203.0.113.{n}"} for n in (1, 2, 3)
    ]
    (alert,) = ingest.read("", ingest.parse("\n".join(map(json.dumps, lines)).encode()))
    assert alert.title == "A sign-in failed (3 Windows events on dc-1)"
    assert {"ip:203.0.113.1", "ip:203.0.113.3"} <= found(alert)


def test_a_repeat_differs_in_time_and_measure_only_and_its_end_in_state() -> None:
    def cpu(**changes: Any) -> str:
        return one({"title": "CPU of web-1 at 93%", "host": "web-1", "time": 1795222800, **changes}).fingerprint

    assert cpu() == cpu(title="CPU of web-1 at 97%", time=1795222999)
    assert cpu() == cpu(title="[RESOLVED] CPU of web-1 at 12%", status="resolved")
    assert cpu() != cpu(title="CPU of web-2 at 93%", host="web-2")
    assert cpu() != cpu(title="Memory of web-1 at 93%")
    assert cpu() != cpu(src_ip="203.0.113.1")


def test_a_key_the_source_gives_to_repeats_decides() -> None:
    first = one({"title": "Queue is long", "dedup_key": "queue-7"})
    assert one({"title": "Queue is very long", "dedup_key": "queue-7"}).fingerprint == first.fingerprint
    assert one({"title": "Queue is long", "dedup_key": "queue-8"}).fingerprint != first.fingerprint


@pytest.mark.parametrize(
    ("body", "source"),
    [
        (wazuh(), "wazuh"),
        ([wazuh(), wazuh(data={"srcip": "203.0.113.9"})], "wazuh"),
        (alertmanager(disk()), "alertmanager"),
        (alertmanager(disk(), orgId=1), "grafana"),
        ({"rule": "Shell in pod", "priority": "Warning", "output": "sh", "output_fields": {}}, "falco"),
        ({"event_type": "alert", "flow_id": 9, "src_ip": "203.0.113.2", "alert": {"signature": "ET x"}}, "suricata"),
        ({"accountId": "1", "type": "Recon:x", "service": {}, "severity": 8, "title": "T"}, "guardduty"),
        ({"Event": {"System": {"EventID": 1, "Channel": "Sysmon"}}}, "windows"),
        ({"specversion": "1.0", "type": "t", "source": "/s", "data": {"title": "x"}}, "cloudevents"),
        ({"action": "created", "data": {"issue": {"title": "x"}}}, "sentry"),
        ({"event": {"event_type": "incident.triggered", "data": {"title": "x"}}}, "pagerduty"),
        ({"@timestamp": "2026-11-20T00:00:00Z", "message": "x"}, "elastic"),
        ({"title": "x"}, "generic"),
    ],
)  # fmt: skip
def test_a_guessed_source_and_a_named_one_give_the_same_alert(body: Any, source: str) -> None:
    assert read(body) == read(body, source)
    assert {alert.source for alert in read(body)} == {source}


def test_every_named_source_reads_any_body_and_another_name_is_unknown() -> None:
    for source in ingest.SOURCES:
        assert one({"title": "Odd", "severity": "high"}, source).title == "Odd"
    with pytest.raises(NotFound):
        read({"title": "x"}, "nagios")


@pytest.mark.parametrize("body", [{}, [], [{}], None, 7, True, [1], [[]], "", " ", [None]])
def test_a_body_without_an_alert_is_refused(body: Any) -> None:
    with pytest.raises(Invalid):
        read(body)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{'a': 1}", b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": 1e999}', b"\xff\xfe", b'{"a": 1}\n{"b"',
     b"{} {}", b'{"a": ' + b"9" * 5000 + b"}", b"[" * 100_000, b'{"a":' * 60 + b"1" + b"}" * 60],
)  # fmt: skip
def test_what_is_not_strict_json_or_too_deep_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        ingest.parse(body)


@given(st.integers(min_value=1, max_value=120), st.booleans())
def test_fifty_levels_are_read_and_one_more_is_not(depth: int, lists: bool) -> None:
    opening, closing = ("[", "]") if lists else ('{"a":', "}")
    body = (opening * depth + "1" + closing * depth).encode()
    if depth <= 50:
        assert ingest.parse(body) is not None
    else:
        with pytest.raises(Invalid, match="deeper than 50"):
            ingest.parse(body)


def test_what_no_database_stores_is_replaced() -> None:
    value = ingest.parse(rb'{"a\u0000b": "x\u0000y \ud800 \udc00\ud83d", "ok": "\ud83d\ude00"}')
    assert value == {"a\ufffdb": "x\ufffdy \ufffd \ufffd\ufffd", "ok": "\N{GRINNING FACE}"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=25,
)


@given(
    st.dictionaries(st.text(max_size=12), json_values, min_size=1, max_size=6), st.sampled_from(["", *ingest.SOURCES])
)
def test_any_object_becomes_sane_alerts_or_is_refused(body: dict[str, Any], source: str) -> None:
    try:
        alerts = read(body, source)
    except Invalid:
        return
    for alert in alerts:
        assert 0 < len(alert.title) <= 200
        assert alert.title.isprintable()
        assert alert.severity in ("critical", "high", "medium", "low", "info")
        assert len(alert.fingerprint) == 64


@pytest.mark.parametrize(
    ("key", "value", "severity"),
    [
        ("severity", "Critical", "critical"), ("severity", "ERROR", "high"), ("severity", "Sev-2", "high"),
        ("severity", "moderate", "medium"), ("severity", "Notice", "low"), ("severity", "Informational", "info"),
        ("priority", "P1", "critical"), ("priority", 3, "medium"), ("priority", "5", "info"),
        ("urgency", "high", "high"),
        ("sev", 1, "critical"), ("sev", "2", "high"), ("alert_sev", 4, "low"), ("sev", 7.5, "high"),
        ("severity", 8, "high"), ("severity", 9.5, "critical"), ("severity", 5, "medium"), ("severity", 2, "low"),
        ("risk_score", 73, "high"), ("risk_score", 0.95, "critical"), ("score", "40/100", "medium"),
        ("severity", "3/5", "medium"),
        ("rule_level", 15, "critical"), ("rule_level", 10, "medium"), ("level", 13, "high"), ("level", 2, "critical"),
        ("syslog_severity", 3, "high"), ("log_syslog_severity_code", 6, "info"), ("level", 50, "high"),
        ("level", 30, "info"),
        ("event_system_level", 2, "high"), ("event_system_level", 4, None), ("alert_severity", 1, "high"),
        ("severity", "purple", None),
        ("severity", True, None),
        ("severity", None, None), ("severity", -3, None), ("severity", 10**30, None),
    ],
)  # fmt: skip
def test_words_and_scales_become_one_severity(key: str, value: Any, severity: str | None) -> None:
    assert severity_of(key, value) == severity


@pytest.mark.parametrize(("value", "severity"), [("P1", "critical"), ("SEV-2", "high"), ("sev 3", "medium")])
def test_a_word_that_can_only_be_a_severity_is_one_under_any_name(value: str, severity: str) -> None:
    assert one({"title": "Queue is long", "how_bad": value, "host": "web-1"}).severity == severity
    assert one({"title": "Queue is long", "how_bad": value, "severity": "info"}).severity == "info"


@pytest.mark.parametrize("value", ["p1", "P12", "SP1", "P1 of the plan"])
def test_what_may_be_anything_is_no_severity(value: str) -> None:
    assert one({"title": "Queue is long", "partition": value}).severity == "medium"


def test_no_name_that_somebody_chose_makes_an_alert_quieter() -> None:
    assert one({"title": "Sign-in failed", "user": "P5"}).severity == "medium"


def test_ibms_log_format_counts_its_short_severity_upwards() -> None:
    assert one({"message": "LEEF:1.0|V|P|1|7|src=203.0.113.9\tsev=2\tusrName=joe"}).severity == "low"


@pytest.mark.parametrize("key", ["box", "vm"])
def test_machines_under_a_short_name_are_two_alerts(key: str) -> None:
    seen = [{"title": "Known malware ran", "sha256": "9f" * 32, key: name} for name in ("pc-1", "pc-2")]
    first, second = read(seen)
    assert (first.host, second.host) == ("pc-1", "pc-2")
    assert first.fingerprint != second.fingerprint


@pytest.mark.parametrize(
    "value",
    ["2026-11-20T08:00:00Z", "2026-11-20 09:00:00+01:00", "2026-11-20T03:00:00.000-0500", 1795161600, 1795161600000,
     "1795161600", 1795161600 * 10**9, "Fri, 20 Nov 2026 08:00:00 GMT", "20/Nov/2026:08:00:00 +0000",
     "2026/11/20 08:00:00"],
)  # fmt: skip
def test_times_are_read_however_they_are_written(value: Any) -> None:
    assert moment(value) == datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", ["", "soon", 0, 17, True, None, "0001-01-01T00:00:00Z", "2026-13-45T99:00:00Z", [], 1e400]
)
def test_what_is_no_time_is_none(value: Any) -> None:
    assert moment(value) is None


def test_a_syslog_time_takes_the_year_that_was() -> None:
    assert in_line("Dec 31 23:59:58 a b: c", datetime(2026, 1, 1, 0, 5, tzinfo=UTC)) == datetime(
        2025, 12, 31, 23, 59, 58, tzinfo=UTC
    )
    assert in_line("Feb 29 00:00:00 a b: c", datetime(2026, 3, 1, tzinfo=UTC)) == datetime(2024, 2, 29, tzinfo=UTC)
