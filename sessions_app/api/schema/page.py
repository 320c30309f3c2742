"""The page people read: made on the server from the documents that programs read, without a script of its own."""

import re
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sessions_app import asyncapi, markdown
from sessions_app.api.schema import examples, openapi
from sessions_app.api.schema.words import ABOUT, TAGS
from sessions_app.client_frames import KINDS
from sessions_app.errors import ERRORS

FENCES = {"curl": "bash", "Python": "python", "JavaScript": "javascript"}
WRAPPED = re.compile(r"(?<=[^\n])\n(?=[^\n|#-])")


def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "docs/api.html", contents())


@cache
def contents() -> dict[str, Any]:
    return {
        "about": markdown.render(_unwrapped(ABOUT)),
        "languages": list(examples.FILES),
        "examples": [_example(section) for section in examples.sections()],
        "parts": _parts(openapi.document()),
        "schemas": _schemas(openapi.document()["components"]["schemas"]),
        "socket": markdown.render(_unwrapped(asyncapi.ABOUT)),
        "frames": _frames(asyncapi.frames()["$defs"]),
        "commands": _by_type(asyncapi.frames()["$defs"], "cmd"),
        "events": _by_type(asyncapi.frames()["$defs"], "event"),
        "errors": [{"code": code, **entry._asdict()} for code, entry in ERRORS.items()],
        "clients": markdown.render(_unwrapped((settings.BASE_DIR / "docs" / "clients.md").read_text())),
    }


def _unwrapped(text: str) -> str:
    """Paragraphs as the browser shall break them, not as the file does."""
    return WRAPPED.sub(" ", text)


def _example(section: examples.Section) -> dict[str, Any]:
    shown = [(each, markdown.render(f"```{FENCES[each.language]}\n{each.text}\n```")) for each in section.samples]
    samples = [{"language": each.language, "file": each.file, "html": html} for each, html in shown]
    return {"name": section.name, "title": section.title, "samples": samples}


def _parts(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The operations of each part, in the order of the tags."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in TAGS}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found[operation["tags"][0]].append(_operation(path, method, operation))
    return [{"name": name, "about": TAGS[name], "operations": each} for name, each in found.items() if each]


def _operation(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {})
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "about": operation.get("description", ""),
        "public": operation.get("security") == [],
        "parameters": [_parameter(each) for each in operation["parameters"]],
        "bodies": [{"type": name, "kind": _kind(each["schema"]), **each} for name, each in body.items()],
        "answers": [_answer(status, each) for status, each in operation["responses"].items() if status < "400"],
        "errors": [each["description"] for status, each in operation["responses"].items() if status >= "400"],
        "codes": re.findall(r"`([A-Z_]+)`", " ".join(each["description"] for each in operation["responses"].values())),
    }


def _parameter(told: dict[str, Any]) -> dict[str, Any]:
    about = told.get("description") or told["schema"].get("description", "")
    return {**told, "kind": _kind(told["schema"]), "required": told.get("required", False), "about": about}


def _answer(status: str, response: dict[str, Any]) -> dict[str, Any]:
    kinds = [{"type": name, "kind": _kind(each["schema"])} for name, each in response.get("content", {}).items()]
    return {"status": status, "words": response["description"], "kinds": kinds}


def _schemas(schemas: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "about": each.get("description", ""), "fields": _fields(each)}
            for name, each in sorted(schemas.items())]  # fmt: skip


def _frames(kinds: dict[str, Any]) -> list[dict[str, Any]]:
    """Frames in both directions; `ping` and `pong` are sent by both."""
    names = [each for each in kinds if each.islower()]
    return [{"name": name, "asked": name in KINDS, "about": kinds[name].get("description", ""),
             "fields": _fields(kinds[name])} for name in names]  # fmt: skip


def _by_type(kinds: dict[str, Any], frame: str) -> list[dict[str, Any]]:
    known = [
        (each["if"]["properties"]["type"]["const"], each["then"]["properties"]["data"])
        for each in kinds[frame]["allOf"]
    ]
    return [{"name": name, "about": data.get("description", ""), "fields": _fields(data)} for name, data in known]


def _fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", [])
    return [{"name": name, "kind": _kind(each), "required": name in required, "about": each.get("description", "")}
            for name, each in schema.get("properties", {}).items()]  # fmt: skip


def _kind(schema: dict[str, Any]) -> str:
    """A type in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(_kind, schema["anyOf"])))
    if "enum" in schema or "const" in schema:
        return " | ".join(map(str, schema.get("enum", [schema.get("const")])))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if "items" in schema.get("properties", {}).get("data", {}):
        return f"page of {_kind(schema['properties']['data']['items'])}"
    kind = schema.get("type", "anything")
    named = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{named} ({schema['format']})" if "format" in schema else named
