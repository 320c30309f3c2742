"""PagerDuty: its webhooks about incidents, and the events that others send to it."""

from __future__ import annotations

from typing import Any

from sessions_app.indicators import extract
from sessions_app.ingest.alert import DESCRIPTION_LENGTH, ParsedAlert, Severity, fingerprint_of, title_of
from sessions_app.ingest.generic import HOSTS, USERS
from sessions_app.ingest.reading import Reading

# An incident has an urgency; its priority, where an account has them, says more.
URGENCIES: dict[str, Severity] = {"high": "high", "low": "low"}


def recognises(document: dict[str, Any]) -> bool:
    event = document.get("event")
    return (isinstance(event, dict) and "event_type" in event) or document.keys() >= {"routing_key", "event_action"}


def one(source: str, document: dict[str, Any]) -> ParsedAlert:
    return event(source, document) if "event_action" in document else webhook(source, document)


def webhook(source: str, document: dict[str, Any]) -> ParsedAlert:
    """`incident.triggered`, `incident.resolved` and what lies between; an incident keeps its id."""
    told = document["event"]
    inner = told.get("data") if isinstance(told.get("data"), dict) else {}
    subject = inner["incident"] if isinstance(inner.get("incident"), dict) else inner
    reading = Reading(inner, Reading(told))
    priority = Reading({"priority": reading.word(("priority_summary", "priority_name"))}).severity()
    title = title_of(reading.text(("=title", "=incident_title", "=summary", "=incident_summary", "=message")))
    description = reading.text(("description", "body_details", "service_summary"))[:DESCRIPTION_LENGTH]
    return ParsedAlert(
        source=source,
        title=title or "PagerDuty incident",
        description=description,
        severity=priority or URGENCIES.get(str(inner.get("urgency")), "medium"),
        occurred_at=reading.time(),
        fingerprint=fingerprint_of("pagerduty", subject.get("incident_key") or subject.get("id") or told.get("id")),
        status="resolved" if str(told["event_type"]) == "incident.resolved" else "firing",
        host=reading.word(HOSTS),
        user="",  # whoever it is assigned to is no party to it
        indicators=tuple(extract(f"{title}\n{description}")),
        raw=document,
        techniques=reading.techniques,
    )


def event(source: str, document: dict[str, Any]) -> ParsedAlert:
    """The Events API, version 2: `trigger` and `resolve` under one key."""
    inner = document["payload"] if isinstance(document.get("payload"), dict) else {}
    reading = Reading(inner)
    title = title_of(reading.text(("=summary",))) or "PagerDuty event"
    host = reading.word(("=source", *HOSTS))
    return ParsedAlert(
        source=source,
        title=title,
        description=reading.text(("custom_details_description", "description", "message"))[:DESCRIPTION_LENGTH],
        severity=reading.severity() or "medium",
        occurred_at=reading.time(),
        fingerprint=fingerprint_of("pagerduty", document.get("dedup_key") or [title, host]),
        status="resolved" if document["event_action"] == "resolve" else "firing",
        host=host,
        user=reading.word(USERS),
        indicators=reading.indicators,
        raw=without_key(document),
        techniques=reading.techniques,
    )


def without_key(document: dict[str, Any]) -> dict[str, Any]:
    """The routing key lets anybody raise alarms: it is no part of what is kept."""
    return {**document, "routing_key": "(left out)"}
