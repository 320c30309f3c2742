"""Suricata's EVE records: alerts of its rules, and what it noted of connections."""

from __future__ import annotations

from typing import Any

from sessions_app.ingest.alert import DESCRIPTION_LENGTH, ParsedAlert, Severity, fingerprint_of, title_of
from sessions_app.ingest.reading import Reading

# It counts down: 1 is the gravest of its rules.
SEVERITIES: dict[int, Severity] = {1: "high", 2: "medium", 3: "low"}


def recognises(document: dict[str, Any]) -> bool:
    return isinstance(document.get("event_type"), str) and ("flow_id" in document or is_alert(document))


def is_alert(document: dict[str, Any]) -> bool:
    rule = document.get("alert")
    return document["event_type"] == "alert" and isinstance(rule, dict) and "signature" in rule


def one(source: str, document: dict[str, Any]) -> ParsedAlert:
    reading, alerted = Reading(document), is_alert(document)
    rule = document["alert"] if alerted else {}
    there = f"{document.get('src_ip', 'somebody')} to {document.get('dest_ip', 'somebody')}"
    named = str(rule.get("signature", "")) or f"Suricata noted {document['event_type']} from {there}"
    category = rule.get("category") or document["event_type"]
    return ParsedAlert(
        source=source,
        title=title_of(named) or "Suricata alert",
        description=f"{category}: {document.get('proto', '')} from {there}".strip()[:DESCRIPTION_LENGTH],
        severity=SEVERITIES.get(rule.get("severity", 0), "medium") if alerted else "info",
        occurred_at=reading.time(),
        fingerprint=fingerprint_of(
            "suricata", rule.get("signature_id") or named, document.get("src_ip"), document.get("dest_ip")
        ),
        status="firing",
        # The sensor is no party to it, and who is attacked has only an address here.
        host="",
        user="",
        indicators=reading.indicators,
        raw=document,
        techniques=reading.techniques,
    )
