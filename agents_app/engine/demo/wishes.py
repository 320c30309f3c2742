"""A person's words, as far as a program without understanding can take them, clause by clause."""

import re
from dataclasses import dataclass

from sessions_app import indicators
from sessions_app.indicators.found import listed

_CLAUSES = re.compile(
    r"[.;!?](?=\s|$)|[,\n]|\s-+\s|\b(?:but|and|then)\b|(?=\b(?:instead of|rather than)\b)", re.IGNORECASE
)
_DURATION = re.compile(r"\b(\d{1,5})\s*(m|mins?|minutes?|h|hrs?|hours?|d|days?)\b", re.IGNORECASE)
_UNITS = {"m": 1, "h": 60, "d": 1440}
# A duration that says how long, and not when something was or will be.
_HOW_LONG = re.compile(
    r"\b(?:enough|only|just|at most|max\w*|short\w*|long\w*|suffic\w*|instead|rather|make it|for|block\w*)\b"
)
_WHEN = re.compile(r"\b(?:ago|since|later|again|in \d)", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“'‘]([^\"”'’“‘]{2,80})[\"”'’]")
_LOOK = re.compile(
    r"\b(?:look(?:ing)?\s+(?:at|for|into)|search(?:\s+the\s+(?:logs?|evidence))?(?:\s+for)?|grep(?:\s+for)?|find|check(?:\s+for)?)"
    r"\s+(?:the\s+|lines\s+with\s+|all\s+)?([\w.@:/\\-]{2,80})",
    re.IGNORECASE,
)
_FORBIDS = re.compile(
    r"\b(?:do\s*n[o']t|don['’]?t|never|not|no|wait|leave|spare|ours?|own|pen\s?-?test|scanner|false\s+(?:positive|alarm)|"
    r"instead of|rather than)\b",
    re.IGNORECASE,
)
_BENIGN = re.compile(
    r"\b(?:ours?|our own|my own|pen\s?-?test\w*|scanner|false\s+(?:positive|alarm)|legitimate|benign|harmless|expected|"
    r"authori[sz]ed|partner\w*|customer\w*|maintenance|planned)\b",
    re.IGNORECASE,
)
# What a name is made of says nothing: no-reply.example forbids nothing.
_DOTTED = re.compile(r"\S{1,250}\.\S{1,250}")
_BLOCK = re.compile(r"\b(un)?(?:block|ban|blacklist|deny|contain)\b", re.IGNORECASE)
_INSTEAD = re.compile(r"\b(?:instead|rather)\b(?! of| than)", re.IGNORECASE)
_NEGATES = re.compile(r"\b(?:do\s*n[o']t|don['’]?t|never|not|no need|leave)\b", re.IGNORECASE)
_WATCH = re.compile(r"\b(?:watch|monitor|observe|keep\s+(?:an\s+)?eyes?\s+on)\b", re.IGNORECASE)
_WAITS = re.compile(r"\b(?:wait|hold\s+(?:on|off|it)|stand\s+by|postpone|later|not\s+(?:now|yet))\b", re.IGNORECASE)
# What hangs on something else is not asked for now.
_CONDITION = re.compile(r"\b(?:before|unless|once|when|if|as soon as|after(?!\s+all))\b", re.IGNORECASE)
_ONE_THEN_THE_OTHER = re.compile(
    r"\b(?:then|first|(?:wait|hold)\b.{0,60}\b(?:for|until|till))\b", re.IGNORECASE | re.DOTALL
)
_BY_KIND = re.compile(r"\b(?:the|its|that|this)\s+(domain|address|ip|url|link|hash)\b(?!\s+\S*\.)", re.IGNORECASE)
_KINDS = {"address": "ip", "link": "url"}
# What a person may ask for and no tool of the crew does.
_FOR_PEOPLE = re.compile(
    r"\b(?:ask|call|phone|tell|inform|notify|contact|page|escalate|raise|disable|lock|suspend|revoke|rotate|reset|isolate|"
    r"quarantine|restart|reboot|shut|kill|stop|patch|restore|image|snapshot|dump|capture|collect|preserve|confirm|verify|"
    r"talk|speak|get|send|open|close|resolve)\b",
    re.IGNORECASE,
)
_FILLER = listed(
    "it this that them these those the again first more what who where when why how out if whether in at for with "
    "evidence log logs lines line"
)


