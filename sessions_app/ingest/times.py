"""When something happened, from however it was written down."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

A = re.ASCII
KEYS = (
    "utc_time",
    "last_timestamp",
    "timestamp",
    "occurred_at",
    "starts_at",
    "start_at",
    "started_at",
    "start_time",
    "event_time",
    "event_timestamp",
    "detected_at",
    "detection_time",
    "triggered_at",
    "time",
    "time_created",
    "system_time",
    "event_last_seen",
    "last_seen",
    "first_seen",
    "event_created",
    "date_time",
    "datetime",
    "date",
    "ts",
    "when",
    "published",
    "identified_at",
    "fired_date_time",
    "time_generated",
    "created_time_utc",
    "start_time_utc",
    "event_creation_time",
    "shortdatetime",
    "=t",
    "state_change_time",
    "created_date_time",
    "created_at",
    "created",
    "received_at",
    "updated_at",
)
# Of any other name that ends so, but for what tells when something ends or was changed.
ENDINGS = (
    "time",
    "timestamp",
    "at",
    "date",
    "datetime",
    "eventtime",
    "ts",
    "utc",
    "updated",
    "on",
    "seen",
    "found",
    "started",
)
OTHER_TIMES = re.compile(
    r"(?:^|_)(?:end|ends|ended|expir\w*|until|due|next|modified|birth|build|valid|not|uptime|interval)(?:_|$)"
)
ISO = re.compile(
    r"(\d{4})[-.](\d\d)[-.](\d\d)[T _](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s{0,2}(Z|UTC|[+-]\d\d:?\d\d)?",
    A | re.IGNORECASE,
)
SLASHED = re.compile(r"(\d{4})/(\d\d)/(\d\d)[ T](\d\d):(\d\d):(\d\d)()()", A)
# 20.11.2026 08:00, 11/20/2026 8:00:00 AM; 2026年11月20日 08:00:00 and 20261120T080000Z stand under ISO's order.
EUROPEAN = re.compile(
    r"(\d{1,2})[./](\d{1,2})[./](\d{4}),?\s(\d{1,2}):(\d\d)(?::(\d\d))?\s?([AP]M)?", A | re.IGNORECASE
)
EASTERN = re.compile(
    r"(\d{4})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日\s?(\d{1,2})[:時时点](\d{1,2})(?:[:分](\d{1,2}))?", A
)
BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)T?(\d\d)(\d\d)(\d\d)(?:Z|$)", A)
DAY = re.compile(r"(\d{4})[-/.](\d\d)[-/.](\d\d)", A)
NET = re.compile(r"/Date\((\d{9,14})(?:[+-]\d{4})?\)/", A)
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
    if EPOCH.fullmatch(text) and not BASIC.fullmatch(text):
        return from_epoch(float(text))
    if match := NET.fullmatch(text):
        return from_epoch(float(match[1]))
    return in_line(text) or written(text) or from_mail(text)


def written(text: str) -> datetime | None:
    """As people and programs of other countries write it. Of 05/06/2026 the day comes first, but before AM or PM."""
    if match := EASTERN.match(text) or BASIC.match(text):
        year, month, day, hour, minute, second = match.groups()
        return at(int(year), int(month), int(day), (hour, minute, second), None)
    if match := EUROPEAN.match(text):
        one, two, year, hour, minute, second, half = match.groups()
        day, month = (one, two) if int(two) <= 12 and not half else (two, one)
        hours = int(hour) % 12 + (12 if half.upper() == "PM" else 0) if half else int(hour)
        return at(int(year), int(month), int(day), (str(hours), minute, second), None)
    match = DAY.fullmatch(text)
    return at(int(match[1]), int(match[2]), int(match[3]), ("0", "0", "0"), None) if match else None


def from_epoch(number: float) -> datetime | None:
    """Seconds, milli-, micro- or nanoseconds, Windows' file times and .NET's ticks: told apart by their size."""
    if not 1e8 <= number < 1e20:
        return None
    if 1.2e17 <= number < 1.5e17:
        number = number / 1e7 - 11_644_473_600
    elif 6.2e17 <= number < 6.6e17:
        number = number / 1e7 - 62_135_596_800
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
