"""How urgent, on our five steps, from whatever words and scales others use."""

from __future__ import annotations

import re
from typing import Any

from sessions_app.indicators.found import listed
from sessions_app.ingest.alert import Severity

WORDS: dict[Severity, frozenset[str]] = {
    "critical": listed(
        "critical crit fatal emergency emerg panic disaster catastrophic severe blocker alert page sev0 sev1 s1 p0 p1"
    ),
    "high": listed("high error err major important sev2 s2 p2 urgent serious danger"),
    "medium": listed("medium moderate warning warn average elevated sev3 s3 p3 med ticket normal"),
    "low": frozenset(["low", "notice", "minor", "sev4", "s4", "p4", "trivial"]),
    "info": listed("info informational information informative debug trace verbose none p5 s5 sev5 ok"),
}
STEP: dict[str, Severity] = {word: step for step, words in WORDS.items() for word in words}
TOKEN = re.compile(r"[a-z]+(?:[ _-]?\d)?")
OUT_OF = re.compile(r"\s*(\d{1,3}(?:\.\d{1,4})?)\s*(?:/|of|out of)\s*(\d{1,3})\s*")
NUMBER = re.compile(r"\s*(\d{1,5}(?:\.\d{1,4})?)\s*")

PRIORITY: tuple[Severity, ...] = ("critical", "critical", "high", "medium", "low", "info")  # by number, 0 unused
SYSLOG: tuple[Severity, ...] = ("critical", "critical", "critical", "high", "medium", "low", "info", "info")
WINDOWS: dict[int, Severity] = {1: "critical", 2: "high", 3: "medium"}  # 0 and 4 are on every audit: they tell nothing
BUNYAN: dict[int, Severity] = {60: "critical", 50: "high", 40: "medium", 30: "info", 20: "info", 10: "info"}
# (key, in the order in which they are believed)
KEYS = (
    "severity_label", "severity_name", "severity", "alert_severity", "sev", "priority", "alert_priority", "urgency",
    "criticality", "risk_level", "threat_level", "risk", "severity_id", "severity_text", "level", "level_name",
    "log_level", "loglevel", "impact", "risk_score", "severity_score", "severity_number", "threat_score", "score",
    "cvss", "state", "status",
)  # fmt: skip


def severity_of(key: str, value: Any) -> Severity | None:
    """What a value under this key says, or nothing when it says nothing."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return by_number(key, float(value)) if 0 <= value <= 1000 else None
    text = str(value).lower()[:80]
    if match := OUT_OF.fullmatch(text):
        return by_share(float(match[1]) / max(float(match[2]), 1))
    if match := NUMBER.fullmatch(text):
        return by_number(key, float(match[1]))
    return by_word(text)


def by_word(text: str) -> Severity | None:
    tokens = (token.replace(" ", "").replace("-", "").replace("_", "") for token in TOKEN.findall(text.lower()))
    return next((step for token in tokens if (step := STEP.get(token) or STEP.get(token.rstrip("0123456789")))), None)


def by_number(key: str, number: float) -> Severity | None:
    """The key tells the scale: a priority counts from 1, syslog from 0, a score goes to 10 or 100, a rule to 15."""
    whole = int(number)
    if "syslog" in key or key.endswith(("severity_code", "facility_level")):
        return SYSLOG[whole] if 0 <= whole <= 7 else None
    if key.endswith(("rule_level", "alert_level")):
        return by_rule_level(whole)
    if key.endswith("alert_severity") and whole in (1, 2, 3):
        return PRIORITY[whole + 1]  # Suricata and Snort count down from 1
    if key.endswith(("priority", "urgency", "impact")):
        return PRIORITY[max(whole, 1)] if 0 <= whole <= 5 else by_score(number)
    if key.endswith("level"):
        return by_level(key, whole)
    return by_score(number)


def by_level(key: str, level: int) -> Severity | None:
    if "system" in key or "event" in key:
        return WINDOWS.get(level)
    if level in BUNYAN:
        return BUNYAN[level]
    if level > 7:
        return by_rule_level(level) if level <= 15 else by_score(level)
    return SYSLOG[level] if level >= 0 and not key.endswith(("risk_level", "threat_level")) else by_score(level)


def by_rule_level(level: int) -> Severity:
    """Wazuh's and OSSEC's 0 to 15, cut where their own dashboards cut."""
    if level >= 15:
        return "critical"
    if level >= 12:
        return "high"
    if level >= 7:
        return "medium"
    return "low" if level >= 4 else "info"


def by_score(number: float) -> Severity | None:
    if number < 0 or number > 100:
        return None
    if 0 < number < 1:
        return by_share(number)
    return by_share(
        number / 10 if number <= 10 else number / 15 if number <= 15 and number == int(number) else number / 100
    )


def by_share(share: float) -> Severity:
    """The steps of CVSS: 9 of 10 is critical, 7 high, 4 medium."""
    if share >= 0.9:
        return "critical"
    if share >= 0.7:
        return "high"
    if share >= 0.4:
        return "medium"
    return "low" if share > 0 else "info"
