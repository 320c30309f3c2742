"""Falco's alerts, as its HTTP output and its sidekick send them."""

from __future__ import annotations

import re
from typing import Any

from sessions_app.ingest.alert import DESCRIPTION_LENGTH, ParsedAlert, Severity, fingerprint_of, title_of
from sessions_app.ingest.reading import Reading

SEVERITIES: dict[str, Severity] = {
    "emergency": "critical", "alert": "critical", "critical": "critical", "error": "high", "warning": "medium",
    "notice": "low", "informational": "info", "info": "info", "debug": "info",
}  # fmt: skip
# Before the words stand the time and the priority, which have fields of their own.
HEAD = re.compile(r"^\d\d:\d\d:\d\d\.\d{1,9}: \w{1,16} ", re.ASCII)
PODS = ("k8s_pod_name", "container_name")
USERS = ("ka_user_name", "=user_name", "user_name", "ct_user")
ABOUT = ("ka_target_name", "container_id", "proc_name", "fd_name", "ka_uri")


def recognises(document: dict[str, Any]) -> bool:
    return document.keys() >= {"rule", "priority", "output"}


def one(source: str, document: dict[str, Any]) -> ParsedAlert:
    reading = Reading(document)
    given = document.get("output_fields")
    fields = Reading(given if isinstance(given, dict) else {})
    target = fields.word(("ka_target_name",))
    pod = target if fields.word(("ka_target_resource",)) == "pods" else ""
    place = fields.word(PODS) or pod or reading.word(("=hostname",))
    user = fields.word(USERS)
    rule = title_of(str(document["rule"])) or "Falco alert"
    return ParsedAlert(
        source=source,
        title=title_of(f"{rule} ({target or place})") if target or place else rule,
        description=HEAD.sub("", str(document["output"]))[:DESCRIPTION_LENGTH],
        severity=SEVERITIES.get(str(document["priority"]).lower(), "medium"),
        occurred_at=reading.time(),
        fingerprint=fingerprint_of("falco", rule, place, user, fields.word(ABOUT)),
        status="firing",
        host=place,
        user=user,
        indicators=reading.indicators,
        raw=document,
        techniques=reading.techniques,
    )
