"""A mask: the shapes of secrets, our own secrets, and names that are not to be said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from sessions_app.masking import named, own
from sessions_app.masking.openings import Openings
from sessions_app.masking.shapes import BEGINNINGS, LONGEST_BEGINNING, REACH, SHAPES, Shape
from sessions_app.masking.told import Told

NAME = "organization name"


class Span(NamedTuple):
    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Masked:
    """A text without its secrets, and how many of each kind it had."""

    text: str
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Mask:
    # Texts that are secret wherever they stand, with their kinds.
    secrets: Mapping[str, str] = field(default_factory=dict)
    # Names, masked as whole words only.
    names: frozenset[str] = frozenset()
    # What who speaks was told: a name that stands in it is repeated and not given away, and masking it would tell
    # whoever wrote it there that it is one.
    told: Told = field(default_factory=Told)

    def text(self, text: str) -> Masked:
        return self.ending(text, 0)

    def having_told(self, texts: Iterable[str]) -> Mask:
        """The same for who was told all this."""
        return replace(self, told=Told(tuple(texts)))

    def growing(self, text: str, after: int) -> tuple[Masked, int]:
        """Of a text that still grows what stands from `after` to where it can be judged, and where that is."""
        spans = _apart(self._spans(text, after))
        until = self._settled(text, after)
        for span in reversed(spans):
            if span.start < until < span.end:
                until = span.start
        return _written(text, after, until, [span for span in spans if span.end <= until]), until

    def ending(self, text: str, after: int) -> Masked:
        """What stands from `after` on, once nothing more comes."""
        return _written(text, after, len(text), _apart(self._spans(text, after)))

    def value(self, value: Any) -> tuple[Any, Counter[str]]:
        """The same for JSON: in every text of it, and in fields whose names say that they hold a secret."""
        counts = Counter[str]()
        return self._inside(value, counts), counts

    def _settled(self, text: str, after: int) -> int:
        """Where the first stands that may yet become a secret."""
        least, near = len(text), max(0, after - REACH)
        for shape in _likely(text[near:]):
            if (opens := shape.opens(text, near)) is not None:
                least = min(least, max(opens, after))
        if self._openings is not None:
            least = min(least, self._openings.start(text, after))
        ends = range(max(after, len(text) - LONGEST_BEGINNING), least)
        return next((at for at in ends if _begins(text, at)), least)

    def _spans(self, text: str, after: int) -> list[Span]:
        near = max(0, after - REACH)
        found = [Span(*span, shape.name) for shape in _likely(text[near:]) for span in shape.spans(text, near)]
        found += [Span(*match.span(), self.secrets[match[0]]) for match in self._find(self._secret, text, near)]
        named = (match for match in self._find(self._name, text, near) if not self.told.of(match[0]))
        found += [Span(*match.span(), NAME) for match in named]
        return [span for span in found if span.start >= after]

    def _find(self, pattern: re.Pattern[str] | None, text: str, near: int) -> Iterable[re.Match[str]]:
        return pattern.finditer(text, near) if pattern else ()

    def _inside(self, value: Any, counts: Counter[str], kind: str = "") -> Any:
        if isinstance(value, str):
            if kind and named.worth(value, of=kind):
                counts[kind] += 1
                return f"[masked: {kind}]"
            masked = self.text(value)
            counts.update(masked.counts)
            return masked.text
        if isinstance(value, list):
            return [self._inside(each, counts, kind) for each in value]
        if isinstance(value, dict):
            return {name: self._inside(each, counts, named.kind_of(str(name))) for name, each in value.items()}
        return value

    @cached_property
    def _secret(self) -> re.Pattern[str] | None:
        return (
            re.compile("|".join(map(re.escape, sorted(self.secrets, key=len, reverse=True)))) if self.secrets else None
        )

    @cached_property
    def _name(self) -> re.Pattern[str] | None:
        return re.compile(rf"(?<![A-Za-z0-9_])(?:{_any_of(self.names)})(?![A-Za-z0-9_])") if self.names else None

    @cached_property
    def _openings(self) -> Openings | None:
        return Openings.of([*self.secrets, *self.names])


def mask(text: str) -> str:
    """A text without what looks like a secret or is one of this installation's own."""
    return Mask(own.secrets()).text(text).text


def _any_of(texts: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(texts, key=len, reverse=True)))


def _begins(text: str, at: int) -> bool:
    return text[at:] in BEGINNINGS and not (at and text[at - 1].isalnum())


def _likely(text: str) -> list[Shape]:
    """The few shapes worth a search."""
    low = text.lower()
    return [shape for shape in SHAPES if any(hint in low for hint in shape.hints)]


def _written(text: str, after: int, until: int, spans: list[Span]) -> Masked:
    pieces, counts, end = list[str](), Counter[str](), after
    for span in spans:
        pieces += [text[end : span.start], f"[masked: {span.kind}]"]
        counts[span.kind] += 1
        end = span.end
    return Masked("".join([*pieces, text[end:until]]), counts)


def _apart(spans: list[Span]) -> list[Span]:
    """One after the other: of those that overlap the first gives its kind to all."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.start, -each.end)):
        if joined and span.start < joined[-1].end:
            joined[-1] = joined[-1]._replace(end=max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined
