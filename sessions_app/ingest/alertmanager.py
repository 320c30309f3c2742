"""Prometheus Alertmanager's webhook, and Grafana's, which has the same shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sessions_app.indicators import from_json
from sessions_app.ingest import times
from sessions_app.ingest.alert import DESCRIPTION_LENGTH, ParsedAlert, Severity, bounded, fingerprint_of, title_of
from sessions_app.ingest.generic import HOSTS, USERS
from sessions_app.ingest.reading import Reading
from sessions_app.ingest.severities import severity_of
from sessions_app.ingest.unwrapping import Item

SHARED = ("commonLabels", "commonAnnotations")
# Characters of what is shared, times the alerts that share it.
MOST_SHARED = 1024 * 1024


def recognises(document: dict[str, Any]) -> bool:
    """Its webhook; or one alert of its interface, which has no wrapper."""
    alerts = alerts_of(document)
    return isinstance(alerts, list) and bool(alerts) and all(is_alert(each) for each in alerts)


def alerts_of(document: dict[str, Any]) -> Any:
    alone = isinstance(document.get("labels"), dict) and "alertname" in document["labels"]
    return [document] if alone and isinstance(document.get("annotations"), dict) else document.get("alerts")


def is_alert(alert: Any) -> bool:
    return (
        isinstance(alert, dict)
        and isinstance(alert.get("labels"), dict)
        and alert.get("status", "firing") in ("firing", "resolved")
    )


def read(source: str, found: Sequence[Item]) -> list[ParsedAlert]:
    bounded([alert for item in found for alert in alerts_of(item.document)])
    return [one(source, alert, body) for body in map(body_of, found) for alert in alerts_of(body)]


def body_of(item: Item) -> dict[str, Any]:
    """What its alerts share is told of each of them, unless that is a long text as often as there are alerts.

    It is not lost: Alertmanager repeats it in each.
    """
    body, many = item.document, len(alerts_of(item.document))
    return {
        key: value for key, value in body.items() if key not in SHARED or long(texts(value)) * many <= MOST_SHARED
    }  # fmt: skip


def long(labels: dict[str, str]) -> int:
    return sum(len(key) + len(value) for key, value in labels.items())


def one(source: str, alert: dict[str, Any], body: dict[str, Any]) -> ParsedAlert:
    labels = texts(body.get("commonLabels")) | texts(alert.get("labels"))
    notes = texts(body.get("commonAnnotations")) | texts(alert.get("annotations"))
    reading = Reading({"labels": labels, "annotations": notes})
    host = reading.word(HOSTS)
    return ParsedAlert(
        source=source,
        title=title_for(labels, notes, host),
        description=first(notes, "description", "message", "summary", "title")[:DESCRIPTION_LENGTH],
        severity=severity_for(labels),
        occurred_at=times.moment(alert.get("startsAt")),
        fingerprint=fingerprint_of("alertmanager", alert.get("fingerprint") or labels),
        status="resolved" if alert.get("status", body.get("status")) == "resolved" else "firing",
        host=host,
        user=reading.word(USERS),
        indicators=tuple(from_json({"labels": labels, "annotations": notes})),
        raw=alert,
        techniques=reading.techniques,
    )


def texts(labels: Any) -> dict[str, str]:
    return {key: str(value) for key, value in labels.items()} if isinstance(labels, dict) else {}


def first(texts: dict[str, str], *names: str) -> str:
    return next((texts[name] for name in names if texts.get(name, "").strip()), "")


def title_for(labels: dict[str, str], notes: dict[str, str], host: str) -> str:
    """What its author wrote for people, else the rule's name and the machine."""
    if written := title_of(first(notes, "summary", "title")):
        return written
    name = title_of(first(labels, "alertname", "rulename")) or "Alert"
    return title_of(f"{name} on {host}") if host else name


def severity_for(labels: dict[str, str]) -> Severity:
    said = (severity_of(key, labels.get(key)) for key in ("severity", "priority", "level", "urgency"))
    return next((severity for severity in said if severity), "medium")
