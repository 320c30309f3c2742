"""A person's words, as far as a program without understanding can take them: names, durations, words to look for."""

import re
from dataclasses import dataclass

from sessions_app import indicators

_DURATION = re.compile(r"\b(\d{1,5})\s*(m|mins?|minutes?|h|hrs?|hours?|d|days?)\b", re.IGNORECASE)
_UNITS = {"m": 1, "h": 60, "d": 1440}
_QUOTED = re.compile(r"[\"“'‘]([^\"”'’“‘]{2,80})[\"”'’]")
_LOOK = re.compile(
    r"\b(?:look(?:ing)?\s+(?:at|for|into)|search(?:\s+the\s+(?:logs?|evidence))?(?:\s+for)?|grep(?:\s+for)?|find|check(?:\s+for)?)"
    r"\s+(?:the\s+|lines\s+with\s+|all\s+)?([\w.@:/\\-]{2,80})",
    re.IGNORECASE,
)
_FORBIDS = re.compile(
    r"\b(?:do\s*n[o']t|don't|never|not|no|wait|leave|ours?|own|pen\s?-?test|scanner|false\s+positive)\b", re.IGNORECASE
)
_BLOCK = re.compile(r"\b(un)?(?:block|ban|blacklist|deny|contain)\b", re.IGNORECASE)
_INSTEAD = re.compile(r"\b(?:instead|rather)\b", re.IGNORECASE)
_FILLER = frozenset(
    [
        "it",
        "this",
        "that",
        "them",
        "the",
        "again",
        "first",
        "more",
        "what",
        "who",
        "where",
        "when",
        "in",
        "at",
        "for",
        "evidence",
        "log",
        "logs",
    ]
)


@dataclass(frozen=True)
class Wish:
    text: str
    addresses: tuple[str, ...]
    minutes: int | None
    look_for: tuple[str, ...]
    forbids: bool
    blocks: bool
    unblocks: bool


def read(text: str) -> Wish:
    """Take a person's words apart."""
    verbs = [match[1] for match in _BLOCK.finditer(text)]
    return Wish(
        text=text,
        addresses=tuple(named(text)),
        minutes=minutes(text),
        look_for=tuple(look_for(text)),
        forbids=bool(_FORBIDS.search(text)),
        blocks=any(not undone for undone in verbs) or bool(_INSTEAD.search(text)),
        unblocks=any(verbs),
    )


def named(text: str) -> list[str]:
    """The addresses, domains, URLs and hashes a text names, in its own order."""
    found = [each.value for each in indicators.extract(text) if each.kind in ("ip", "domain", "url", "hash")]
    plain = indicators.refang(text).lower()
    return sorted(found, key=plain.find)


def minutes(text: str) -> int | None:
    """How long, when the words say it."""
    if match := _DURATION.search(text):
        return max(1, int(match[1]) * _UNITS[match[2][0].lower()])
    if re.search(r"\bhalf an hour\b", text, re.IGNORECASE):
        return 30
    return 60 if re.search(r"\b(?:an|one) hour\b", text, re.IGNORECASE) else None


def look_for(text: str) -> list[str]:
    """Words to look at in the evidence: quoted ones, and what follows *look at*, *search for*, *check*."""
    quoted = [match[1].strip() for match in _QUOTED.finditer(text)]
    asked = [match[1].strip(".,:;") for match in _LOOK.finditer(text)]
    words = [word for word in (*quoted, *asked) if word.lower() not in _FILLER and len(word) > 1]
    return list(dict.fromkeys(words))
