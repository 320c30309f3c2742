"""Lines of key=value, as firewalls, audit daemons and logfmt write them: `level=alert srcip=203.0.113.9 msg="..."`."""

from __future__ import annotations

import re
from typing import Any

A = re.ASCII
PAIR = re.compile(
    r"(?<![\w.=/?&-])([A-Za-z_][\w.-]{0,40})=(?:\"((?:[^\"\\]|\\.){0,4000})\"|'([^'\n]{0,4000})'|([^\s\"',;]{0,2000}))",
    A,
)
TIME = r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,:+Z-]{0,16})"
HEADER = re.compile(
    rf"^(?:<\d{{1,3}}>\d?\s?)?(?:(?P<time>{TIME})\s)?"
    r"(?:(?P<host>[A-Za-z0-9][A-Za-z0-9_.-]{0,62})\s)?(?:[\w./-]{1,48}(?:\[\d{1,10}\])?:\s)?",
    A,
)
LONGEST = 16_000
FEWEST = 3
# IBM's format counts its `sev` up to ten: https://www.ibm.com/docs/en/dsm?topic=leef-predefined-event-attributes
LEEF = re.compile(r"\bLEEF:\d\.\d\|", A)
# Of a sentence with an equals sign here and there the sentence is the message.
SHARE = 0.5


def read(text: str) -> dict[str, Any] | None:
    """The pairs of a line that is made of them, with what stands before the first; nothing when it is prose."""
    line = text.strip()[:LONGEST]
    found = list(PAIR.finditer(line))
    if len(found) < FEWEST or sum(len(match[0]) for match in found) < SHARE * len(line):
        return None
    fields = with_time(dict(flat(found)))
    if "sev" in fields and LEEF.search(line):
        fields["severity"] = fields.pop("sev")
    return {**of_header(line[: found[0].start()]), **fields}


def flat(found: list[re.Match[str]]) -> list[tuple[str, Any]]:
    """Pairs within a quoted value count too, as in the audit daemon's `msg='op=login acct="kim"'`."""
    told: list[tuple[str, Any]] = []
    for match in found:
        value = next((part for part in match.groups()[1:] if part is not None), "")
        inner = list(PAIR.finditer(value)) if match[3] else []
        told += flat(inner) if inner else [(match[1], value)]
    return [(key, value) for key, value in told if value and not value.startswith("audit(")]


def with_time(fields: dict[str, Any]) -> dict[str, Any]:
    """Some write the day and the time of day apart."""
    if {"date", "time"} <= fields.keys():
        return {**fields, "timestamp": f"{fields['date']} {fields['time']} {fields.get('tz', '')}".strip()}
    return fields


def of_header(before: str) -> dict[str, str]:
    """What syslog puts in front: when and which machine; then words that are a title by themselves."""
    match = HEADER.match(before)
    assert match is not None, "every part of it may be absent"
    words = before[match.end() :].strip(" :-|,;")
    # Without a time the first word is the start of a sentence and no machine.
    host = match["host"] if match["time"] else None
    title = words if match["time"] or not match["host"] else before.strip(" :-|,;")
    told = {"timestamp": match["time"], "host_name": host, "alert_title": title.strip("[] ")}
    return {key: value for key, value in told.items() if value}
