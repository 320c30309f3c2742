"""Asking a JSON document questions by the names its writer may have used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property, wraps
from typing import Any, TypeVar

from sessions_app.indicators import Found, from_json
from sessions_app.indicators.found import listed
from sessions_app.indicators.leaves import SENT, Leaf, leaves
from sessions_app.ingest import severities, times
from sessions_app.ingest.alert import Severity
from sessions_app.ingest.techniques import techniques

# The other end of a connection is not the machine or the person the alert is about.
THEIRS = re.compile(r"(?:^|_)(?:dest|destination|dst|remote|peer|query|callback)_?(?:host|device|server|machine|node)")
T = TypeVar("T")
# Of as many values under one name somebody may have written a time: a document may hold ten thousand that are none.
TRIED = 20
# What may stand before a name that tells of the alert itself: the `status` of an HTTP answer or of a process does not.
ABOUT_IT = listed(
    "alert alerts alarm incident event data payload detail details issue problem monitor check finding offense trigger "
    "notification service host message current new heartbeat threat info essentials properties attributes labels "
    "evt kibana workflow result state"
)
EMPTY = frozenset({"", "-", "?", "n/a", "none", "null", "unknown", "undefined", "<na>", "nil"})


def once(ask: Callable[[Reading, tuple[str, ...]], T]) -> Callable[[Reading, Iterable[str]], T]:
    """Answer each question once: a wrapper is asked again for each of the many documents that came in it."""

    @wraps(ask)
    def answer(reading: Reading, names: Iterable[str]) -> T:
        asked = (ask.__name__, *names)
        if asked not in reading.answers:
            reading.answers[asked] = ask(reading, asked[1:])
        found: T = reading.answers[asked]
        return found

    return answer


class Reading:
    """A document and, behind it, the wrapper it came in: asked only when the document itself has no answer."""

    def __init__(
        self, document: Any, around: Reading | None = None, *, raw: Any = None, sender: Reading | None = None
    ) -> None:
        self.document = document
        self.around = around
        # What its sender says by itself, where part of the document was read from a text: that may be an attacker's.
        self.sender = sender or self
        # What was sent, where the document is what we made of it.
        self.raw = document if raw is None else raw
        self.answers: dict[tuple[str, ...], Any] = {}

    @cached_property
    def leaves(self) -> list[Leaf]:
        return [
            leaf
            for leaf in leaves(self.document)
            if not (isinstance(leaf.value, str) and leaf.value.strip().lower() in EMPTY)
        ]

    @cached_property
    def by_last_word(self) -> dict[str, list[Leaf]]:
        """Leaves by the last word of their path, shallow ones first: most questions touch a handful."""
        index: dict[str, list[Leaf]] = {}
        for leaf in sorted(self.leaves, key=lambda leaf: leaf.depth):
            index.setdefault(leaf.name.rpartition("_")[2], []).append(leaf)
        return index

    @cached_property
    def indicators(self) -> tuple[Found, ...]:
        return tuple(from_json(self.document))

    @cached_property
    def techniques(self) -> tuple[str, ...]:
        return techniques(self.leaves) or (self.around.techniques if self.around else ())

    def called(self, name: str) -> list[Leaf]:
        """Leaves whose path ends in these words; with `=` before it, whose whole path is these words."""
        if name.startswith("="):
            return [
                leaf for leaf in self.by_last_word.get(name.rpartition("_")[2].lstrip("="), ()) if leaf.name == name[1:]
            ]
        ending = self.by_last_word.get(name.rpartition("_")[2], ())
        return [leaf for leaf in ending if leaf.called(name) and not was_sent(leaf, name)]

    @once
    def text(self, names: tuple[str, ...]) -> str:
        """The first text under the first of these names that has one."""
        for name in names:
            for leaf in self.called(name):
                if isinstance(leaf.value, str):
                    return leaf.value.strip()
        return self.around.text(names) if self.around else ""

    @once
    def own(self, names: tuple[str, ...]) -> str:
        """The same of its own keys alone."""
        said = (leaf.value for name in names for leaf in self.called(name) if leaf.depth == 1)
        return next((value.strip() for value in said if isinstance(value, str)), "")

    @once
    def word(self, names: tuple[str, ...]) -> str:
        """As `text`, but numbers count and only short, single lines do: an id, a name."""
        for name in names:
            for leaf in self.called(name):
                if is_word(leaf.value) and not THEIRS.search(leaf.name):
                    return str(leaf.value).strip()
        return self.around.word(names) if self.around else ""

    @once
    def words(self, names: tuple[str, ...]) -> list[str]:
        """Every word under any of these names, in the order of the names."""
        return [
            str(leaf.value).strip()
            for name in names
            for leaf in self.called(name)
            if is_word(leaf.value) and not THEIRS.search(leaf.name)
        ] or (self.around.words(names) if self.around else [])

    @once
    def identity(self, names: tuple[str, ...]) -> str:
        """The first word under one of these names that is said of the alert itself, not of what somebody sent to us."""
        said = ((leaf, name.lstrip("=")) for name in names for leaf in self.called(name) if is_word(leaf.value))
        found = next((str(leaf.value).strip() for leaf, name in said if about_it(leaf, name)), "")
        return found or (self.around.identity(names) if self.around else "")

    def every(self, names: Iterable[str]) -> list[str]:
        """Every text under any of these names, however long."""
        return [leaf.value for name in names for leaf in self.called(name) if isinstance(leaf.value, str)]

    def severity(self, *, states: bool = True) -> Severity | None:
        """As a key says; a state such as `critical` or `down` counts last, and not at all without `states`."""
        said = self.rated(severities.KEYS) or self.unmistakable or (self.rated(severities.STATES) if states else None)
        return said or (self.around.severity() if self.around else None)

    @once
    def rated(self, keys: tuple[str, ...]) -> Severity | None:
        found = [leaf for key in keys for leaf in self.called(key)]
        # What it calls its own severity counts over whatever it holds.
        found.sort(key=lambda leaf: leaf.depth > 1 or "severity" not in leaf.name)
        said = (severities.severity_of(leaf.name, leaf.value) for leaf in found)
        return next((severity for severity in said if severity), None)

    @cached_property
    def unmistakable(self) -> Severity | None:
        said = (severities.unmistakable(leaf.value) for leaf in self.leaves if not was_sent(leaf))
        return next((severity for severity in said if severity), None)

    def time(self) -> datetime | None:
        return self.timed

    @cached_property
    def timed(self) -> datetime | None:
        if when := self.dated():
            return when
        for key in times.KEYS:
            for leaf in self.called(key)[:TRIED]:
                if when := times.moment(leaf.value):
                    return when
        if when := self.other_time():
            return when
        return self.around.time() if self.around else None

    def dated(self) -> datetime | None:
        """Day and time of day apart, as `event_date` and `event_time`."""
        for day in self.called("date")[:TRIED]:
            for clock in self.called(day.name.removesuffix("date") + "time")[:TRIED]:
                if when := times.moment(f"{day.value} {clock.value}"):
                    return when
        return None

    def other_time(self) -> datetime | None:
        """A time under a name that is on no list, but sounds like one."""
        for ending in times.ENDINGS:
            for leaf in self.by_last_word.get(ending, [])[:TRIED]:
                told = not (was_sent(leaf) or times.OTHER_TIMES.search(leaf.name))
                if told and (when := times.moment(leaf.value)):
                    return when
        return None

    def found(self, *kinds: str) -> list[str]:
        return [each.value for each in self.indicators if each.kind in kinds]


def about_it(leaf: Leaf, name: str) -> bool:
    """Whether what stands before a name speaks of the alert: a `request.body.status` is somebody's who attacks."""
    return before(leaf, name) <= ABOUT_IT


def was_sent(leaf: Leaf, name: str = "") -> bool:
    """Whether it lies in what somebody sent to a server; a document's own keys are its writer's."""
    return leaf.depth > 1 and not SENT.isdisjoint(before(leaf, name))


def before(leaf: Leaf, name: str) -> set[str]:
    return set(filter(None, leaf.name.removesuffix(name).split("_")))


def is_word(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    text = str(value).strip()
    return 0 < len(text) <= 200 and "\n" not in text
