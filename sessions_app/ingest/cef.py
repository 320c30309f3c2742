"""The Common Event Format, as firewalls and scanners write it into a line: header, then key=value.

https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors/pdfdoc/cef-implementation-standard
"""

from __future__ import annotations

import re
from typing import Any

from sessions_app.indicators.names import is_hostname, is_internal
from sessions_app.ingest import times

START = re.compile(r"\bCEF:\s?\d{1,2}(?:\.\d)?\|", re.ASCII)
BAR = re.compile(r"(?<!\\)((?:\\\\){0,20})\|")
KEY = re.compile(r"(?:^|\s)([A-Za-z_][\w.\[\]-]{0,60})=", re.ASCII)
ESCAPED = re.compile(r"\\([\\|=nrt])")
PLAIN = {"n": "\n", "r": "\n", "t": "\t"}
WORDS = {"unknown": "medium", "low": "low", "medium": "medium", "high": "high", "very-high": "critical"}
# What the dictionary's short keys mean, in words that tell who acts, who is acted upon, and what it is.
KEYS = {
    "src": "source_ip", "dst": "destination_ip", "c6a2": "source_ipv6", "c6a3": "destination_ipv6",
    "sourceTranslatedAddress": "source_nat_ip", "dvc": "device_ip", "suser": "src_user_name",
    "duser": "target_user_name",
    "spt": "source_port", "dpt": "destination_port", "sproc": "source_process_name", "dproc": "process_name",
    "fname": "file_name", "filePath": "file_path", "fileHash": "file_hash", "request": "request_url",
    "dhost": "target_host", "shost": "source_host", "dvchost": "device_host_name", "act": "act_taken",
    "rt": "timestamp", "msg": "description", "outcome": "result", "cat": "category",
}  # fmt: skip
TIMES = ("rt", "end", "start", "deviceReceiptTime")
LABELLED = re.compile(r"(?:cs|cn|cfp|c6a|flexString|flexNumber|flexDate|deviceCustomDate)\d")


def read(text: str) -> dict[str, Any] | None:
    """What the line says, under names that a reader of any JSON understands; nothing when it is no CEF."""
    match = START.search(text[:2000])
    if match is None:
        return None
    header, rest = split(text[match.end() :])
    if len(header) < 6:
        return None
    vendor, product, version, signature, name, severity = (plain(part).strip() for part in header)
    fields = pairs(rest)
    return {
        "rule_name": name or signature or f"{vendor} {product}",
        "rule_id": f"{vendor}:{product}:{signature}",
        "severity": step(severity),
        "timestamp": when(fields, text[: match.start()]),
        "host_name": machine(fields),
        "vendor": vendor,
        "product": {"name": product, "version": version},
        **{named(key, value): value for key, value in labelled(fields).items() if key not in TIMES},
    }


def machine(fields: dict[str, str]) -> str:
    """Which machine it is about: who is acted upon; or, if that is a name out in the world, who calls it."""
    target = fields.get("dhost", "")
    inside = target if target and not (is_hostname(target) and not is_internal(target)) else ""
    return inside or fields.get("shost") or target or fields.get("dvchost") or ""


def split(text: str) -> tuple[list[str], str]:
    """The six parts of the header behind the version, and the extension."""
    parts: list[str] = []
    while len(parts) < 6 and (bar := BAR.search(text)):
        parts.append(text[: bar.end() - 1])
        text = text[bar.end() :]
    if len(parts) == 5:  # no extension, no bar behind the severity
        return [*parts, text], ""
    return parts, text


def pairs(text: str) -> dict[str, str]:
    """A value goes on to the next ` key=`; an equals sign of its own is escaped."""
    found = [match for match in KEY.finditer(text) if text[match.end() - 2] != "\\"]
    ends = [*(match.start() for match in found), len(text)][1:]
    return {match[1]: plain(text[match.end() : end]).strip() for match, end in zip(found, ends, strict=True)}


def labelled(fields: dict[str, str]) -> dict[str, str]:
    """`cs1=x cs1Label=Rule` says `Rule: x`."""
    known = {key: value for key, value in fields.items() if value and not key.endswith("Label")}
    return {
        (fields.get(f"{key}Label") or key) if LABELLED.fullmatch(key) else key: value for key, value in known.items()
    }


def named(key: str, value: str) -> str:
    """The name a value goes under; of a host, whether it is a name in the world's DNS."""
    name = KEYS.get(key, key)
    if name in ("target_host", "source_host") and is_hostname(value) and not is_internal(value):
        return name.replace("host", "domain")
    return name


def plain(text: str) -> str:
    return ESCAPED.sub(lambda match: PLAIN.get(match[1], match[1]), text)


def step(severity: str) -> str:
    """0 to 3 is low, to 6 medium, to 8 high, above that very high; some write the words."""
    if not severity.isdecimal():
        return WORDS.get(severity.lower(), "medium")
    number = int(severity)
    return "critical" if number >= 9 else "high" if number >= 7 else "medium" if number >= 4 else "low"


def when(fields: dict[str, str], before: str) -> str:
    """Its own time, else that of the syslog header in front of it."""
    own = next((fields[key] for key in TIMES if times.moment(fields.get(key))), "")
    return own or before.partition(">")[2] or before
