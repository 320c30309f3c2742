"""Windows and Sysmon events, nested, flat or in Elastic's style: one is an alert, many together are one story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sessions_app.indicators import Found, from_json
from sessions_app.ingest import generic, windows_events
from sessions_app.ingest.alert import DESCRIPTION_LENGTH, ParsedAlert, Severity, fingerprint_of, title_of
from sessions_app.ingest.reading import Reading
from sessions_app.ingest.unwrapping import Item
from sessions_app.ingest.windows_events import Event

ORDER: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
MOST_NAMED = 3
# What describes the event and not what it is about: the words again, and who recorded it.
DESCRIBING = frozenset(
    {"message", "fileversion", "originalfilename", "product", "company", "description", "currentdirectory", "keywords",
     "provider", "event_original", "sourcename", "layername", "objecttype", "objectserver", "rendered_description"}
)  # fmt: skip
# Accounts of the system itself, and what a machine calls itself.
BUILT_IN = frozenset(
    {"nt", "system", "localsystem", "localservice", "networkservice", "local service", "network service", "localhost",
     "nt authority\\system", "nt authority\\local service", "nt authority\\network service", "anonymous logon",
     "window manager", "font driver host", "127.0.0.1", "::1"}
)  # fmt: skip
SYSTEM_FILES = ("\\device\\", "\\??\\", "c:\\windows\\prefetch\\", "c:\\windows\\servicestate\\")


def recognises(document: dict[str, Any]) -> bool:
    return windows_events.event(document) is not None


def read(source: str, found: Sequence[Item]) -> list[ParsedAlert]:
    documents = [item.document for item in found]
    events = windows_events.of(documents)
    reading = Reading(documents[0] if len(documents) == 1 else documents)
    telling = chosen(documents, events)
    loudest = Reading(documents[events.index(gravest_of(events))], Reading(telling))
    host = loudest.word(generic.HOSTS)
    user = generic.short(actor(loudest, telling), "user", loudest)
    return [
        ParsedAlert(
            source=source,
            title=title_of(named(events, host)),
            description=loudest.text(generic.DESCRIPTIONS)[:DESCRIPTION_LENGTH],
            severity=gravest_of(events).severity,
            occurred_at=Reading(telling).time() or reading.time(),
            fingerprint=same_as(events, host, user),
            status="firing",
            host=host,
            user=user,
            indicators=tuple(indicators(telling, documents)),
            raw=reading.document,
            techniques=reading.techniques,
        )
    ]


def chosen(documents: list[dict[str, Any]], events: list[Event]) -> list[dict[str, Any]]:
    """Of many events those that tell something: what machines do all day would bury the rest."""
    telling = [
        document for document, event in zip(documents, events, strict=True) if event.severity not in ("info", "low")
    ]
    return telling or documents


def gravest_of(events: list[Event]) -> Event:
    return min(events, key=lambda each: ORDER.index(each.severity))


def actor(loudest: Reading, telling: list[dict[str, Any]]) -> str:
    """Whoever is acted upon or acts, in the gravest event or one after it; no part of the system."""
    readings = (loudest, *map(Reading, telling))
    said = (
        each
        for reading in readings
        for each in reading.words(("target_user_name", "subject_user_name", "user_name", "user"))
    )
    return next((each for each in said if not built_in(each)), "")


def built_in(name: str) -> bool:
    return name.lower() in BUILT_IN or name.endswith("$")


def indicators(telling: list[dict[str, Any]], documents: list[dict[str, Any]]) -> Iterator[Found]:
    """From the fields; the message says the same in words, and is asked only where no field names a person."""
    found = dict.fromkeys(from_json([stripped(each) for each in telling]))
    if not any(each.kind == "user" for each in found):
        found |= dict.fromkeys(each for each in from_json(documents[:50]) if each.kind == "user")
    known = {(each.kind, each.value.lower()) for each in found}
    for each in found:
        low = each.value.lower()
        twice = each.kind == "file" and (("process", low) in known or low.startswith(SYSTEM_FILES))
        with_domain = each.kind == "user" and "\\" in low and ("user", low.rpartition("\\")[2]) in known
        itself = each.kind == "ip" and low.startswith("fe80:")
        if not (
            twice or with_domain or itself or (each.kind in ("user", "host", "ip", "process") and built_in(each.value))
        ):
            yield each


def stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: stripped(inner) for key, inner in value.items() if key.lower() not in DESCRIBING}
    return value


def named(events: list[Event], host: str) -> str:
    """What happened, the gravest first, and where."""
    where = f" on {host}" if host else ""
    if len(events) == 1:
        return f"{events[0].words}{where}"
    many = f"{len(events)} Windows events{where}"
    first, *others = [*gravest(events), ""]
    told = "; ".join([first, *(inside(words) for words in others if words)])
    return f"{told} ({many})" if told else many


def inside(words: str) -> str:
    """As it stands within a sentence; a program's name stays as it is."""
    started = words.split()[0] in ("A", "An", "The", "Process", "Somebody", "Secrets", "Logs", "Backups", "Protection")
    return words[0].lower() + words[1:] if started else words


def gravest(events: list[Event]) -> Iterator[str]:
    """Of many events those that tell most: grave ones before common ones, rare before frequent."""
    counts = Counter(each.key for each in events if each.known and each.severity != "info")
    first = {each.key: each for each in reversed(events)}
    ranked = sorted(counts, key=lambda key: rank(first[key], counts[key]))
    told = {key: {each.words for each in events if each.key == key} for key in ranked[:MOST_NAMED]}
    yield from dict.fromkeys(first[key].words if len(words) == 1 else first[key].plain for key, words in told.items())


def rank(event: Event, count: int) -> tuple[int, bool, int, str]:
    return ORDER.index(event.severity), not event.attack, count, event.words


def same_as(events: list[Event], host: str, user: str) -> str:
    """One kind of thing, or one set of kinds, on one machine about one account."""
    kinds = sorted({each.key for each in events if each.severity != "info"} or {each.key for each in events})
    return fingerprint_of("windows", kinds, events[0].words if len(events) == 1 else "", host.lower(), user.lower())
