"""AWS GuardDuty findings, bare or as EventBridge wraps them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sessions_app.indicators import Found
from sessions_app.ingest.alert import DESCRIPTION_LENGTH, ParsedAlert, Severity, fingerprint_of, title_of
from sessions_app.ingest.reading import Reading

HOSTS = ("instance_details_instance_id", "kubernetes_workload_details_name", "eks_cluster_details_name")
USERS = ("access_key_details_user_name", "kubernetes_user_details_username", "rds_db_user_details_user")
PRINCIPAL = re.compile(r"\b(?:IAMUser|AssumedRole|FederatedUser|Role|Root)\s?:\s?([\w+=,.@-]{1,64})", re.ASCII)
# AWS's own services stand in many findings and are no party to what happened.
OF_AWS = re.compile(r"(?:^|\.)(?:amazonaws\.com|amazon\.com|aws\.internal)$")


def recognises(document: dict[str, Any]) -> bool:
    finding = document.get("detail", document)
    return isinstance(finding, dict) and finding.keys() >= {"service", "type", "severity"} and "accountId" in finding


def one(source: str, document: dict[str, Any]) -> ParsedAlert:
    finding: dict[str, Any] = document.get("detail", document)
    reading = Reading(finding)
    host, user = reading.word(HOSTS), reading.word(USERS) or principal(finding)
    service = finding["service"] if isinstance(finding["service"], dict) else {}
    about = f"{finding['type']} in account {finding['accountId']}, {finding.get('region', 'region unknown')}."
    return ParsedAlert(
        source=source,
        title=title_of(str(finding.get("title") or finding["type"])),
        description=f"{finding.get('description', '')}\n{about}".strip()[:DESCRIPTION_LENGTH],
        severity=severity(finding["severity"]),
        occurred_at=Reading(service).time() or reading.time(),
        fingerprint=fingerprint_of("guardduty", finding.get("id") or [finding["type"], host, user]),
        # Archived is what AWS calls a finding that somebody has settled.
        status="resolved" if service.get("archived") is True else "firing",
        host=host,
        user=user,
        indicators=tuple(dict.fromkeys(indicators(reading, user))),
        raw=document,
        techniques=reading.techniques,
    )


def principal(finding: dict[str, Any]) -> str:
    """Who acted, where only the words of a finding tell."""
    match = PRINCIPAL.search(f"{finding.get('title', '')} {finding.get('description', '')}"[:2000])
    return match[1].rstrip(".") if match else ""


def indicators(reading: Reading, user: str) -> Iterator[Found]:
    yield from (each for each in reading.indicators if not OF_AWS.search(each.value))
    if user:
        yield Found("user", user)


def severity(value: Any) -> Severity:
    """Its own steps: 9 critical, 7 high, 4 medium, 1 low."""
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 4.0
    return "critical" if number >= 9 else "high" if number >= 7 else "medium" if number >= 4 else "low"
