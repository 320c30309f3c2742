"""Every address of the API with its methods, as the resolver has them, so that none can be missed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from sessions_app.api.schema.describing import Operation

ROOT = "api/v1/"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CONVERTERS: dict[str, dict[str, Any]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "int": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
    "slug": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
    "str": {"type": "string", "pattern": "^[^/]+$"},
}
PLACE = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")


@dataclass(frozen=True)
class Address:
    path: str
    method: str
    name: str
    view: Any
    places: dict[str, dict[str, Any]]
    operation: Operation | None

    @property
    def door(self) -> type[APIView] | None:
        found: type[APIView] | None = getattr(self.view, "cls", None)
        return found

    @property
    def public(self) -> bool:
        """Whether nobody is asked who they are."""
        if self.door is not None:
            return not self.door.authentication_classes
        return bool(self.operation and self.operation.public)

    @property
    def repeatable(self) -> bool:
        """Whether `Idempotency-Key` counts here."""
        return bool(self.door and getattr(getattr(self.door, self.method.lower()), "idempotent", False))


def addresses() -> list[Address]:
    found = {(each.path, each.method): each for each in reversed(list(_walk(get_resolver().url_patterns, "")))}
    return [found[key] for key in sorted(found, key=lambda key: (key[0], METHODS.index(key[1])))]


def undescribed() -> list[str]:
    """Doors that nobody has described yet."""
    return [f"{each.method} {each.path}" for each in addresses() if each.operation is None]


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[Address]:
    for each in patterns:
        here = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, here)
        elif here.startswith(ROOT):
            yield from _of(each, here)


def _of(pattern: URLPattern, address: str) -> Iterator[Address]:
    view = pattern.callback
    places = {found["name"]: CONVERTERS[found["kind"] or "str"] for found in PLACE.finditer(address)}
    path = "/" + PLACE.sub(lambda found: "{" + found["name"] + "}", address)
    for method, operation in _operations(view).items():
        yield Address(path, method, pattern.name or "", view, places, operation)


def _operations(view: Any) -> dict[str, Operation | None]:
    door = getattr(view, "cls", None)
    if door is None:
        return dict(getattr(view, "operations", {"GET": None}))
    methods = {each: getattr(door, each.lower(), None) for each in METHODS}
    return {name: getattr(method, "operation", None) for name, method in methods.items() if method is not None}