@dataclass(frozen=True)
class Wish:
    text: str
    addresses: tuple[str, ...]
    # Those a clause asks to block, and does not forbid.
    targets: tuple[str, ...]
    # Those that are to be watched.
    watched: tuple[str, ...]
    # The same said by kind, as in *the domain*.
    target_kinds: tuple[str, ...]
    watched_kinds: tuple[str, ...]
    minutes: int | None
    look_for: tuple[str, ...]
    # What only people can do, in the person's own words.
    for_people: tuple[str, ...]
    forbids: bool
    blocks: bool
    # A block is spoken of, for later.
    put_off: bool
    waits: bool
    unblocks: bool
    benign: bool


def read(text: str) -> Wish:
    """Take a person's words apart: what one clause forbids another may ask for."""
    clauses = [clause.strip() for clause in _CLAUSES.split(text) if clause.strip()]
    asked = [clause for clause in clauses if _asks_to_block(clause)]
    asking = [clause for clause in asked if not _later(clause, clauses, text)]
    watching = [clause for clause in clauses if _WATCH.search(clause) and not _NEGATES.search(clause)]
    return Wish(
        text=text,
        addresses=tuple(named(text)),
        targets=tuple(address for clause in asking for address in named(clause)),
        watched=tuple(address for clause in watching for address in named(clause)),
        target_kinds=_kinds(asking),
        watched_kinds=_kinds(watching),
        minutes=next((found for clause in clauses if (found := _how_long(clause))), None),
        look_for=tuple(look_for(text)),
        for_people=tuple(each for each in clauses if _FOR_PEOPLE.search(each) and not _NEGATES.search(each)),
        forbids=any(_FORBIDS.search(clause) for clause in clauses),
        blocks=bool(asking),
        put_off=len(asking) < len(asked),
        waits=bool(_WAITS.search(text)),
        unblocks=any(match[1] for match in _BLOCK.finditer(text)),
        benign=bool(_BENIGN.search(text)),
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


def _asks_to_block(clause: str) -> bool:
    verbs = [match[1] for match in _BLOCK.finditer(clause)]
    wants = any(not undone for undone in verbs) or bool(_INSTEAD.search(clause) and not _asks_for_less(clause))
    return wants and not _FORBIDS.search(_DOTTED.sub(" ", clause))


def _asks_for_less(clause: str) -> bool:
    """*Instead* goes with whatever is asked for; by itself, as in *192.0.2.1 instead*, with what was refused."""
    return any(verbs.search(clause) for verbs in (_WATCH, _LOOK, _FOR_PEOPLE))


def _later(clause: str, clauses: list[str], text: str) -> bool:
    """Only once something else has been done, or has happened."""
    follows = clause != clauses[0] and _ONE_THEN_THE_OTHER.search(_DOTTED.sub(" ", text))
    return bool(follows or _CONDITION.search(_DOTTED.sub(" ", clause)))


def _kinds(clauses: list[str]) -> tuple[str, ...]:
    found = (match[1].lower() for clause in clauses for match in _BY_KIND.finditer(clause))
    return tuple(_KINDS.get(noun, noun) for noun in found)


def _how_long(clause: str) -> int | None:
    """A duration that a block may take: not *10 minutes ago*, nor in a clause that says no."""
    alone = len(clause.split()) <= 2
    if _WHEN.search(clause) or _FORBIDS.search(clause) or not (alone or _HOW_LONG.search(clause.lower())):
        return None
    return minutes(clause)
