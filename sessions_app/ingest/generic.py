"""Any JSON by best guess: shapes nobody wrote an adapter for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from sessions_app.errors import Invalid
from sessions_app.ingest import windows
from sessions_app.ingest.alert import (
    DESCRIPTION_LENGTH,
    ParsedAlert,
    Severity,
    Status,
    bounded,
    fingerprint_of,
    title_of,
)
from sessions_app.ingest.packed import json_in, record_in
from sessions_app.ingest.packed import without as without_text
from sessions_app.ingest.reading import Reading
from sessions_app.ingest.severities import by_word

# `=` means the whole path: `name` alone is a title, `host.name` is not.
TITLES = (
    "alert_title", "rule_title", "=title", "alert_name", "alertname", "rule_name", "rule_description",
    "signature_name", "signature", "detection_name", "detect_name", "threat_name", "malware_name",
    "vulnerability_title", "check_name", "monitor_name", "problem_title", "problem_name", "incident_title",
    "incident_name", "issue_title", "finding_title", "title", "=rule", "alert_rule", "=name", "summary", "subject",
    "headline", "=alert", "=check", "=monitor", "short_message", "short_description", "alert_message", "search_name",
    "display_message", "attack", "attack_name", "log_desc", "logdesc",
)  # fmt: skip
WEAK_TITLES = (
    "=message", "=msg", "=text", "message", "msg", "text", "reason", "description", "=detection", "event_name",
    "=event", "event_type", "alert_type", "finding_type", "attack_type", "category", "output", "=type", "action",
)  # fmt: skip
DESCRIPTIONS = (
    "description", "full_log", "long_description", "details", "detail", "=message", "message", "output", "body",
    "text", "msg", "reason", "summary", "short_message",
)  # fmt: skip
HOSTS = (
    "host_name", "hostname", "host", "computer_dns_name", "agent_name", "computer_name", "computer", "device_name",
    "machine_name", "machine", "device", "server_name", "server", "node_name", "node", "instance", "endpoint",
    "workstation_name", "dvc", "devname", "pod_name", "container_name", "instance_id", "resource_name", "asset",
    "asset_name",
)  # fmt: skip
USERS = (
    "target_user_name", "user_name", "username", "user", "src_user", "dst_user", "srcuser", "dstuser", "account_name",
    "account", "principal", "actor", "subject_user_name", "login", "identity", "user_email", "actor_name",
    "actor_alternate_id", "user_id",
)  # fmt: skip
SAME = (
    "fingerprint", "dedup_key", "deduplication_key", "dedupe_key", "dedup_id", "incident_key", "alert_key",
    "aggregation_key", "alias",
)  # fmt: skip
RULES = ("rule_id", "ruleid", "rule_uuid", "signature_id", "sid", "check_id", "monitor_id", "detection_id", "rule_uid")
STATES = (
    "status", "state", "alert_status", "alert_state", "event_action", "transition", "alert_transition",
    "current_state",
)  # fmt: skip
SETTLED = frozenset(["resolved", "resolve", "recovered", "recovery", "ok", "closed", "cleared", "clear"])
# Lists that hold alerts, and lists that do so only when what surrounds them is no alert itself.
ALERT_LISTS = ("alerts", "findings", "incidents", "detections", "issues", "hits")
ITEM_LISTS = ("records", "events", "items", "results", "data", "value", "messages", "entries", "logs", "payload")
STATE_WORDS = re.compile(
    r"\[[^\]]{0,30}\]|\b(?:resolved|firing|triggered|recovered|recovery|alerting|problem|ok|warn|warning|critical)\b|[^\w\s]|\b\d+(?:\.\d+)?\s?(?:%|ms|[smhd]|[KMGT]i?B)(?=\W|$)",
    re.IGNORECASE,
)
SEVERITY_IN_TITLE = re.compile(
    r"^\W{0,3}(critical|high|medium|low|info|warning|warn|error|emergency|fatal|p[1-5]|sev-?[1-5])\s?[\]:)|]",
    re.IGNORECASE,
)


def recognises(body: Any) -> bool:
    return True


def read(source: str, body: Any) -> list[ParsedAlert]:
    found = list(items(body))
    if not found:
        raise Invalid(_("There is no alert in this body."))
    bounded(found)
    if len(found) > 1 and not any(map(says_something, found)):
        return [one(source, Reading([each.raw for each in found], found[0].around))]
    return [one(source, each) for each in found]


def items(value: Any, around: Reading | None = None) -> Iterator[Reading]:
    """The alerts a body holds: itself, the members of a list, or those of a list it wraps."""
    if isinstance(value, list):
        for each in value:
            yield from items(each, around)
    elif isinstance(value, str) and value.strip():
        yield reading_of({"message": value}, around)
    elif isinstance(value, dict):
        if wrapped := wrapped_list(value):
            yield from items(value[wrapped], Reading(without(value, wrapped), around))
        elif packed := json_in(value):
            yield from items(packed[1], Reading(without(value, packed[0]), around))
        elif value:
            yield reading_of(value, around)
    else:
        raise Invalid(_("An alert is a JSON object, or a list of objects."))


def reading_of(value: dict[str, Any], around: Reading | None) -> Reading:
    """A document as it is; or, where a text in it is a record of its own, with what that says.

    What calls itself something stays what it is, and the record adds to it; else the record is the alert.
    """
    if (packed := record_in(value)) is None:
        return Reading(value, around)
    text, record = packed
    rest = without_text(value, text)
    if says_something(Reading(rest)):
        named = record.pop("rule_name", "") or record.get("alert_title", "")
        document = {**rest, "record": {**without(record, "alert_title"), "event_name": named}}
    else:
        document = {**record, "around": rest}
    return Reading(document, Reading({"full_log": text}, around), raw=value)


def without(value: dict[str, Any], left_out: str) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if key != left_out}


def wrapped_list(value: dict[str, Any]) -> str | None:
    for key, inner in value.items():
        holds = isinstance(inner, list) and inner and all(isinstance(each, dict) and each for each in inner)
        if holds and key.lower() in ALERT_LISTS:
            return key
        if holds and key.lower() in ITEM_LISTS and not says_something(Reading(without(value, key))):
            return key
        # Elasticsearch answers {"hits": {"hits": [...]}}.
        if key.lower() == "hits" and isinstance(inner, dict) and isinstance(inner.get("hits"), list) and inner["hits"]:
            return key
    return None


def says_something(reading: Reading) -> bool:
    """Whether a document calls itself something or rates itself, as alerts do and bare log records don't."""
    own = Reading(reading.document)
    return bool(own.text((*TITLES, "=message", "=msg", "=text")) or own.severity()) and not windows.of(own)


