"""One indicator as it was found: what kind of thing it is, and its value in one normal form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["ip", "domain", "url", "hash", "user", "host", "email", "process", "file"]
KINDS: tuple[Kind, ...] = ("ip", "domain", "url", "hash", "user", "host", "email", "process", "file")
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Found:
    kind: Kind
    value: str


def unique(found: list[Found]) -> list[Found]:
    """Each indicator once, in the order of its first sight."""
    return list(dict.fromkeys(found))


def listed(words: str) -> frozenset[str]:
    """A set of words written as a sentence: long lists stay readable."""
    return frozenset(words.split())
