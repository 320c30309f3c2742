"""How urgent, on our five steps, from whatever words, scales and colours others use."""

from __future__ import annotations

import re
from typing import Any

from sessions_app.indicators.foreign import unaccented
from sessions_app.indicators.found import listed
from sessions_app.ingest import colours
from sessions_app.ingest.alert import Severity

WORDS: dict[Severity, frozenset[str]] = {
    "critical": listed(
        "critical crit highest fatal emergency emerg panic disaster catastrophic severe blocker alert page sev0 sev1 "
        "s1 p0 p1 critico critica critique kritisch critici kritiek kritiskt критический критическая критично "
        "严重 紧急 致命 危急 特别严重 嚴重 緊急 致命的 치명적 심각"
    ),
    "high": listed(
        "high error err major important sev2 s2 p2 urgent serious danger malicious alarm down "
        "alto alta altos grave elevado elevada eleve elevee haute haut hoch hoog wysoki высокий высокая "
        "高 高危 高级 重要 重大 高风险 높음"
    ),
    "medium": listed(
        "medium moderate warning warn average elevated sev3 s3 p3 med ticket suspicious "
        "medio media moderado moderee moyen moyenne mittel middel sredni средний средняя "
        "中 中危 中级 警告 一般 较大 중간"
    ),
    "low": listed(
        "low lowest notice minor sev4 s4 p4 trivial bajo baja baixo baixa faible bas niedrig gering laag niski "
        "низкий низкая 低 低危 低级 次要 轻微 提醒 낮음"
    ),
    "info": listed(
        "info informational information informative debug trace verbose none p5 s5 sev5 ok success informativo "
        "информация 信息 提示 通知 情報 정보"
    ),
}
STEP: dict[str, Severity] = {word: step for step, words in WORDS.items() for word in words}
TOKEN = re.compile(r"[^\W\d_]+(?:[ _-]?\d)?")
# `非常高` and `高危风险`: signs are not parted by spaces, so the longest word that such a text holds decides.
SIGNS = sorted((word for word in STEP if not word.isascii() and ord(word[0]) > 0x2E80), key=len, reverse=True)
OUT_OF = re.compile(r"\s*(\d{1,3}(?:\.\d{1,4})?)\s*(?:/|of|out of)\s*(\d{1,3})\s*")
NUMBER = re.compile(r"\s*(\d{1,5}(?:\.\d{1,4})?)\s*")

PRIORITY: tuple[Severity, ...] = ("critical", "critical", "high", "medium", "low", "info")  # by number, 0 unused
SYSLOG: tuple[Severity, ...] = ("critical", "critical", "critical", "high", "medium", "low", "info", "info")
ZABBIX: tuple[Severity, ...] = ("info", "info", "low", "medium", "high", "critical")
WINDOWS: dict[int, Severity] = {1: "critical", 2: "high", 3: "medium"}  # 0 and 4 are on every audit: they tell nothing
BUNYAN: dict[int, Severity] = {60: "critical", 50: "high", 40: "medium", 30: "info", 20: "info", 10: "info"}
# (key, in the order in which they are believed)
KEYS = (
    "security_severity_level", "severity_label", "severity_name", "severity_display_name", "severity_displayname",
    "severity", "alert_severity", "sev",
    "priority", "priority_name", "alert_priority", "urgency", "criticality", "risk_level", "risk_level_during_sign_in",
    "risk_level_aggregated", "threat_level", "threat_level_id", "risk", "severity_id",
    "severity_text", "nseverity", "level", "level_name", "log_level", "loglevel", "=l", "impact", "risk_score",
    "severity_score", "severity_number", "threat_score", "score", "cvss", "base_score", "confidence_level", "verdict",
)  # fmt: skip
# What tells something else as a rule: here only a word that is nothing but a step counts, and colours last.
STATES = (
    "alert_type", "state", "service_state", "host_state", "servicestate",
    "hoststate", "status", "state_value", "=type", "classification",
    "color", "colour", "theme_color",
)  # fmt: skip
# Under whatever name it stands: hardly anybody writes `P1` or `SEV-2` and means anything else. Not so `P5`: whoever
# calls an account that would make an alert quiet.
UNMISTAKABLE = re.compile(r"(?:P|(?i:sev)[ _-]?)[0-3]")
LOOSE = listed("state status type value classification servicestate hoststate")


def severity_of(key: str, value: Any) -> Severity | None:
    """What a value under this key says, or nothing when it says nothing."""
    if isinstance(value, bool) or value is None:
        return None
    if key.endswith(("color", "colour")):
        return colours.severity_of(value)
    loose = key.rpartition("_")[2] in LOOSE
    if isinstance(value, int | float):
        return by_number(key, float(value)) if 0 <= value <= 1000 and not loose else None
    text = str(value).lower()[:80]
    if loose:
        return STEP.get(folded(text).strip())
    if match := OUT_OF.fullmatch(text):
        return by_share(float(match[1]) / max(float(match[2]), 1))
    if match := NUMBER.fullmatch(text):
        return by_number(key, float(match[1]))
    return by_word(text)


def unmistakable(value: Any) -> Severity | None:
    """What a value says by itself, whatever its key is called."""
    return by_word(value) if isinstance(value, str) and UNMISTAKABLE.fullmatch(value.strip()) else None


def by_word(text: str) -> Severity | None:
    text = folded(text)
    tokens = (token.replace(" ", "").replace("-", "").replace("_", "") for token in TOKEN.findall(text))
    said = next((step for token in tokens if (step := STEP.get(token) or STEP.get(token.rstrip("0123456789")))), None)
    return said or (None if text.isascii() else next((STEP[word] for word in SIGNS if word in text), None))


def folded(text: str) -> str:
    """In lower case and without accents: `Élevé` and `eleve` are one word."""
    return unaccented(text.lower())


def by_number(key: str, number: float) -> Severity | None:
    """The key tells the scale: a priority counts from 1, syslog from 0, a score goes to 10 or 100, a rule to 15."""
    whole = int(number)
    if "syslog" in key or key.endswith(("severity_code", "facility_level")):
        return SYSLOG[whole] if 0 <= whole <= 7 else None
    if key.endswith("threat_level_id"):
        return PRIORITY[whole + 1] if 1 <= whole <= 3 else None  # MISP's 1 is high
    if key.endswith("nseverity"):
        return ZABBIX[whole] if 0 <= whole <= 5 else None
    if key.endswith(("rule_level", "alert_level")):
        return by_rule_level(whole)
    if key.endswith("alert_severity") and whole in (1, 2, 3):
        return PRIORITY[whole + 1]  # Suricata and Snort count down from 1
    # Whoever writes it short counts as for incidents: SEV1 is the worst.
    if key == "sev" or key.endswith("_sev"):
        return PRIORITY[whole] if 1 <= whole <= 5 else by_score(number)
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
