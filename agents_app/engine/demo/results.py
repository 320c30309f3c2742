"""Reading tool results: the counts, lines and times that the demo model may name."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Tally:
    """What summarize_evidence counted."""

    files: tuple[str, ...] = ()
    lines: int = 0
    first: str = ""
    last: str = ""
    counts: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def top(self, what: str) -> tuple[str, int] | None:
        return next(iter(self.counts.get(what, [])), None)

    def count(self, value: str) -> int:
        return next((n for pairs in self.counts.values() for each, n in pairs if each == value), 0)


@dataclass(frozen=True)
class Hits:
    """What search_evidence found."""

    query: str
    total: int
    lines: tuple[str, ...] = ()


def tally(result: Any) -> Tally:
    if not isinstance(result, dict):
        return Tally()
    return Tally(
        files=tuple(_name(each) for each in result.get("files", [])),
        lines=_number(result.get("lines")),
        first=_text(result.get("first_time") or result.get("first")),
        last=_text(result.get("last_time") or result.get("last")),
        counts={key: _pairs(value) for key, value in result.items() if isinstance(value, list) and key != "files"},
    )


def hits(args: dict[str, Any], result: Any) -> Hits:
    query = next((value for value in args.values() if isinstance(value, str)), "")
    if not isinstance(result, dict):
        return Hits(query, 0)
    found = next((value for value in result.values() if isinstance(value, list)), [])
    total = next(
        (_number(result[key]) for key in ("matches", "total", "count") if isinstance(result.get(key), int)), len(found)
    )
    return Hits(query, total, tuple(_line(each) for each in found))


def _pairs(items: list[Any]) -> list[tuple[str, int]]:
    pairs = [
        (_text(item.get("value") or item.get("name")), _number(item.get("count")))
        for item in items
        if isinstance(item, dict)
    ]
    return [(value, count) for value, count in pairs if value]


def _line(item: Any) -> str:
    return _text(item.get("text") or item.get("line")) if isinstance(item, dict) else _text(item)


def _name(item: Any) -> str:
    return (
        _text(item.get("filename") or item.get("file") or item.get("name")) if isinstance(item, dict) else _text(item)
    )


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
