"""How much of a text that grows is held back since one of our own secrets, or a name, may begin there.

What is held back can be seen from outside, and who has guesses repeated could walk along a secret by it, sign by sign.
So only its first two signs are asked for and never one more: from them on all is held back that no secret could
outlast, whatever is said meanwhile. To ask for none would be to hold back the last word of every text, and each word
would come to the screen only with the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

SIGNS = 2
# Nobody need learn how long a secret is.
ROUNDED_TO = 32
SPACE = re.compile(r"\s")


@dataclass(frozen=True)
class Openings:
    begin: re.Pattern[str]
    # The first signs alone: the next may be the second.
    first: frozenset[str]
    longest: int
    # How many spaces there may be in one: after more of them a word has come that belongs to none.
    spaces: int

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Openings | None:
        known = sorted(secrets)
        if not known:
            return None
        begin = sorted({secret[:SIGNS] for secret in known})
        longest = -(-(max(map(len, known)) + 1) // ROUNDED_TO) * ROUNDED_TO
        spaces = max(len(SPACE.findall(secret)) for secret in known)
        return cls(re.compile("|".join(map(re.escape, begin))), frozenset(s[0] for s in begin), longest, spaces)

    def start(self, text: str, after: int) -> int:
        """Where the first may begin that the end of the text cuts; the end itself if none."""
        near = max(after, len(text) - self.longest)
        words = [space.end() for space in SPACE.finditer(text, near)]
        near = words[-1 - self.spaces] if len(words) > self.spaces else near
        if begun := self.begin.search(text, near):
            return begun.start()
        return len(text) - (near < len(text) and text[-1] in self.first)
