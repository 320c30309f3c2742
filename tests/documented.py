"""The documentation held against what really went over the wire: every answer that a test gets is one it names."""

import json
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.urls import resolve
from django.urls.exceptions import Resolver404
from jsonschema import Draft202012Validator

from sessions_app.api.schema import openapi
from sessions_app.api.schema.addresses import METHODS, PLACE


def check(method: str, path: str, answer: HttpResponse) -> None:
    """Fail when an answer has a status, a media type, a shape or an error code that its door does not tell of."""
    operation = _operation(method, path.partition("?")[0])
    if operation is None:
        return
    said = f"{method} {path} -> {answer.status_code}"
    response = operation["responses"].get(str(answer.status_code))
    assert response is not None, f"{said} is not documented: {_content(answer)}"
    kinds = response.get("content", {})
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    assert kind in kinds or not kinds, f"{said} as {kind} is not documented"
    if kind.endswith("json") and kinds:
        validator = _validator(json.dumps(kinds[kind]["schema"]))
        complaints = [each.message for each in validator.iter_errors(_json(answer))]
        assert complaints == [], f"{said}: {complaints}: {_content(answer)}"


def _operation(method: str, path: str) -> dict[str, Any] | None:
    """None where the documentation has nothing to say: no such address, or no such method there."""
    try:
        found = resolve(path)
    except Resolver404:
        return None
    template = "/" + PLACE.sub(lambda place: "{" + place["name"] + "}", found.route)
    operations = openapi.document()["paths"].get(template)
    if operations is None or method not in METHODS:
        return None
    return operations.get(method.lower())


@cache
def _validator(schema: str) -> Draft202012Validator:
    whole = {**json.loads(schema), "components": openapi.document()["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _json(answer: HttpResponse) -> Any:
    """A stream is read, and can be read once more."""
    if not getattr(answer, "streaming", False):
        return answer.json()  # type: ignore[attr-defined]  # the test client's
    whole = b"".join(answer)
    answer.streaming_content = [whole]  # type: ignore[attr-defined]
    return json.loads(whole)


def _content(answer: HttpResponse) -> str:
    return "" if getattr(answer, "streaming", False) else answer.content.decode(errors="replace")[:2000]
