"""What a document calls itself: the names its writer may have put a title under, and what to say of a bare code."""

from __future__ import annotations

import re

from sessions_app.indicators import address
from sessions_app.ingest import windows_events
from sessions_app.ingest.alert import title_of
from sessions_app.ingest.reading import Reading

# `=` means the whole path: `name` alone is a title, `host.name` is not.
TITLES = (
    "alert_title", "rule_title", "=title", "alert_name", "alertname", "alert_display_name", "rule_name",
    "rule_description", "signature_name", "signature", "detection_name", "detect_name", "threat_name", "malware_name",
    "nvt_name", "=threatid", "vulnerability_title", "check_name", "monitor_name", "problem_title", "problem_name",
    "incident_title", "incident_name", "issue_title", "finding_title", "alarm_name", "trigger_name", "plugin_name",
    "event_title", "attachments_title", "embeds_title", "title", "=rule", "alert_rule", "=name", "alert_message",
    "=info", "=event_info", "summary", "subject", "headline", "short_message", "short_description", "search_name",
    "display_message", "=alert", "=check", "=monitor", "=sensor", "service_description", "attack", "attack_name",
    "log_desc", "logdesc",
)  # fmt: skip
# What a person wrote for people is left as it is; other names may hold a code that says little by itself.
AUTHORED = (
    "title",
    "alert_title",
    "rule_title",
    "summary",
    "headline",
    "subject",
    "display_message",
    "rule_description",
)
SENTENCES = ("=message", "=msg", "=text", "=m", "attachments_text")
LATER_SENTENCES = ("message", "msg", "text", "rule_message", "=body", "=content", "=details", "=detail")
EVENTS = (
    "finding_category",
    "event_name",
    "operation_name",
    "operation_name_value",
    "method_name",
    "event_action",
    "event_type_code",
)
DESCRIPTIONS = (
    "=description", "alert_description", "alarm_description", "finding_description", "data_description",
    "detail_description", "event_description",
)  # fmt: skip
CODES = (
    "=detection", "=event", "event_type", "alert_type", "finding_type", "attack_type", "category", "reason", "output",
    "=alarm", "process_binary", "=type", "action",
)  # fmt: skip
# Of these the name tells what is watched, and not yet what is wrong with it.
WATCHERS = (
    "check_name", "monitor_name", "alarm_name", "service_description", "=check", "=monitor", "=sensor", "plugin_name",
    "servicedesc", "check_metadata_name", "=data_name",
)  # fmt: skip
WRONG = (
    "=msg",
    "service_output",
    "check_output",
    "=output",
    "alarm_description",
    "=message",
    "heartbeat_msg",
    "serviceoutput",
    "cause",
)
SOURCES = (
    "source_ip", "src_ip", "srcip", "caller_ip", "caller_ip_address", "client_ip", "client_ip_address",
    "source_ip_address", "source_address", "remote_ip", "attacker", "attacker_ip", "offense_source", "source_ips",
    "ip_address", "remote_address", "remote_addr", "=src", "=addr", "record_src", "record_addr",
    "request_remote_address",
)  # fmt: skip
STATES = ("status", "state", "service_state", "host_state")
FALLBACK = ("full_log", "raw", "log", "line")
CODE = re.compile(r"[\w.:/-]{1,80}")
FAILED = re.compile(r"\bdown\b|fail|denied|deny|error|refus|block|reject|invalid|challenge|unauthor", re.IGNORECASE)
OUTCOMES = (
    "outcome_result",
    "outcome_reason",
    "result_description",
    "response_elements_console_login",
    "error_code",
    "error_message",
    "=error",
    "failure_reason",
)
# Three words or more, and nothing that a path, a query or a list of settings is made of.
SENTENCE = re.compile(r"[^\W\d_][\w'’-]{0,40}(?:[,:;]? [\w.'’()-]{1,60}){2,40}[.!]?")
SYSLOG = re.compile(r"^(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,63} (?=\S)", re.ASCII)
MARKS = re.compile(r"^:[a-z0-9_+-]{2,40}:\s{0,3}|(?<!\w)[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}(?!\w)")


def says_something(reading: Reading) -> bool:
    """Whether a document calls itself something or rates itself, as alerts do and bare log records don't."""
    own = Reading(reading.document)
    named = own.text((*TITLES, "=message", "=msg", "=text")) or own.severity()
    return bool(named) and not windows_events.of(own.document)


