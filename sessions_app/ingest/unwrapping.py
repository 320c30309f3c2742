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
# What the messages of queues and of notification services hold (SNS, SQS, Pub/Sub, Event Hubs, Kafka), and nothing else
# beside what only they have.
MARKS_OF_CARRIERS = listed(
    "messageid message_id topicarn receipthandle eventsourcearn eventsubscriptionarn subscription topic enqueuedtimeutc"
)
OF_CARRIERS = MARKS_OF_CARRIERS | listed(
    "type subject message timestamp signatureversion signature signingcerturl unsubscribeurl messageattributes "
    "sequencenumber body attributes md5ofbody md5ofmessageattributes eventsource eventversion awsregion data payload "
    "content publishtime publish_time orderingkey deliveryattempt partition offset key headers properties"
)
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
    # It stood as a text in something that is no service for carrying alerts: perhaps nobody but an attacker wrote it.
    quoted: bool = False


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


def unwrapped(value: Any, around: Reading | None, known: Known, quoted: bool = False) -> Iterator[Item]:
    if isinstance(value, list):
        few(value)
        for each in value:
            yield from unwrapped(each, around, known, quoted)
    elif isinstance(value, str) and value.strip():
        yield Item({"message": value}, around, quoted)
    elif isinstance(value, dict) and value:
        far = wrappers(around) >= MOST_WRAPPERS
        yield from [Item(value, around, quoted)] if far else opened(value, around, known, quoted)
    elif not isinstance(value, str | dict):
        raise Invalid(_("An alert is a JSON object, or a list of objects."))


def opened(value: dict[str, Any], around: Reading | None, known: Known, quoted: bool) -> Iterator[Item]:
    data = value.get("data")
    if value.keys() >= ENVELOPE_OF_EVENTS and isinstance(data, dict) and known(data):
        yield Item(data, Reading(without(value, "data"), around), quoted)
    elif known(value):
        yield Item(value, around, quoted)
    elif enclosed := envelope(value, known):
        # The `body` of a request that was taken apart is an attacker's, and a forwarder has other names.
        sent = enclosed == "body" and not is_carrier(value)
        yield from unwrapped(value[enclosed], Reading(without(value, enclosed), around), known, quoted or sent)
    elif wrapped := wrapped_list(value):
        yield from unwrapped(value[wrapped], Reading(without(value, wrapped), around), known, quoted)
    elif packed := json_in(value):
        yield from carried(value, *packed, around, known, quoted)
    else:
        yield Item(value, around, quoted)


def carried(
    value: dict[str, Any], key: str, inner: Any, around: Reading | None, known: Known, quoted: bool
) -> Iterator[Item]:
    """A JSON text in a document. What a queue or a notification brings is the alert, whatever the carrier says.

    In anything else the text may be what an attacker sent to a web server: it takes the place of a document that says
    nothing itself, and never that of an alert.
    """
    rest = Reading(without(value, key), around)
    if is_carrier(value):
        yield from unwrapped(inner, rest, known, quoted)
    elif says_something(rest):
        yield Item(value, around, quoted)
    else:
        yield from unwrapped(inner, rest, known, quoted=True)


def is_carrier(value: dict[str, Any]) -> bool:
    names = {name.lower() for name in value}
    marked = not MARKS_OF_CARRIERS.isdisjoint(names) or value.get("Type") == "Notification"
    return len(names) == 1 or (marked and names <= OF_CARRIERS)


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
