"""Grafana Alerting's webhook, which Alertmanager's grew into, and that of Grafana's alerts before version 9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sessions_app.indicators import from_json
from sessions_app.ingest import alertmanager, times
from sessions_app.ingest.alert import DESCRIPTION_LENGTH, ParsedAlert, bounded, fingerprint_of, title_of
from sessions_app.ingest.generic import HOSTS
from sessions_app.ingest.reading import Reading
from sessions_app.ingest.severities import by_word
from sessions_app.ingest.unwrapping import Item

# Of these names Alertmanager knows none.
OWN_NAMES = frozenset({"silenceURL", "dashboardURL", "panelURL", "valueString", "values", "imageURL"})
# A rule that could not be asked says so under these names, and its own name under `rulename`.
UNASKED = {"DatasourceNoData": "No data", "DatasourceError": "Cannot be evaluated"}
OLD_STATES = {"alerting": "high", "no_data": "medium", "pending": "low"}


def recognises(document: dict[str, Any]) -> bool:
    if is_old(document):
        return True
    if not alertmanager.recognises(document):
        return False
    return "orgId" in document or any(OWN_NAMES & each.keys() for each in alertmanager.alerts_of(document))


def is_old(document: dict[str, Any]) -> bool:
    return document.keys() >= {"ruleName", "state"} and bool(document.keys() & {"evalMatches", "ruleId", "ruleUrl"})


def read(source: str, found: Sequence[Item]) -> list[ParsedAlert]:
    bounded([alert for item in found for alert in alertmanager.alerts_of(item.document) or [item.document]])
    return [
        alert
        for item in found
        for alert in ([old(source, item.document)] if is_old(item.document) else new(source, item))
    ]


def new(source: str, item: Item) -> list[ParsedAlert]:
    body = alertmanager.body_of(item)
    return [replace(alertmanager.one(source, told(alert), body), raw=alert) for alert in alertmanager.alerts_of(body)]


def told(alert: dict[str, Any]) -> dict[str, Any]:
    """With words for what has none: of a rule that could not be asked, and what was measured."""
    labels, notes = alertmanager.texts(alert["labels"]), alertmanager.texts(alert.get("annotations"))
    rule = labels.get("rulename") or notes.get("rulename") or ""
    if (state := UNASKED.get(labels.get("alertname", ""))) and not alertmanager.first(notes, "summary", "title"):
        notes["summary"] = f"{state}: {rule}" if rule else state
    measured = str(alert.get("valueString") or "")
    if measured and not alertmanager.first(notes, "description", "message"):
        notes["description"] = measured[:DESCRIPTION_LENGTH]
    return {**alert, "annotations": notes}


def old(source: str, document: dict[str, Any]) -> ParsedAlert:
    """`alerting`, `no_data` and `ok` of one rule; what it measured stands in `evalMatches`."""
    state = str(document["state"]).lower()
    reading = Reading({"tags": document.get("tags"), "evalMatches": document.get("evalMatches")})
    title = title_of(str(document["ruleName"])) or title_of(str(document.get("title", ""))) or "Grafana alert"
    return ParsedAlert(
        source=source,
        title=title,
        description=str(document.get("message") or document.get("title") or "")[:DESCRIPTION_LENGTH],
        severity=reading.severity() or by_word(OLD_STATES.get(state, "medium")) or "medium",
        occurred_at=times.moment(document.get("time")),
        fingerprint=fingerprint_of("grafana rule", document.get("ruleId") or document["ruleName"]),
        status="resolved" if state == "ok" else "firing",
        host=reading.word(HOSTS),
        user="",
        indicators=tuple(from_json({"tags": document.get("tags"), "message": document.get("message")})),
        raw=document,
        techniques=reading.techniques,
    )