def one(source: str, reading: Reading) -> ParsedAlert:
    host, user = short(reading.word(HOSTS), "host", reading), short(reading.word(USERS), "user", reading)
    title = title_for(source, reading, host)
    return ParsedAlert(
        source=source,
        title=title,
        description=reading.text(DESCRIPTIONS)[:DESCRIPTION_LENGTH],
        severity=windows.severity(windows.of(reading)) or reading.severity() or in_title(title) or "medium",
        occurred_at=reading.time(),
        fingerprint=same_as(reading, title, host, user),
        status=status_of(reading),
        host=host,
        user=user,
        indicators=reading.indicators,
        raw=reading.raw,
        techniques=reading.techniques,
    )


def short(said: str, kind: str, reading: Reading) -> str:
    """What the document's keys say, else the first indicator of that kind found in its text."""
    named = "" if kind == "user" and said.isdigit() else said
    return (named or next(iter(reading.found(kind)), ""))[:200]


def title_for(source: str, reading: Reading, host: str) -> str:
    if events := windows.of(reading):
        return title_of(windows.named(events, host))
    many = isinstance(reading.document, list)
    if not many and (title := title_of(reading.text(TITLES) or reading.text(WEAK_TITLES))):
        return title
    what = f"{len(reading.document)} events" if many else "Alert"
    about = host or next(iter(reading.found("ip", "domain", "user", "file", "hash")), "")
    return title_of(f"{what} from {source}" + (f" about {about}" if about else ""))


def in_title(title: str) -> Severity | None:
    match = SEVERITY_IN_TITLE.match(title)
    return by_word(match[1]) if match else None


def status_of(reading: Reading) -> Status:
    states = {reading.word((name,)).lower() for name in STATES}
    flagged = any(leaf.value is True for leaf in reading.called("=resolved"))
    return "resolved" if flagged or states & SETTLED else "firing"


def same_as(reading: Reading, title: str, host: str, user: str) -> str:
    """What stays the same when an alert repeats or is resolved: its own key, or what it is about."""
    if key := reading.word(SAME):
        return fingerprint_of("generic", "key", key)
    about = sorted(reading.found("ip", "domain", "hash"))[:50]
    words = " ".join(STATE_WORDS.sub(" ", title).lower().split())
    return fingerprint_of("generic", reading.word(RULES), words, host.lower(), user.lower(), about)
