"""Reading tool results: the counts, lines and times that the demo model may name."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

KINDS = ("addresses", "users", "hosts")


@dataclass(frozen=True)
class Count:
    """How often a value stands in the evidence, and how many of those lines speak of failure or success."""

    value: str
    lines: int
    failed: int = 0
    accepted: int = 0


@dataclass(frozen=True)
class Tally:
    """What summarize_evidence counted."""

    lines: int = 0
    failed: int = 0
    accepted: int = 0
    first: str = ""
    last: str = ""
    counts: dict[str, list[Count]] = field(default_factory=dict)

    def top(self, kind: str) -> Count | None:
        return next(iter(self.counts.get(kind, [])), None)

    def of(self, value: str) -> Count:
        return next((each for counts in self.counts.values() for each in counts if each.value == value), Count(value, 0))


@dataclass(frozen=True)
class Hits:
    """What search_evidence found; `total` counts also the lines that are not shown."""

    query: str
    total: int
    lines: tuple[str, ...] = ()


def tally(result: Any) -> Tally:
    if not isinstance(result, dict):
        return Tally()
    return Tally(
        lines=_number(result.get("lines")),
        failed=_number(result.get("failed")),
        accepted=_number(result.get("accepted")),
        first=moment(result.get("first")),
        last=moment(result.get("last")),
        counts={kind: _counts(result.get(kind)) for kind in KINDS},
    )


def hits(args: dict[str, Any], result: Any) -> Hits:
    query = _text(args.get("query"))
    if not isinstance(result, dict):
        return Hits(query, 0)
    lines = [_text(each.get("text")) for each in result.get("hits") or [] if isinstance(each, dict)]
    return Hits(query, _number(result.get("total")), tuple(lines))


def moment(value: Any) -> str:
    """A time as people read it."""
    try:
        at = datetime.fromisoformat(_text(value))
    except ValueError:
        return _text(value)
    return f"{at.astimezone(UTC) if at.tzinfo else at:%Y-%m-%d %H:%M:%S}{' UTC' if at.tzinfo else ''}"


def _counts(items: Any) -> list[Count]:
    rows = [item for item in items or [] if isinstance(item, dict) and _text(item.get("value"))]
    return [Count(row["value"], *(_number(row.get(name)) for name in ("count", "failed", "accepted"))) for row in rows]


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
