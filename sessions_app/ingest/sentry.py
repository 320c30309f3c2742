"""Sentry's webhooks: issues, events and metric alerts."""

from __future__ import annotations

from typing import Any

from sessions_app.ingest.alert import DESCRIPTION_LENGTH, ParsedAlert, fingerprint_of, title_of
from sessions_app.ingest.generic import HOSTS, USERS
from sessions_app.ingest.reading import Reading

KINDS = ("issue", "event", "error", "metric_alert")
SETTLED = frozenset({"resolved", "ignored", "archived"})


def recognises(document: dict[str, Any]) -> bool:
    data = document.get("data")
    return "action" in document and isinstance(data, dict) and any(isinstance(data.get(kind), dict) for kind in KINDS)


def one(source: str, document: dict[str, Any]) -> ParsedAlert:
    data = document["data"]
    kind = next(each for each in KINDS if isinstance(data.get(each), dict))
    told = Reading(data[kind], Reading({key: value for key, value in data.items() if key != kind}))
    host, user = told.word(HOSTS), told.word(USERS)
    title = title_of(told.text(("=title", "=description_title", "description_title", "=message", "metadata_value")))
    action = str(document["action"]).lower()
    # `resolved` is about an issue or a metric; of an event's rule the action is `triggered`.
    settled = action in SETTLED or str(data[kind].get("status", "")).lower() in SETTLED
    return ParsedAlert(
        source=source,
        title=title or "Sentry alert",
        description=told.text(("culprit", "description_text", "metadata_value", "message"))[:DESCRIPTION_LENGTH],
        severity="critical" if action == "critical" else told.severity() or "medium",
        occurred_at=told.time(),
        fingerprint=fingerprint_of("sentry", same_as(kind, data[kind], title)),
        status="resolved" if settled else "firing",
        host=host,
        user=user,
        indicators=told.indicators,
        raw=document,
        techniques=told.techniques,
    )


def same_as(kind: str, told: dict[str, Any], title: str) -> str:
    """An event names its issue, an issue itself: both are one incident."""
    rule = told.get("alert_rule")
    number = told.get("issue_id") or (told.get("id") if kind == "issue" else None)
    if kind == "metric_alert":
        number = rule.get("id") if isinstance(rule, dict) else told.get("id")
    return f"{'metric' if kind == 'metric_alert' else 'issue'} {number}" if number else title
