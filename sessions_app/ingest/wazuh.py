"""Wazuh alerts, as its integrator and its indexer send them."""

from __future__ import annotations

from typing import Any

from sessions_app.indicators import Found
from sessions_app.ingest.alert import DESCRIPTION_LENGTH, ParsedAlert, fingerprint_of, title_of
from sessions_app.ingest.reading import Reading
from sessions_app.ingest.severities import by_rule_level

# What an alert of a rule is about, besides the machine: the first that is there tells two alerts of one rule apart.
ABOUT = (
    "data_srcip", "data_src_ip", "syscheck_path", "data_vulnerability_cve", "data_aws_source_ip_address",
    "data_win_eventdata_image", "data_win_eventdata_ip_address", "data_file", "data_url",
)  # fmt: skip
USERS = (
    "data_dstuser", "data_srcuser", "data_win_eventdata_target_user_name", "data_win_eventdata_user",
    "syscheck_uname_after", "data_uid",
)  # fmt: skip


def recognises(document: dict[str, Any]) -> bool:
    """A rule with a level and a description, and an agent, a manager or a decoder."""
    rule = document.get("rule")
    return (
        isinstance(rule, dict)
        and isinstance(rule.get("description"), str)
        and str(rule.get("level", "")).isdigit()
        and bool(document.keys() & {"agent", "manager", "decoder", "full_log"})
    )


def one(source: str, document: dict[str, Any]) -> ParsedAlert:
    reading, rule = Reading(document), document["rule"]
    host, own = machine(reading), reading.word(("=agent_name",))
    user = reading.word([f"={name}" for name in USERS]) or next(iter(reading.found("user")), "")
    return ParsedAlert(
        source=source,
        title=title_of(rule["description"]) or f"Wazuh rule {rule.get('id', '')}".strip(),
        description=(reading.text(("=full_log", "=data_win_system_message", "=title")) or rule["description"])[
            :DESCRIPTION_LENGTH
        ],
        severity=by_rule_level(int(rule["level"])),
        occurred_at=reading.time(),
        fingerprint=same_as(reading, rule, host, user),
        status="firing",
        host=host,
        user=user,
        # Of what others sent to it by syslog the manager is no party.
        indicators=tuple(each for each in reading.indicators if host == own or each != Found("host", own)),
        raw=document,
        techniques=reading.techniques,
    )


def machine(reading: Reading) -> str:
    """The agent; of what others send to the manager by syslog, which is agent 000, whoever sent it."""
    sender = reading.word(("=predecoder_hostname",))
    own = reading.word(("=agent_name",))
    relayed = reading.word(("=agent_id",)) == "000" and sender
    return sender if relayed else own or sender or reading.word(("=manager_name",))


def same_as(reading: Reading, rule: dict[str, Any], host: str, user: str) -> str:
    """One rule, one machine, one attacker: guesses at ever new users from one address are one alert that repeats."""
    about = reading.word([f"={name}" for name in ABOUT]) or user
    return fingerprint_of("wazuh", str(rule.get("id") or rule["description"]), host, about)
