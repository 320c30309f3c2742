"""Suricata's EVE records: alerts of its rules, and what it noted of connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sessions_app.indicators import Found, from_json
from sessions_app.ingest.alert import DESCRIPTION_LENGTH, ParsedAlert, Severity, bounded, fingerprint_of, title_of
from sessions_app.ingest.reading import Reading
from sessions_app.ingest.unwrapping import Item

# It counts down: 1 is the gravest of its rules.
SEVERITIES: dict[int, Severity] = {1: "high", 2: "medium", 3: "low"}


def recognises(document: dict[str, Any]) -> bool:
    return isinstance(document.get("event_type"), str) and ("flow_id" in document or is_alert(document))


def is_alert(document: dict[str, Any]) -> bool:
    rule = document.get("alert")
    return document["event_type"] == "alert" and isinstance(rule, dict) and "signature" in rule


def read(source: str, found: Sequence[Item]) -> list[ParsedAlert]:
    """An alert knows what was noted of its connection; what is only noted is one record of all together.

    Of several alerts of one connection the first knows it: else each would hold, and store, whatever a body holds.
    """
    alerted = [item.document for item in found if is_alert(item.document)]
    bounded(alerted)
    notes: dict[str | None, list[dict[str, Any]]] = {flow_of(each): [] for each in alerted if flow_of(each)}
    left: list[dict[str, Any]] = []
    for note in (item.document for item in found if not is_alert(item.document)):
        notes.get(flow_of(note), left).append(note)
    alerts = [one(source, each, notes.pop(flow_of(each), [])) for each in alerted]
    return [*alerts, *([noted(source, left)] if left else [])]


def flow_of(document: dict[str, Any]) -> str | None:
    """A number; or whatever it is in a document that only looks like one of Suricata's."""
    flow = document.get("flow_id")
    return None if flow is None else repr(flow)


def noted(source: str, notes: list[dict[str, Any]]) -> ParsedAlert:
    if len(notes) == 1:
        return one(source, notes[0])
    kinds = ", ".join(dict.fromkeys(str(note["event_type"]) for note in notes))
    reading = Reading(notes)
    return replace(
        one(source, notes[0]),
        title=title_of(f"{len(notes)} Suricata records of {notes[0].get('src_ip', 'several')}: {kinds}"),
        indicators=reading.indicators,
        raw=notes,
    )


def sensor(document: dict[str, Any]) -> Found:
    return Found("host", str(document.get("host", "")))


def one(source: str, document: dict[str, Any], notes: Sequence[dict[str, Any]] = ()) -> ParsedAlert:
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
        indicators=tuple(each for each in dict.fromkeys(from_json([document, *notes])) if each != sensor(document)),
        raw=[document, *notes] if notes else document,
        techniques=reading.techniques,
    )
