"""Reading tool results: the counts, lines and times that the demo model may name."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

KINDS = ("addresses", "users", "hosts")


@dataclass(frozen=True)
class Count:
    """How often a value stands in the logs, and how many of those lines speak of failure or success."""

    value: str
    lines: int
    failed: int = 0
    accepted: int = 0
    # Where the first lines of success stand, and what they say.
    successes: tuple["Place", ...] = ()


@dataclass(frozen=True)
class Place:
    """A line of the evidence; `name` is what the tools know it by."""

    name: str
    text: str


@dataclass(frozen=True)
class Moment:
    """An entry of a timeline."""

    at: datetime
    text: str
    source: str


@dataclass(frozen=True)
class Tally:
    """What summarize_evidence counted in the logs; what only the alert itself names is left out: it proves nothing."""

    logs: int = 0
    lines: int = 0
    failed: int = 0
    accepted: int = 0
    span: str = ""
    counts: dict[str, list[Count]] = field(default_factory=dict)

    def top(self, kind: str) -> Count | None:
        return next(iter(self.counts.get(kind, [])), None)

    def of(self, value: str) -> Count:
        return next(
            (each for counts in self.counts.values() for each in counts if each.value == value), Count(value, 0)
        )


@dataclass(frozen=True)
class Hits:
    """What search_evidence found in the logs; `total` counts also the lines that are not shown."""

    query: str
    total: int
    lines: tuple[str, ...] = ()
    # No log holds it, but the alert itself does.
    of_alert: bool = False


def tally(result: Any) -> Tally:
    if not isinstance(result, dict) or not _number(result.get("logs")):
        return Tally()
    return Tally(
        logs=_number(result.get("logs")),
        lines=_number(result.get("lines")),
        failed=_number(result.get("failed")),
        accepted=_number(result.get("accepted")),
        span=span(result.get("first"), result.get("last")),
        counts={kind: _counts(result.get(kind)) for kind in KINDS},
    )


def hits(args: dict[str, Any], result: Any) -> Hits:
    query = _text(args.get("query"))
    if not isinstance(result, dict):
        return Hits(query, 0)
    if result.get("of_alert"):
        return Hits(query, 0, of_alert=bool(_number(result.get("total"))))
    lines = [_text(each.get("text")) for each in result.get("hits") or [] if isinstance(each, dict)]
    return Hits(query, _number(result.get("total")), tuple(lines))


def described(result: Any) -> int:
    """How many lines of the logs hold what describe_indicator was asked about."""
    return _number(result.get("count")) if isinstance(result, dict) and not result.get("of_alert") else 0


def noted(result: Any) -> int:
    """How often the incident's list of indicators says it was seen: in files and alerts together."""
    return _number(result.get("seen_count")) if isinstance(result, dict) else 0


def span(first: Any, last: Any) -> str:
    """From when to when, by the clock: many logs write no year, so a date would be a guess."""
    try:
        start, end = datetime.fromisoformat(_text(first)), datetime.fromisoformat(_text(last))
    except ValueError:
        return ""
    days = (end.date() - start.date()).days
    later = {0: "", 1: " the next day"}.get(days, f", {days} days later")
    return f"from {start:%H:%M:%S} to {end:%H:%M:%S}{later}" if start != end else f"at {start:%H:%M:%S}"


def _counts(items: Any) -> list[Count]:
    found = [item for item in items or [] if isinstance(item, dict) and _text(item.get("value"))]
    rows = [item for item in found if not item.get("of_alert")]
    return [
        Count(
            value=row["value"], lines=_number(row.get("count")), failed=_number(row.get("failed")),
            accepted=_number(row.get("accepted")), successes=tuple(_places(row.get("accepted_examples"))),
        )
        for row in rows
    ]  # fmt: skip


def _places(hits: Any) -> list[Place]:
    found = [each for each in hits or [] if isinstance(each, dict)]
    return [Place(f"{_text(each.get('filename'))}:{each.get('line')}", _text(each.get("text"))) for each in found]


def moments(result: Any) -> list[Moment]:
    """What timeline_of put in order, as far as it says when."""
    entries = result.get("entries") if isinstance(result, dict) else None
    found = [each for each in entries or [] if isinstance(each, dict)]
    return [
        Moment(at, _text(each.get("text")), _text(each.get("source")))
        for each in found
        if (at := _moment(_text(each.get("at")))) is not None
    ]


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
