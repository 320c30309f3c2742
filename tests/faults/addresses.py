"""Every address of the API that names something by id, and how one asks there: for tests of who may see what."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from tests.callers import Caller

KINDS = {"UUIDConverter": "uuid", "StringConverter": "str", "IntConverter": "int", "SlugConverter": "slug"}
METHODS = ("get", "post", "put", "patch", "delete")
BODIES: tuple[dict[str, Any], ...] = (
    {},
    {"content": "x"},
    {"title": "x"},
    {"value": "203.0.113.7"},
    {"outcome": "skip", "note": "x"},
    {"version": 1, "digest": "sha256:" + "0" * 64, "decision": "approve"},
)


def addresses(patterns: Any = None, before: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every address of the API that names something by id, with its converters."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        here = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each.url_patterns, here)
        elif isinstance(each, URLPattern) and here.startswith("api/") and "<" in here:
            yield here, each.pattern.converters


def filled(address: str, converters: dict[str, Any], ids: dict[str, UUID]) -> str:
    for name, converter in converters.items():
        kind = KINDS[type(converter).__name__]
        spelled = f"<{kind}:{name}>" if f"<{kind}:{name}>" in address else f"<{name}>"
        value = ids.get(name) if kind == "uuid" else {"str": "scribe"}.get(kind, "1")
        assert value is not None, f"{address}: this test knows no {name}"
        address = address.replace(spelled, str(value))
    return "/" + address


def told(answer: HttpResponse) -> tuple[int, Any]:
    assert not getattr(answer, "streaming", False)
    problem = answer.json() if answer.content else {}
    return answer.status_code, {name: problem.get(name) for name in ("error_code", "detail", "details")}


def call(caller: Caller, method: str, path: str, body: dict[str, Any]) -> HttpResponse:
    if method == "get":
        return caller.client.get(path)
    return getattr(caller.client, method)(path, body, "application/json")
