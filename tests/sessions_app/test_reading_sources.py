"""Sources with a reader of their own: what a responder needs of each, and what closes what it opened."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sessions_app import ingest
from sessions_app.ingest import ParsedAlert


def one(body: Any, source: str = "") -> ParsedAlert:
    (alert,) = ingest.read(source, ingest.parse(json.dumps(body).encode()))
    return alert


def found(alert: ParsedAlert) -> set[str]:
    return {f"{each.kind}:{each.value}" for each in alert.indicators}


def falco(**changes: Any) -> dict[str, Any]:
    return {
        "hostname": "node-3",
        "rule": "Write below etc",
        "priority": "Error",
        "output": "11:02:33.123456789: Error File below /etc opened for writing (user=www-data file=/etc/cron.d/x)",
        "time": "2026-03-04T11:02:33.123456789Z",
        "tags": ["filesystem", "mitre_persistence", "T1053.003"],
        "output_fields": {
            "k8s.pod.name": "shop-7f", "user.name": "www-data", "proc.name": "sh", "fd.name": "/etc/cron.d/x",
        },
        **changes,
    }  # fmt: skip


def suricata(**changes: Any) -> dict[str, Any]:
    return {
        "timestamp": "2026-03-04T11:02:33.120394+0100",
        "flow_id": 1827364,
        "event_type": "alert",
        "src_ip": "203.0.113.14",
        "src_port": 51515,
        "dest_ip": "10.7.0.9",
        "dest_port": 443,
        "proto": "TCP",
        "alert": {
            "signature_id": 2099001,
            "signature": "Beacon to a known controller",
            "category": "A Network Trojan was detected",
            "severity": 1,
            "metadata": {"mitre_technique_id": ["T1071"], "mitre_tactic_name": ["Command And Control"]},
        },
        **changes,
    }


def guardduty(**changes: Any) -> dict[str, Any]:
    return {
        "schemaVersion": "2.0",
        "accountId": "210987654321",
        "region": "eu-central-1",
        "id": "5ac0ffee5ac0ffee5ac0ffee5ac0ffee",
        "type": "UnauthorizedAccess:EC2/SSHBruteForce",
        "title": "203.0.113.15 is guessing passwords of i-0aa11bb22.",
        "description": "i-0aa11bb22 is the target of a password guesser.",
        "severity": 7.5,
        "service": {
            "archived": False,
            "eventLastSeen": "2026-03-04T11:02:33Z",
            "action": {
                "networkConnectionAction": {
                    "remoteIpDetails": {"ipAddressV4": "203.0.113.15"},
                    "domainDetails": {"domain": "ec2.amazonaws.com"},
                }
            },
        },
        "resource": {
            "accessKeyDetails": {"userName": "deployer"},
            "instanceDetails": {"instanceId": "i-0aa11bb22"},
        },
        **changes,
    }


def sentry(action: str = "created", **changes: Any) -> dict[str, Any]:
    issue = {
        "id": "4711",
        "title": "TimeoutError: payment took too long",
        "culprit": "shop.pay in charge",
        "level": "error",
        "status": "unresolved",
        "firstSeen": "2026-03-04T11:02:33Z",
        **changes,
    }
    return {"action": action, "data": {"issue": issue}, "actor": {"type": "application", "name": "Sentry"}}


def pagerduty(what: str = "incident.triggered", **changes: Any) -> dict[str, Any]:
    incident = {
        "id": "Q1ABCD",
        "type": "incident",
        "title": "Checkout answers with 500",
        "urgency": "high",
        "created_at": "2026-03-04T11:02:33Z",
        "service": {"summary": "Checkout"},
        "assignees": [{"summary": "Kim Duty"}],
        **changes,
    }
    return {"event": {"id": "01X", "event_type": what, "occurred_at": "2026-03-04T11:05:00Z", "data": incident}}


def pagerduty_event(action: str = "trigger", **changes: Any) -> dict[str, Any]:
    return {
        "routing_key": "r0ut1ngk3y",
        "event_action": action,
        "dedup_key": "disk-db-9",
        "payload": {
            "summary": "Disk of db-9 is full",
            "severity": "error",
            "source": "db-9",
            "custom_details": {"client": "203.0.113.16"},
        },
        **changes,
    }


def cloudevent(**changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "9-8-7",
        "type": "com.shop.payment.refused",
        "source": "/shop/payments",
        "subject": "order 17",
        "time": "2026-03-04T11:02:33Z",
        "data": {"client_ip": "203.0.113.17", "user": "kim"},
        **changes,
    }


AT = datetime(2026, 3, 4, 11, 2, 33, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "source", "title", "severity", "host", "user", "indicators", "techniques"),
    [
        (
            falco(), "falco", "Write below etc (shop-7f)", "high", "shop-7f", "www-data",
            {"user:www-data", "host:shop-7f", "file:/etc/cron.d/x"}, ("T1053.003",),
        ),
        (
            suricata(timestamp="2026-03-04T12:02:33+0100"), "suricata", "Beacon to a known controller", "high", "", "",
            {"ip:203.0.113.14", "ip:10.7.0.9"}, ("T1071",),
        ),
        (
            guardduty(), "guardduty", "203.0.113.15 is guessing passwords of i-0aa11bb22.", "high", "i-0aa11bb22",
            "deployer", {"ip:203.0.113.15", "user:deployer"}, (),
        ),
        (sentry(), "sentry", "TimeoutError: payment took too long", "high", "", "", set(), ()),
        (pagerduty(), "pagerduty", "Checkout answers with 500", "high", "", "", set(), ()),
        (
            cloudevent(), "cloudevents", "com.shop.payment.refused: order 17", "medium", "", "kim",
            {"ip:203.0.113.17", "user:kim"}, (),
        ),
    ],
    ids=["falco", "suricata", "guardduty", "sentry", "pagerduty", "cloudevents"],
)  # fmt: skip
def test_what_a_source_says(
    body: dict[str, Any], source: str, title: str, severity: str, host: str, user: str, indicators: set[str],
    techniques: tuple[str, ...],
) -> None:  # fmt: skip
    alert = one(body)
    assert (alert.source, alert.title, alert.severity) == (source, title, severity)
    assert (alert.host, alert.user, alert.techniques) == (host, user, techniques)
    assert indicators <= found(alert)
    assert alert.occurred_at is not None
    assert alert.occurred_at.replace(microsecond=0) == AT
    named = one(body, source)
    assert (named.fingerprint, named.title) == (alert.fingerprint, alert.title)
    assert not any("amazonaws" in each for each in found(alert))


@pytest.mark.parametrize(
    ("opens", "settles"),
    [
        (guardduty(), guardduty(service={"archived": True})),
        (sentry(), sentry("resolved")),
        (
            {"action": "triggered", "data": {"event": {"issue_id": "4711", "title": "TimeoutError", "level": "fatal"}}},
            sentry("resolved"),
        ),
        (pagerduty(), pagerduty("incident.resolved")),
        (pagerduty_event(), pagerduty_event("resolve", payload={})),
    ],
    ids=["guardduty", "sentry", "sentry event", "pagerduty", "pagerduty event"],
)
def test_what_a_source_settles_is_what_it_opened(opens: dict[str, Any], settles: dict[str, Any]) -> None:
    first, last = one(opens), one(settles)
    assert (first.status, last.status) == ("firing", "resolved")
    assert first.fingerprint == last.fingerprint


@pytest.mark.parametrize(
    ("one_of_them", "another"),
    [
        (falco(), falco(output_fields={"k8s.pod.name": "shop-8a", "user.name": "www-data"})),
        (suricata(), suricata(src_ip="203.0.113.99")),
        (guardduty(), guardduty(id="0ther")),
        (sentry(), sentry(id="4712")),
        (pagerduty(), pagerduty(id="Q2")),
        (cloudevent(), cloudevent(subject="order 18")),
    ],
)
def test_two_of_a_source_are_two(one_of_them: dict[str, Any], another: dict[str, Any]) -> None:
    assert one(one_of_them).fingerprint != one(another).fingerprint


def test_a_repeat_is_the_same_whenever_it_comes() -> None:
    assert one(falco()).fingerprint == one(falco(time="2026-03-05T00:00:00Z")).fingerprint
    assert one(suricata()).fingerprint == one(suricata(flow_id=1, src_port=4)).fingerprint
    assert one(cloudevent()).fingerprint == one(cloudevent(id="other", time="2026-03-05T00:00:00Z")).fingerprint


def test_an_audit_of_kubernetes_is_about_the_pod_that_was_entered() -> None:
    fields = {"ka.user.name": "kim", "ka.target.name": "shop-7f", "ka.target.resource": "pods"}
    alert = one(falco(rule="Exec into a pod", priority="Notice", output_fields=fields))
    assert (alert.title, alert.severity, alert.host) == ("Exec into a pod: kim pods/shop-7f", "low", "shop-7f")
    assert alert.user == "kim"
    assert {"host:shop-7f", "user:kim"} <= found(alert)
    assert "host:node-3" not in found(alert)


def test_an_audit_of_kubernetes_says_who_asked_what_of_which_object() -> None:
    fields = {
        "ka.user.name": "ci", "ka.verb": "patch", "ka.target.resource": "nodepools", "ka.target.name": "pool-1",
        "ka.uri.param[command]": "sh",
    }  # fmt: skip
    alert = one(falco(rule="Disallowed user", output_fields=fields))
    assert (alert.title, alert.host, alert.user) == ("Disallowed user: ci patch nodepools/pool-1", "", "ci")
    assert "process:sh" in found(alert)


def test_who_acts_is_read_from_the_words_of_a_finding_that_names_nobody_elsewhere() -> None:
    alert = one(guardduty(title="Principal AssumedRole:Backup changed a policy.", resource={}))
    assert alert.user == "Backup"
    assert "user:Backup" in found(alert)


def test_what_suricata_notes_of_a_connection_belongs_to_its_alert() -> None:
    web = {"event_type": "http", "flow_id": 1827364, "http": {"hostname": "c2.bad.example", "url": "/gate"}}
    dns = [{"event_type": "dns", "flow_id": n, "src_ip": "10.7.0.9", "dns": {"rrname": "a.example"}} for n in (5, 6)]
    alert, rest = ingest.read("", ingest.parse(json.dumps([web, suricata(), *dns]).encode()))
    assert "domain:c2.bad.example" in found(alert)
    assert (rest.title, rest.severity) == ("2 Suricata records of 10.7.0.9: dns", "info")


def test_a_sensor_is_no_party_to_what_it_sees_and_a_connection_is_no_file() -> None:
    alert = one(suricata(host="sensor-1", tls={"sni": "c2.bad.example", "ja3": {"hash": "c0" * 16}}))
    assert found(alert) == {"ip:203.0.113.14", "ip:10.7.0.9", "domain:c2.bad.example"}
    miner = one(falco(output_fields={"fd.name": "10.1.1.1:4000->203.0.113.9:3333", "user.name": "root"}))
    assert {"ip:10.1.1.1", "ip:203.0.113.9"} <= found(miner)
    assert not any("->" in each for each in found(miner))


def test_a_cloud_event_that_carries_a_known_alert_is_that_alert() -> None:
    carried = one(cloudevent(data=guardduty()))
    assert (carried.source, carried.fingerprint) == ("guardduty", one(guardduty()).fingerprint)
    in_base64 = base64.b64encode(json.dumps({"title": "Card numbers were tried", "severity": "high"}).encode())
    alert = one(cloudevent(data=None, data_base64=in_base64.decode()))
    assert (alert.source, alert.title, alert.severity) == ("cloudevents", "Card numbers were tried", "high")


@pytest.mark.parametrize(("severity", "step"), [(1, "high"), (2, "medium"), (3, "low"), (9, "medium")])
def test_suricata_counts_down(severity: int, step: str) -> None:
    assert one(suricata(alert={"signature": "x", "severity": severity})).severity == step


def test_what_suricata_only_notes_is_information() -> None:
    noted = one({"event_type": "dns", "flow_id": 3, "src_ip": "10.7.0.9", "dest_ip": "203.0.113.53", "proto": "UDP"})
    assert (noted.title, noted.severity) == ("Suricata noted dns from 10.7.0.9 to 203.0.113.53", "info")


def test_eventbridge_wraps_a_finding() -> None:
    wrapped = {"version": "0", "source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": guardduty()}
    assert one(wrapped).fingerprint == one(guardduty()).fingerprint
    assert one(wrapped).source == "guardduty"


def test_an_event_for_pagerduty_keeps_no_routing_key() -> None:
    alert = one(pagerduty_event())
    assert (alert.title, alert.severity, alert.host) == ("Disk of db-9 is full", "high", "db-9")
    assert "ip:203.0.113.16" in found(alert)
    assert "r0ut1ngk3y" not in json.dumps(alert.raw)


def test_what_a_cloud_event_carries_is_read_as_what_it_is() -> None:
    alert = one(cloudevent(data={"title": "Card numbers were tried", "severity": "critical", "src_ip": "203.0.113.18"}))
    assert (alert.title, alert.severity) == ("Card numbers were tried", "critical")
    packed = one(cloudevent(data={"message": "CEF:0|V|P|1|7|Port scan|9|src=203.0.113.19"}))
    assert (packed.title, packed.severity) == ("Port scan", "critical")


def windows(number: int, channel: str = "Security", **data: Any) -> dict[str, Any]:
    system = {"EventID": number, "Channel": channel, "Computer": "ws-12", "Level": 4}
    return {"Event": {"System": {**system, "TimeCreated": "2026-03-04T11:02:33Z"}, "EventData": data}}


SYSMON = "Microsoft-Windows-Sysmon/Operational"


@pytest.mark.parametrize(
    ("event", "title", "severity"),
    [
        (windows(1102, SubjectUserName="kim"), "The audit log was cleared by kim on ws-12", "high"),
        (windows(1, SYSMON, Image="C:\\Temp\\odd.exe"), "Process odd.exe started on ws-12", "medium"),
        (windows(4624, TargetUserName="kim"), "A sign-in worked for kim on ws-12", "info"),
        (windows(7045, "System", ServiceName="odd"), "A service was installed: odd on ws-12", "medium"),
        (windows(9999), "Windows event 9999 (Security) on ws-12", "medium"),
    ],
)
def test_a_windows_event_says_what_happened(event: dict[str, Any], title: str, severity: str) -> None:
    alert = one(event)
    assert (alert.source, alert.title, alert.severity, alert.host) == ("windows", title, severity, "ws-12")


def test_many_windows_events_are_one_story_and_its_gravest_parts_name_it() -> None:
    noise = [windows(7, SYSMON, Image="C:\\a.exe") for _ in range(20)]
    alert = one([*noise, windows(4697), *noise, windows(1102)])
    assert alert.title == "The audit log was cleared; a service was installed (42 Windows events on ws-12)"
    assert alert.severity == "high"


def test_a_detection_that_carries_a_windows_event_keeps_its_name_severity_and_techniques() -> None:
    detection = {
        "@timestamp": "2026-03-04T11:02:33Z",
        "event": {"code": "4688"},
        "winlog": {"channel": "Security"},
        "kibana.alert.rule.name": "Office starts a shell",
        "kibana.alert.severity": "high",
        "threat": {"technique": {"id": ["T1059.001"]}},
        "host": {"name": "ws-12"},
    }
    alert = one(detection)
    assert (alert.source, alert.title, alert.severity) == ("elastic", "Office starts a shell", "high")
    assert alert.techniques == ("T1059.001",)


def test_lists_and_lines_of_a_source_are_read_one_by_one() -> None:
    lines = "\n".join(json.dumps(falco(output_fields={"k8s.pod.name": name})) for name in ("a-1", "a-2"))
    alerts = ingest.read("", ingest.parse(lines.encode()))
    assert [(each.source, each.host) for each in alerts] == [("falco", "a-1"), ("falco", "a-2")]


def grafana(status: str = "firing", **changes: Any) -> dict[str, Any]:
    alert = {
        "status": status,
        "labels": {
            "alertname": "Queue is long",
            "grafana_folder": "Shop",
            "instance": "queue-3:9187",
            "severity": "high",
        },
        "annotations": {},
        "startsAt": "2026-03-04T11:02:33Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "valueString": "[ var='B' labels={instance=queue-3} value=911 ]",
        "panelURL": "https://grafana.corp.example/d/1?viewPanel=2",
        "fingerprint": "57c6d9296de2ad39",
        **changes,
    }
    return {"receiver": "room", "status": status, "alerts": [alert], "orgId": 1, "title": "[FIRING:1] Queue is long"}


def test_grafana_tells_what_was_measured_and_where() -> None:
    alert = one(grafana())
    assert (alert.source, alert.title, alert.severity) == ("grafana", "Queue is long on queue-3:9187", "high")
    assert "value=911" in alert.description
    assert found(alert) == {"host:queue-3"}
    assert alert.occurred_at == AT
    assert alert.raw["annotations"] == {}
    assert one(grafana(), "alertmanager").fingerprint == alert.fingerprint


def test_a_rule_of_grafana_without_data_is_called_by_its_own_name() -> None:
    labels = {"alertname": "DatasourceNoData", "rulename": "Orders a minute"}
    assert one(grafana(labels=labels)).title == "No data: Orders a minute"


def test_what_grafana_settles_is_what_it_opened_in_both_of_its_shapes() -> None:
    def old(state: str) -> dict[str, Any]:
        return {
            "ruleId": 7, "ruleName": "Memory of cache-2", "state": state, "title": f"[{state}] Memory of cache-2",
            "evalMatches": [{"value": 99, "metric": "used", "tags": {"host": "cache-2"}}], "message": "too full",
        }  # fmt: skip

    for opens, settles in ((grafana(), grafana("resolved")), (old("alerting"), old("ok"))):
        first, last = one(opens), one(settles)
        assert (first.source, first.status, last.status) == ("grafana", "firing", "resolved")
        assert first.fingerprint == last.fingerprint
    alert = one(old("alerting"))
    assert (alert.title, alert.severity, alert.host) == ("Memory of cache-2", "high", "cache-2")


def detection(**changes: Any) -> dict[str, Any]:
    return {
        "@timestamp": "2026-03-04T11:02:33Z",
        "kibana.alert.rule.name": "Credentials read from memory",
        "kibana.alert.rule.uuid": "0b1c",
        "kibana.alert.severity": "critical",
        "kibana.alert.risk_score": 99,
        "kibana.alert.reason": "process event by omar on lap-8 created a critical alert",
        "kibana.alert.status": "active",
        "kibana.alert.rule.threat": [
            {"technique": [{"id": "T1003", "subtechnique": [{"id": "T1003.001"}]}], "tactic": {"id": "TA0006"}}
        ],
        "host": {"name": "lap-8", "ip": ["10.4.4.8"]},
        "user": {"name": "omar"},
        "process": {"name": "odd.exe", "executable": "C:\\Temp\\odd.exe", "hash": {"sha256": "7e" * 32}},
        "agent": {"version": "8.11.4.1"},
        **changes,
    }


def test_a_detection_of_elastic_tells_rule_machine_person_and_techniques() -> None:
    alert = one(detection())
    assert (alert.source, alert.title, alert.severity) == ("elastic", "Credentials read from memory", "critical")
    assert (alert.host, alert.user, alert.techniques) == ("lap-8", "omar", ("T1003", "T1003.001"))
    assert {"hash:" + "7e" * 32, "host:lap-8", "user:omar", "ip:10.4.4.8"} <= found(alert)
    assert not any("8.11" in each for each in found(alert))
    assert one({"hits": {"hits": [{"_id": "1", "_source": detection()}]}}).fingerprint == alert.fingerprint


def test_a_detection_is_the_same_while_rule_machine_and_person_are_and_ends_when_it_recovers() -> None:
    first = one(detection())
    again = one(detection(**{"@timestamp": "2026-03-05T00:00:00Z", "process": {"name": "other.exe"}}))
    assert first.fingerprint == again.fingerprint != one(detection(host={"name": "lap-9"})).fingerprint
    over = one(detection(**{"kibana.alert.status": "recovered"}))
    assert (over.status, over.fingerprint) == ("resolved", first.fingerprint)


def test_an_event_of_winlogbeat_is_a_windows_event() -> None:
    event = {
        "@timestamp": "2026-03-04T11:02:33Z",
        "winlog": {
            "channel": "Security",
            "event_id": 4625,
            "event_data": {"TargetUserName": "kim", "IpAddress": "203.0.113.44", "WorkstationName": "-"},
        },
        "host": {"name": "ws-12"},
    }
    alert = one(event)
    assert (alert.source, alert.severity) == ("windows", "low")
    assert alert.title == "A sign-in failed for kim from 203.0.113.44 on ws-12"
    assert found(alert) == {"user:kim", "ip:203.0.113.44", "host:ws-12"}
    assert one(event, "elastic").fingerprint == one(event, "windows").fingerprint == alert.fingerprint


@pytest.mark.parametrize(
    ("data", "title", "severity"),
    [
        (
            {"Image": "C:\\Windows\\System32\\cmd.exe", "ParentImage": "C:\\inetpub\\w3wp.exe"},
            "cmd.exe was started by the server w3wp.exe on ws-12", "high",
        ),
        (
            {"Image": "C:\\Windows\\System32\\vssadmin.exe", "CommandLine": "vssadmin.exe delete shadows /all /quiet"},
            "Backups and shadow copies were deleted (vssadmin.exe) on ws-12", "critical",
        ),
        (
            {"Image": "C:\\W\\powershell.exe", "CommandLine": "powershell.exe -nop -enc " + "QUJD" * 20},
            "PowerShell ran hidden commands (powershell.exe) on ws-12", "high",
        ),
        (
            {"Image": "C:\\W\\rundll32.exe", "CommandLine": "rundll32 comsvcs.dll, MiniDump 640 C:\\o.dmp full"},
            "The memory of LSASS was dumped (rundll32.exe) on ws-12", "critical",
        ),
        ({"Image": "C:\\W\\notepad.exe", "ParentImage": "C:\\W\\explorer.exe", "CommandLine": "notepad save reg.txt"},
         "Process notepad.exe started by explorer.exe on ws-12", "medium"),
    ],
)  # fmt: skip
def test_a_command_that_attackers_are_known_by_is_called_what_it_is(
    data: dict[str, Any], title: str, severity: str
) -> None:
    alert = one(windows(1, SYSMON, **data))
    assert (alert.title, alert.severity) == (title, severity)


def test_a_story_keeps_the_indicators_of_what_matters() -> None:
    noise = [
        windows(7, SYSMON, Image="C:\\W\\svchost.exe", ImageLoaded=f"C:\\W\\lib{n}.dll", Hashes=f"MD5={n:032x}a")
        for n in range(30)
    ]
    grave = windows(
        1, SYSMON, Image="C:\\Users\\kim\\odd.exe", User="NT AUTHORITY\\SYSTEM", OriginalFileName="Odd.Exe",
        FileVersion="10.0.1.2", CommandLine="odd.exe sekurlsa::logonpasswords", Hashes="SHA256=" + "5F" * 32,
    )  # fmt: skip
    alert = one([*noise, grave, windows(4624, TargetUserName="WS-12$", IpAddress="::1")])
    assert found(alert) == {"process:C:\\Users\\kim\\odd.exe", "hash:" + "5f" * 32, "host:ws-12"}
    assert alert.severity == "critical"


def test_who_sent_a_log_to_wazuh_by_syslog_is_the_machine_and_not_the_manager() -> None:
    relayed = {
        "rule": {"id": "5710", "level": 5, "description": "sshd: unknown user"},
        "agent": {"id": "000", "name": "siem-1"},
        "predecoder": {"hostname": "edge-5"},
        "data": {"srcip": "203.0.113.45", "srcuser": "guest9"},
    }
    alert = one(relayed)
    assert (alert.host, alert.user) == ("edge-5", "guest9")
    assert found(alert) == {"host:edge-5", "ip:203.0.113.45", "user:guest9"}
