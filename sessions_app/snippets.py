"""The part of a text around a hit, as plain text, and where in it the hits are."""

import re
from collections.abc import Iterable
from typing import NamedTuple

LENGTH = 180
BEFORE = 60
CUT = "…"


class Snippet(NamedTuple):
    text: str
    # From and to, in characters (code points) of the text.
    marks: list[tuple[int, int]]

    def pieces(self) -> list[tuple[str, bool]]:
        """What is hit and what is not, in order: for who draws it."""
        found, last = [], 0
        for start, end in self.marks:
            found += [(self.text[last:start], False), (self.text[start:end], True)]
            last = end
        return [piece for piece in [*found, (self.text[last:], False)] if piece[0]]


def around(text: str, words: Iterable[str], *, length: int = LENGTH) -> Snippet:
    """The longest of the words first: where the whole phrase stands is the place to show."""
    flat = " ".join(text.split())
    ranked = sorted(words, key=len, reverse=True)
    hit = next((found for word in ranked if (found := _find(word, flat))), None)
    start, end = _window(flat, hit.start() if hit else 0, length)
    shown = (CUT if start else "") + flat[start:end] + (CUT if end < len(flat) else "")
    return Snippet(shown, marks(shown, ranked))


def marks(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    ranked = sorted(words, key=len, reverse=True)
    if not ranked:
        return []
    either = re.compile("|".join(map(re.escape, ranked)), re.IGNORECASE)
    return [found.span() for found in either.finditer(text)]


def _find(word: str, text: str) -> re.Match[str] | None:
    return re.compile(re.escape(word), re.IGNORECASE).search(text)


def _window(text: str, hit: int, length: int) -> tuple[int, int]:
    """From a little before the hit, at the beginning of a word where one is near."""
    start = max(0, min(hit - BEFORE, len(text) - length))
    if start and (space := text.find(" ", start, hit)) != -1 and space - start < BEFORE // 2:
        start = space + 1
    return start, min(len(text), start + length)
