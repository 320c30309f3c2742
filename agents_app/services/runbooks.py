"""Runbooks: what to do about which kind of trouble, found by words and by MITRE technique."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from agents_app.models import Runbook
from sessions_app.models import Incident, Organization

FOLDER = Path(__file__).parent.parent / "runbooks"
HEAD = re.compile(r"---\n(.*?)\n---\n", re.DOTALL)
BETWEEN_WORDS = re.compile(r"[^\w.]+")
OF_A_TECHNIQUE, OF_ITS_FAMILY, OF_A_PHRASE, OF_A_WORD = 6, 4, 3, 1
BY_ITS_NAME = 20
# A word of a question as short as this stands everywhere.
SHORTEST = 4
MOST_ALERTS = 5


@dataclass(frozen=True, slots=True)
class Guide:
    title: str
    words: tuple[str, ...]
    techniques: tuple[str, ...]
    body: str
    shipped: bool


@dataclass(frozen=True, slots=True)
class Match:
    """A runbook that fits, and why."""

    guide: Guide
    score: int
    why: tuple[str, ...]
    # A technique or a whole phrase says so; single words happen to stand anywhere.
    sure: bool


def of(organization: Organization | UUID) -> list[Guide]:
    """All that an organisation has: its own, and those of the product whose title it has not taken."""
    rows = list(Runbook.objects.filter(organization=organization).order_by("title"))
    # One that is not enabled takes a shipped one's place too: so an organisation does without it.
    taken = {row.title.casefold() for row in rows}
    others = (each for each in shipped() if each.title.casefold() not in taken)
    return [*(_own(row) for row in rows if row.enabled), *others]


def find(organization: Organization | UUID, text: str, techniques: Iterable[str] = ()) -> list[Match]:
    """Those that fit, the best first; of equals the organisation's own."""
    asked = tuple(each.upper() for each in techniques)
    found = [_match(guide, text, asked) for guide in of(organization)]
    return sorted((each for each in found if each.score), key=lambda each: (-each.score, each.guide.shipped))


def applying(incident: Incident) -> list[Match]:
    """Those that fit what an incident's alerts say; without an alert, what its title and description say."""
    alerts = incident.alerts.order_by("id").values_list("title", flat=True)[:MOST_ALERTS]
    words = " ".join((incident.title, incident.description, *alerts))
    return [each for each in find(incident.organization_id, words, incident.techniques) if each.sure]


@lru_cache(maxsize=1)
def shipped() -> tuple[Guide, ...]:
    return tuple(_read(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.md")))


def _read(text: str) -> Guide:
    head = HEAD.match(text)
    assert head is not None, "a runbook begins with its title, words and techniques"
    fields = dict(line.split(": ", 1) for line in head[1].splitlines())
    words, techniques = _listed(fields["words"]), _listed(fields["techniques"])
    return Guide(fields["title"], words, techniques, text[head.end() :].strip(), shipped=True)


def _own(row: Runbook) -> Guide:
    techniques = tuple(each.upper() for each in _listed(row.techniques))
    return Guide(row.title, _listed(row.words), techniques, row.body.strip(), shipped=False)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


def _match(guide: Guide, text: str, techniques: tuple[str, ...]) -> Match:
    plain = _plain(text)
    sure, words = [*_by_technique(guide, techniques), *_by_phrase(guide, plain)], list(_by_word(guide, plain))
    reasons = [*sure, *words]
    why = tuple(dict.fromkeys(why for _, why in (sure or words)))
    return Match(guide, sum(score for score, _ in reasons), why, bool(sure))


def _by_technique(guide: Guide, techniques: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    families = {each.partition(".")[0] for each in guide.techniques}
    for each in techniques:
        if each in guide.techniques:
            yield OF_A_TECHNIQUE, f"technique {each}"
        elif each.partition(".")[0] in families:
            yield OF_ITS_FAMILY, f"technique {each}"


def _by_phrase(guide: Guide, text: str) -> Iterator[tuple[int, str]]:
    """A phrase at the beginning of words: `failed logins` has `failed login`, a `blackout` no `lockout`."""
    if _plain(guide.title) in text:
        yield BY_ITS_NAME, "its title"
    yield from ((OF_A_PHRASE, f"“{phrase}”") for phrase in guide.words if _plain(phrase).rstrip() in text)


def _by_word(guide: Guide, text: str) -> Iterator[tuple[int, str]]:
    known = {word for phrase in (guide.title, *guide.words) for word in _plain(phrase).split()}
    return ((OF_A_WORD, f"“{word}”") for word in dict.fromkeys(text.split()) if len(word) >= SHORTEST and word in known)


def _plain(text: str) -> str:
    """Lower case and single spaces, whatever stood between the words: brute-force is brute force."""
    return f" {BETWEEN_WORDS.sub(' ', text.lower()).strip()} "
