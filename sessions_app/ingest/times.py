"""When something happened, from however it was written down."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

A = re.ASCII
KEYS = (
    "timestamp", "occurred_at", "starts_at", "start_at", "started_at", "start_time", "event_time", "event_timestamp",
    "detected_at", "detection_time", "triggered_at", "time", "time_created", "system_time", "utc_time",
    "event_last_seen", "last_seen", "first_seen", "event_created", "date_time", "datetime", "date", "ts", "when",
    "published", "created_at", "created", "received_at", "updated_at",
)  # fmt: skip
ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T _](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s{0,2}(Z|UTC|[+-]\d\d:?\d\d)?",
    A | re.IGNORECASE,
)
SLASHED = re.compile(r"(\d{4})/(\d\d)/(\d\d)[ T](\d\d):(\d\d):(\d\d)()()", A)
APACHE = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d)(?: ([+-]\d{4}))?", A)
SYSLOG = re.compile(r"([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)", A)
EPOCH = re.compile(r"\d{9,19}(?:\.\d{1,9})?", A)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def moment(value: Any) -> datetime | None:
    """The time this value of an alert is, or nothing when it is none; without a zone it is UTC."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return from_epoch(value)
    text = value.strip()[:80] if isinstance(value, str) else ""
    if EPOCH.fullmatch(text):
        return from_epoch(float(text))
    return in_line(text) or from_mail(text)


def from_epoch(number: float) -> datetime | None:
    """Seconds, milli-, micro- or nanoseconds: told apart by their size."""
    if not 1e8 <= number < 1e20:
        return None
    while number >= 1e11:
        number /= 1000
    return sane(datetime.fromtimestamp(number, UTC))


def from_mail(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return sane(when if when.tzinfo else when.replace(tzinfo=UTC))


def in_line(line: str, near: datetime | None = None) -> datetime | None:
    """The time a log line starts with or names first. Syslog tells no year: the last one that is not after `near`."""
    if match := SYSLOG.match(line):
        return of_syslog(match[0], near or datetime.now(UTC))
    head = line[:200]
    if match := ISO.search(head) or SLASHED.search(head):
        year, month, day, hour, minute, second, fraction, zone = match.groups()
        return at(int(year), int(month), int(day), (hour, minute, second), zone, (fraction or "")[:6].ljust(6, "0"))
    if (match := APACHE.search(head)) and match[2] in MONTHS:
        return at(int(match[3]), MONTHS.index(match[2]) + 1, int(match[1]), match.group(4, 5, 6), match[7])
    found = SYSLOG.search(head)
    return of_syslog(found[0], near or datetime.now(UTC)) if found else None


@lru_cache(maxsize=4096)
def of_syslog(text: str, near: datetime) -> datetime | None:
    month, day, *clock = SYSLOG.fullmatch(text).groups()  # type: ignore[union-attr]  # it is what SYSLOG found
    if month not in MONTHS:
        return None
    for year in range(near.year + 1, near.year - 5, -1):  # five years: one of them has a 29th of February
        when = at(year, MONTHS.index(month) + 1, int(day), tuple(clock), None)
        if when and when <= near + timedelta(days=1):
            return when
    return None


def at(year: int, month: int, day: int, clock: tuple[str, ...], zone: str | None, micro: str = "0") -> datetime | None:
    hour, minute, second = (int(part or 0) for part in clock)
    try:
        when = datetime(year, month, day, hour, minute, min(second, 59), int(micro), UTC)
        return sane(when - offset(zone))
    except (ValueError, OverflowError):
        return None


def offset(zone: str | None) -> timedelta:
    if not zone or zone[0] not in "+-":
        return timedelta()
    digits = zone[1:].replace(":", "")
    east = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
    return east if zone[0] == "+" else -east


def sane(when: datetime) -> datetime | None:
    """Zero times (year 1, 1970) mean "not set" to those who send them."""
    return when.astimezone(UTC) if EARLIEST < when < LATEST else None
