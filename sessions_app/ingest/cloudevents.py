"""CloudEvents: an envelope around anybody's data, which is read as what it looks like."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sessions_app.indicators.found import listed
from sessions_app.ingest import generic, times
from sessions_app.ingest.alert import ParsedAlert, fingerprint_of, title_of
from sessions_app.ingest.packed import json_in, pushed
from sessions_app.ingest.reading import Reading

ATTRIBUTES = listed("specversion type source id time subject datacontenttype dataschema data data_base64")


def recognises(document: dict[str, Any]) -> bool:
    return document.keys() >= {"specversion", "type", "source"}


def packed(document: dict[str, Any]) -> Any:
    """The data, which may travel as a text of JSON or in base64."""
    data = document.get("data")
    if isinstance(document.get("data_base64"), str):
        data = pushed({"data": document["data_base64"]})
    text = json_in({"data": data}) if isinstance(data, str) else None
    return text[1] if text else data


def one(source: str, document: dict[str, Any]) -> ParsedAlert:
    """What the data calls itself comes first; else the event's type and subject do."""
    data = packed(document)
    carried = data if isinstance(data, dict) and data else {"text": data} if isinstance(data, str) else {}
    extensions = {key: value for key, value in document.items() if key not in ATTRIBUTES}
    reading = generic.reading_of(carried, Reading(extensions)) if carried else Reading(extensions)
    alert = generic.one(source, reading)
    subject = str(document.get("subject") or "")
    named = title_of(f"{document['type']}: {subject}" if subject else str(document["type"]))
    return replace(
        alert,
        fingerprint=fingerprint_of("cloudevents", document["source"], document["type"], subject, alert.fingerprint),
        title=alert.title if generic.says_something(reading) else named or alert.title,
        occurred_at=alert.occurred_at or times.moment(document.get("time")),
        raw=document,
    )
