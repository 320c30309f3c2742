"""The documents a body holds: itself, the members of a list, those of a list it wraps, or a JSON text inside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sessions_app.errors import Invalid
from sessions_app.indicators.found import listed
from sessions_app.ingest.naming import says_something
from sessions_app.ingest.packed import json_in, without
from sessions_app.ingest.reading import Reading

# Lists that hold alerts, and lists that do so only when what surrounds them is no alert itself.
ALERT_LISTS = listed("alerts findings incidents detections issues hits matches")
ITEM_LISTS = listed("records events items results data value messages entries logs payload resources embedded")
# Where forwarders put somebody's alert whole: `{"time": 1, "host": "a", "event": {...}}`.
ENVELOPES = ("event", "alert", "data", "payload", "body", "result", "document", "_source", "fields")
ENVELOPE_OF_EVENTS = frozenset({"specversion", "type", "source"})
MOST_DOCUMENTS = 5000
# Wrappers in one another: a document further in is what it is, with all that it holds. Each costs a look at the whole.
MOST_WRAPPERS = 6
# So many lists of one document are asked whether they are what it is for: for each all else of it is read.
MOST_LISTS = 3

Known = Callable[[dict[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Item:
    document: dict[str, Any]
    # What it came in, asked only when the document itself has no answer.
    around: Reading | None = None


def items(body: Any, known: Known) -> list[Item]:
    """Every document of a body; `known` tells what a reader of its own takes as it is."""
    found: list[Item] = []
    for item in unwrapped(body, None, known):
        found.append(item)
        few(found)
    return found


def few(found: list[Any]) -> None:
    if len(found) > MOST_DOCUMENTS:
        raise Invalid(_("A body may hold {most} records.").format(most=MOST_DOCUMENTS))


def unwrapped(value: Any, around: Reading | None, known: Known) -> Iterator[Item]:
    if isinstance(value, list):
        few(value)
        for each in value:
            yield from unwrapped(each, around, known)
    elif isinstance(value, str) and value.strip():
        yield Item({"message": value}, around)
    elif isinstance(value, dict) and value:
        yield from opened(value, around, known) if wrappers(around) < MOST_WRAPPERS else [Item(value, around)]
    elif not isinstance(value, str | dict):
        raise Invalid(_("An alert is a JSON object, or a list of objects."))


def opened(value: dict[str, Any], around: Reading | None, known: Known) -> Iterator[Item]:
    data = value.get("data")
    if value.keys() >= ENVELOPE_OF_EVENTS and isinstance(data, dict) and known(data):
        yield Item(data, Reading(without(value, "data"), around))
    elif known(value):
        yield Item(value, around)
    elif enclosed := envelope(value, known):
        yield from unwrapped(value[enclosed], Reading(without(value, enclosed), around), known)
    elif wrapped := wrapped_list(value):
        yield from unwrapped(value[wrapped], Reading(without(value, wrapped), around), known)
    elif packed := json_in(value):
        yield from unwrapped(packed[1], Reading(without(value, packed[0]), around), known)
    else:
        yield Item(value, around)


def wrappers(around: Reading | None) -> int:
    count = 0
    while around is not None:
        around, count = around.around, count + 1
    return count


def envelope(value: dict[str, Any], known: Known) -> str | None:
    """Where a wrapper that says nothing itself holds a document that is known, or a list of them."""
    inside = (key for key in ENVELOPES if isinstance(value.get(key), dict))
    told = (key for key in inside if known(value[key]) or wrapped_list(value[key]))
    return next((key for key in told if not says_something(Reading(without(value, key)))), None)


def wrapped_list(value: dict[str, Any]) -> str | None:
    lists = {key for key, inner in value.items() if of_documents(inner)}
    items = [key for key in value if key in lists and key.lower() in ITEM_LISTS][:MOST_LISTS]
    for key, inner in value.items():
        if key in lists and key.lower() in ALERT_LISTS:
            return key
        if key in items and not says_something(Reading(without(value, key))):
            return key
        # Elasticsearch answers {"hits": {"hits": [...]}}.
        if key.lower() == "hits" and isinstance(inner, dict) and isinstance(inner.get("hits"), list) and inner["hits"]:
            return key
    return None


def of_documents(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) and each for each in value)
