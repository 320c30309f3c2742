"""Any JSON by best guess: shapes nobody wrote an adapter for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sessions_app.indicators import address, is_own
from sessions_app.ingest.alert import (
    DESCRIPTION_LENGTH,
    ParsedAlert,
    Severity,
    bounded,
    fingerprint_of,
    title_of,
)
from sessions_app.ingest.naming import FALLBACK, any_sentence, lasting, own_title, says_something, told
from sessions_app.ingest.packed import record_in, without, without_text
from sessions_app.ingest.reading import Reading
from sessions_app.ingest.severities import by_word
from sessions_app.ingest.states import ends_by_title, status_of
from sessions_app.ingest.unwrapping import Item

DESCRIPTIONS = (
    "description", "full_log", "long_description", "details", "detail", "=message", "message", "output", "body",
    "text", "msg", "reason", "summary", "short_message",
)  # fmt: skip
HOSTS = (
    "involved_object_name", "pod_name", "host_name", "hostname", "host", "computer_dns_name", "device_dns_name",
    "agent_computer_name", "agent_name", "computer_name", "computer", "device_name", "machine_name", "machine",
    "device", "server_name", "server", "node_name", "node", "instance", "endpoint", "workstation_name", "dvc",
    "devname", "container_name", "instance_id", "resource_display_name",
    "resource_name", "asset", "asset_name",
    "compromised_entity", "configuration_items", "host_display_name", "repository_full_name", "project_name",
    "target_host", "victim_host", "impacted_entities", "dest_nt_host", "dest", "device_id",
    "artifact_name", "box_name", "box", "vm_name", "vm",
)  # fmt: skip
USERS = (
    "target_user_name", "user_name", "username", "user", "src_user", "dst_user", "srcuser", "dstuser", "account_name",
    "account", "user_principal_name", "principal_email", "principal", "actor", "subject_user_name",
    "=login", "user_login", "sender_login",
    "auth_display_name",
    "identity", "user_email", "actor_name", "actor_alternate_id", "process_user", "user_id", "caller",
    "user_identity_arn",
)  # fmt: skip
SAME = (
    "fingerprint", "dedup_key", "deduplication_key", "dedupe_key", "dedup_id", "incident_key", "alert_key",
    "aggregation_key", "alias", "=alert_cycle_key",
)  # fmt: skip
# One of these names what is watched: whatever is said of it meanwhile is about the same thing.
WATCHED = ("monitor_id", "trigger_id", "check_id", "alert_rule_id", "offense_id", "problem_id", "alert_number")
RULES = ("rule_id", "ruleid", "rule_uuid", "signature_id", "sid", "detection_id", "rule_uid")
STATE_WORDS = re.compile(
    r"\[[^\]]{0,30}\]|\b(?:resolved|firing|triggered|recovered|recovery|alerting|problem|ok|warn|warning|critical)\b|[^\w\s]|\b\d+(?:\.\d+)?\s?(?:%|ms|[smhd]|[KMGT]i?B)(?=\W|$)",
    re.IGNORECASE,
)
CHAT = frozenset({"attachments", "embeds", "blocks", "icon_emoji"})
SEVERITY_IN_TITLE = re.compile(
    r"^\W{0,3}(critical|high|medium|low|info|warning|warn|error|emergency|fatal|p[1-5]|sev-?[1-5]|严重|紧急|高危|中危|低危)"
    r"\s?[*_]{0,2}(?:[\]:)|】]|\s[-–—]\s|$)",
    re.IGNORECASE,
)
BAD_WORDS: tuple[tuple[re.Pattern[str], Severity], ...] = (
    (re.compile(r"\b(?:ransomware|secret found|is down|unreachable|outage|data breach)\b", re.IGNORECASE), "high"),
    (re.compile(r"\bCRITICAL\b"), "critical"),
    (re.compile(r"\[[^\]]{0,4}(?i:down)\]|\bDOWN\b"), "high"),
)


def read(source: str, found: Sequence[Item]) -> list[ParsedAlert]:
    """Each document is an alert; of nothing but bare log records all together are one."""
    readings = [reading_of(item.document, item.around) for item in found]
    if len(readings) > 1 and not any(map(says_something, readings)):
        return [one(source, Reading([each.raw for each in readings], found[0].around))]
    bounded(found)
    return [one(source, each) for each in readings]


def reading_of(value: dict[str, Any], around: Reading | None) -> Reading:
    """A document as it is; or, where a text in it is a record of its own, with what that says.

    What calls itself something stays what it is, and the record adds to it; else the record is the alert.
    """
    if value.keys() & CHAT and "username" in value:
        # Of a message to a chat its `username` is the program that writes it.
        return Reading(without(value, "username"), around, raw=value)
    if (packed := record_in(value)) is None:
        return Reading(value, around)
    text, record = packed
    rest = without_text(value, text)
    sender = Reading(rest, around)
    if says_something(Reading(rest)):
        named = record.pop("rule_name", "") or record.get("alert_title", "")
        document = {**rest, "record": {**without(record, "alert_title"), "event_name": named}}
    else:
        document = {**record, "around": rest}
    return Reading(document, Reading({"full_log": text}, around), raw=value, sender=sender)


def one(source: str, reading: Reading) -> ParsedAlert:
    host, user = short(machine(reading), "host", reading), short(reading.word(USERS), "user", reading)
    own = "" if isinstance(reading.document, list) else own_title(reading)
    title = told(reading, own, host, user) if own else untitled(source, reading, host)
    status = status_of(reading.sender)
    by_title = status == "firing" and ends_by_title(own)
    return ParsedAlert(
        source=source,
        title=title,
        description=reading.text(DESCRIPTIONS)[:DESCRIPTION_LENGTH],
        severity=reading.severity() or in_title(title) or "medium",
        occurred_at=reading.time(),
        fingerprint=same_as(reading, lasting(reading) if own else title, host, user),
        status="resolved" if by_title else status,
        ends_by_title=by_title,
        host=host,
        user=user,
        indicators=reading.indicators,
        raw=reading.raw,
        techniques=reading.techniques,
    )


def machine(reading: Reading) -> str:
    """A name before an address."""
    said = reading.words(HOSTS)
    ours = (each for each in said if address(each) is None or is_own(each))
    return next((each for each in said if address(each) is None), next(ours, ""))


def short(said: str, kind: str, reading: Reading) -> str:
    """What the document's keys say, else the first indicator of that kind found in its text."""
    named = "" if kind == "user" and said.isdigit() else said
    return (named or next(iter(reading.found(kind)), ""))[:200]