def own_title(reading: Reading) -> str:
    """A title somebody wrote, a sentence, or the code of an event."""
    if secret := reading.text(("secret_type_display_name",)):
        return title_of(f"Secret found: {secret}")
    return (
        watched(reading)
        or title_of(reading.own(TITLES) or reading.text(TITLES))
        or plain(reading.text(SENTENCES))
        or requested(reading)
        or title_of(reading.text(EVENTS))
        or plain(reading.text(LATER_SENTENCES))
        or title_of(reading.text(DESCRIPTIONS) or reading.text(CODES))
    )


def any_sentence(reading: Reading) -> str:
    """Of a document that uses none of these names, the first words that somebody wrote for people."""
    spoken = (leaf.value for leaf in sorted(reading.leaves, key=lambda leaf: leaf.depth) if isinstance(leaf.value, str))
    return next((title_of(text) for text in spoken if SENTENCE.fullmatch(text.strip())), "")


def lasting(reading: Reading) -> str:
    """What of its title stays the same when it repeats or ends: of a monitor its name."""
    return watcher(reading) or own_title(reading)


def watcher(reading: Reading) -> str:
    """The name of what is watched; a `service` is one only where a plugin reports on it."""
    reported = reading.text(("output", "plugin_output")) and reading.word(("state", "service_state"))
    return title_of(reading.text(WATCHERS) or (reading.text(("=service",)) if reported else ""))


def watched(reading: Reading) -> str:
    """Of a monitor's alert its name and what it says is wrong."""
    name, wrong = watcher(reading), plain(reading.text(WRONG))
    if not name or not wrong or title_of(reading.text(AUTHORED)):
        return ""
    return wrong if name.lower() in wrong.lower() else title_of(f"{name}: {wrong}")


def requested(reading: Reading) -> str:
    """Of the audit log of a cluster or of a store of secrets: what was asked of which object."""
    operation, path = reading.word(("request_operation",)), reading.word(("request_path",))
    if operation and path:
        return title_of(f"{operation} {path}")
    verb = reading.word(("=verb",))
    what = reading.words(("object_ref_resource", "object_ref_namespace", "object_ref_name"))
    return title_of(f"{verb} {'/'.join(what)}") if verb and what else ""


def plain(text: str) -> str:
    """A message without what syslog puts in front, or the marks that make it bold in a chat."""
    text = SYSLOG.sub("", text)
    marked = "*" in text or "`" in text or text.startswith(":")
    return title_of(MARKS.sub("", text)) if marked else title_of(text)


def told(reading: Reading, title: str, host: str, user: str) -> str:
    """A code such as `CreateAccessKey` says nothing by itself: who did it, from where, and what came of it do."""
    if title in map(title_of, filter(None, map(reading.text, [(name,) for name in AUTHORED]))):
        return title_of(title + failure(reading, title))
    if title == watched(reading):
        return title if not host or host in title else title_of(f"{title} on {host}")
    if not is_code(reading, title):
        return title
    if described := title_of(reading.text(("rule_description", *DESCRIPTIONS))):
        return title_of(f"{title}: {described}") if described not in title else title
    # A bare `ip` is where a person came from, and of a monitor what it looks at.
    origin = sender(reading) or (reading.word(("=ip",)) if user else "")
    kind = reading.word(("threat_info_classification", "threat_type", "malware_type"))
    parts = [f"{kind}: {title}" if kind else title, f"by {user}" if user else "", f"from {origin}" if origin else ""]
    place = f"on {host}" if host and host not in (user, origin) and host not in title else ""
    return title_of(" ".join(part for part in (*parts, place) if part) + failure(reading, title))


def is_code(reading: Reading, title: str) -> bool:
    by_program = (requested(reading), title_of(reading.text(EVENTS)), title_of(reading.text(("threat_name",))))
    return CODE.fullmatch(title) is not None or title in by_program


def sender(reading: Reading) -> str:
    """Who it came from, where the document says so: of any other address nobody knows which end it is."""
    return next((each for each in reading.words(SOURCES) if address(each)), "")


def failure(reading: Reading, title: str) -> str:
    """What an audit log says of how it went when it did not go well, or a monitor of how it is."""
    went = [each for each in reading.words((*OUTCOMES, *STATES)) if FAILED.search(each)]
    bad = [each for each in went if each.lower() not in title.lower()]
    return f": {', '.join(dict.fromkeys(bad))[:80]}" if bad and not FAILED.search(title) else ""
