"""A JSON document as a flat list: every plain value with the path that leads to it, spelled one way.

`sourceIPAddress`, `source.ip_address` and `{"source": {"ip-address": ...}}` all become `source_ip_address`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from sessions_app.indicators.foreign import english, unaccented
from sessions_app.indicators.found import listed

Plain = str | int | float | bool | None
# Wrappers that say nothing about what is inside.
SILENT = frozenset({"#attributes", "@attributes", "_source", "fields", "labels", "annotations", "attributes", "tags"})
NAME_KEYS = ("key", "name", "@name", "field", "label", "title", "tag", "type", "datatype")
VALUE_KEYS = ("value", "values", "val", "content", "#text", "data")
# What stands below one of these is what somebody sent to a server, such as the headers of a request: an attacker who
# calls one `severity` or `alert_title` says nothing of the alert.
SENT = listed("request req headers header params parameters query cookies cookie form args arguments input")
LABEL = re.compile(r"([A-Za-z_][\w.-]{0,40})[:=](?!//)(\S.{0,300})", re.ASCII)
WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+|[^\W_a-zA-Z0-9]+")
# Bounds on what one document can make us do: an alert with more values than this is read by its first ones.
MOST_LEAVES = 20_000
KEY_READ = 40
PATH_READ = 8


@dataclass(frozen=True, slots=True)
class Leaf:
    name: str  # the last words of the path, joined by _
    value: Plain
    depth: int

    def called(self, name: str) -> bool:
        """Whether the path ends in these words."""
        return self.name == name or self.name.endswith("_" + name)


@lru_cache(maxsize=4096)
def words(key: str) -> tuple[str, ...]:
    """The words of one key, whatever its spelling; `srcIP` and `src_ip` are the same."""
    return tuple(english(word.lower()) for word in WORDS.findall(unaccented(key).replace("IPs", "Ips")))


def leaves(value: Any) -> list[Leaf]:
    return list(islice(walk(value, (), 0), MOST_LEAVES))


def walk(value: Any, path: tuple[str, ...], depth: int) -> Iterator[Leaf]:
    if isinstance(value, dict):
        for key, inner in sorted(value.items(), key=rank):
            yield from walk(inner, under(path, key), depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(pair(inner) if isinstance(inner, dict) else inner, path, depth)
            # `tags: ["host:web-1", "env:prod"]`
            if isinstance(inner, str) and len(inner) < 350 and (label := LABEL.fullmatch(inner)):
                yield Leaf("_".join(under(path, label[1])), label[2], depth + 1)
    else:
        yield Leaf("_".join(path), value, depth)


def rank(entry: tuple[str, Any]) -> int:
    """Plain values first, and what somebody sent last: however much that is, the rest is read."""
    key, inner = entry
    return 0 if not isinstance(inner, dict | list) else 2 if not SENT.isdisjoint(words(key[:KEY_READ])) else 1


def under(path: tuple[str, ...], key: str) -> tuple[str, ...]:
    if key.lower() in SILENT:
        return path
    whole = path + words(key[:KEY_READ])
    if len(whole) <= PATH_READ:
        return whole
    # A key of many words must not hide that it was sent.
    sent = [word for word in whole[:-PATH_READ] if word in SENT][:1]
    return (*sent, *whole[len(sent) - PATH_READ :])


def pair(value: dict[str, Any]) -> dict[str, Any]:
    """In a list, `{"name": "src_ip", "value": "203.0.113.9"}` says the same as `{"src_ip": "203.0.113.9"}`."""
    keys = {key.lower(): key for key in value} if len(value) <= 4 else {}
    name = next((keys[each] for each in NAME_KEYS if each in keys and isinstance(value[keys[each]], str)), None)
    content = next((keys[each] for each in VALUE_KEYS if each in keys), None)
    if name is None or content is None:
        return value
    rest = {key: inner for key, inner in value.items() if key not in (name, content)}
    return {value[name]: value[content], **rest}