def untitled(source: str, reading: Reading, host: str) -> str:
    many = isinstance(reading.document, list)
    if not many and (line := title_of(reading.text(FALLBACK)) or any_sentence(reading)):
        return line
    what = f"{len(reading.document)} events" if many else "Alert"
    about = host or next(iter(reading.found("ip", "domain", "user", "file", "hash")), "")
    return title_of(f"{what} from {source}" + (f" about {about}" if about else ""))


def in_title(title: str) -> Severity | None:
    """What a title begins with, as `[CRITICAL]` or `P2:`, or the words that mean something is badly wrong."""
    if match := SEVERITY_IN_TITLE.match(title):
        return by_word(match[1])
    return next((severity for pattern, severity in BAD_WORDS if pattern.search(title)), None)


def same_as(reading: Reading, title: str, host: str, user: str) -> str:
    """What stays the same when an alert repeats or is resolved: its own key, or what it is about."""
    if key := reading.sender.identity(SAME):
        return fingerprint_of("generic", "key", key)
    if watched := reading.sender.identity(WATCHED):
        return fingerprint_of("generic", "watched", watched, host.lower())
    about = sorted(reading.found("ip", "domain", "hash"))[:50]
    words = " ".join(STATE_WORDS.sub(" ", title).lower().split())
    rule = reading.word(RULES)
    # Splunk's `sid` is the run of a search: a repeat has another one.
    return fingerprint_of("generic", "" if rule.count("_") > 1 else rule, words, host.lower(), user.lower(), about)
