"""What Elasticsearch holds: detections of Elastic's rules, alerts of Kibana, and events in its common schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sessions_app.ingest import generic
from sessions_app.ingest.alert import DESCRIPTION_LENGTH, ParsedAlert, bounded, fingerprint_of, title_of
from sessions_app.ingest.reading import Reading
from sessions_app.ingest.unwrapping import Item

RULE_NAMES = ("kibana_alert_rule_name", "signal_rule_name")
RULE_IDS = ("kibana_alert_rule_uuid", "signal_rule_id", "kibana_alert_rule_rule_id", "signal_rule_rule_id")
REASONS = ("kibana_alert_reason", "kibana_alert_rule_description", "signal_rule_description", "message")


def recognises(document: dict[str, Any]) -> bool:
    return "@timestamp" in document or any(key.startswith("kibana.alert") for key in document)


def read(source: str, found: Sequence[Item]) -> list[ParsedAlert]:
    detections = [item for item in found if is_detection(item.document)]
    events = [item for item in found if not is_detection(item.document)]
    bounded(detections)
    named = [detection(source, item.document) for item in detections]
    return [*named, *(generic.read(source, events) if events else [])]


def is_detection(document: dict[str, Any]) -> bool:
    return bool(Reading(document).text(RULE_NAMES))


def detection(source: str, document: dict[str, Any]) -> ParsedAlert:
    """A rule of Elastic's that found something; it is the same one while rule, machine and person are."""
    reading = Reading(document)
    alert, rule = generic.one(source, reading), reading.text(RULE_NAMES)
    place = reading.word(("kibana_alert_instance_id",)) or [alert.host, alert.user]
    over = reading.word(("kibana_alert_status",)) == "recovered" or reading.word(("workflow_status",)) == "closed"
    return replace(
        alert,
        title=title_of(rule),
        description=reading.text(REASONS)[:DESCRIPTION_LENGTH],
        fingerprint=fingerprint_of("elastic", reading.word(RULE_IDS) or rule, place),
        status="resolved" if over else "firing",
    )
