"""Falco's alerts, as its HTTP output and its sidekick send them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from sessions_app.indicators import Found
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
TARGET = ("ka_target_resource", "ka_target_namespace", "ka_target_name")
DONE = ("ka_target_subresource", "ka_verb")


def recognises(document: dict[str, Any]) -> bool:
    return document.keys() >= {"rule", "priority", "output"}


def one(source: str, document: dict[str, Any]) -> ParsedAlert:
    given = document.get("output_fields")
    fields = Reading(given if isinstance(given, dict) else {})
    return audited(source, document, fields) if fields.word(TARGET) else seen(source, document, fields)


def seen(source: str, document: dict[str, Any], fields: Reading) -> ParsedAlert:
    """What a program did in a container or on a machine."""
    reading, rule = Reading(document), named(document)
    place, user = fields.word(PODS) or reading.word(("=hostname",)), fields.word(USERS)
    return ParsedAlert(
        source=source,
        title=title_of(f"{rule} ({place})") if place else rule,
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


def audited(source: str, document: dict[str, Any], fields: Reading) -> ParsedAlert:
    """What somebody asked of a cluster: the machine that reports it is no party to it, the pod that was entered is."""
    alert, user = seen(source, document, fields), fields.word(USERS)
    resource, target = fields.word(("ka_target_resource",)), fields.word(("ka_target_name",))
    pod = target if resource == "pods" else ""
    command = fields.word(("ka_uri_param_command",))
    about = " ".join(part for part in (user, fields.word(DONE), "/".join(fields.words(TARGET))) if part)
    found = [each for each in alert.indicators if each.value != document.get("hostname")]
    found += [Found("host", pod)] if pod else []
    found += [Found("process", command)] if command else []
    return replace(
        alert,
        title=title_of(f"{named(document)}: {about}"),
        host=pod,
        indicators=tuple(dict.fromkeys(found)),
        fingerprint=fingerprint_of("falco", named(document), pod, user, fields.word(ABOUT)),
    )


def named(document: dict[str, Any]) -> str:
    return title_of(str(document["rule"])) or "Falco alert"
