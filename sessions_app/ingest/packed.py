"""Records that travel as a text inside of somebody's JSON: JSON once more, CEF, lines of key=value."""

from __future__ import annotations

import base64
from typing import Any

from sessions_app.errors import Invalid
from sessions_app.indicators import leaves
from sessions_app.indicators.found import listed
from sessions_app.ingest import cef, pairs
from sessions_app.ingest.body import parse

KEYS = ("message", "body", "data", "payload", "event", "alert", "detail", "content")
LINES = listed("message msg text log line raw event original body data payload full_log")
LONGEST = 64 * 1024


def json_in(value: dict[str, Any]) -> tuple[str, Any] | None:
    """Queues and notification services send the alert as a JSON text inside their own object."""
    for key, inner in value.items():
        inner = pushed(inner) if isinstance(inner, dict) else inner
        if isinstance(inner, str) and key.lower() in KEYS and inner.lstrip().startswith(("{", "[{")):
            try:
                return key, parse(inner.encode())
            except Invalid:
                continue
    return None


def pushed(message: dict[str, Any]) -> str:
    """Google's queues write the JSON in base64: `{"message": {"data": "eyJ...", "messageId": "1"}}`."""
    data = message.get("data")
    if not isinstance(data, str) or not data.startswith(("eyJ", "ewog", "ew0K", "W3")):
        return ""
    try:
        return base64.b64decode(data, validate=True).decode()
    except ValueError:
        return ""


def record_in(value: Any) -> tuple[str, dict[str, Any]] | None:
    """The text in a document that is a record of its own, and what it says."""
    texts = [leaf for leaf in leaves(value) if isinstance(leaf.value, str) and len(leaf.value) <= LONGEST]
    for leaf in texts:
        if (record := cef.read(str(leaf.value))) is not None:
            return str(leaf.value), record
    for leaf in texts:
        named = leaf.name.rpartition("_")[2] in LINES or leaf.name in LINES
        if named and "=" in str(leaf.value) and (record := pairs.read(str(leaf.value))) is not None:
            return str(leaf.value), record
    return None


def without(value: dict[str, Any], left_out: str) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if key != left_out}


def without_text(value: Any, text: str) -> Any:
    """The document without the text that was taken out of it."""
    if isinstance(value, dict):
        return {key: without_text(inner, text) for key, inner in value.items() if inner != text}
    return [without_text(inner, text) for inner in value if inner != text] if isinstance(value, list) else value
