"""The OpenAPI document: made from the addresses, what each view says of itself, and the one list of errors."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError

from sessions_app.api.doors import LONGEST_KEY
from sessions_app.api.paging import CURSORS, MOST, USUAL
from sessions_app.api.problems import PROBLEM as PROBLEM_TYPE
from sessions_app.api.schema.addresses import Address, addresses
from sessions_app.api.schema.components import Components, Mode
from sessions_app.api.schema.describing import Media, Operation
from sessions_app.api.schema.words import ABOUT, TAGS
from sessions_app.errors import ERRORS

JSON = "application/json"
VERSION = "1.0"
EVERYWHERE = ("NOT_ACCEPTABLE", "SERVICE_UNAVAILABLE", "INTERNAL_ERROR")
SIGNED_IN = ("NOT_AUTHENTICATED", "PERMISSION_DENIED")
WITH_BODY = ("INVALID_REQUEST", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE")
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}, {"browser": []}]
SCHEMES: dict[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A person's access token from `auth/token`: 15 minutes.",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "A program's key, as `Api-Key <key>`. Its scopes say what it may do; it never decides.",
    },
    "browser": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "A signed-in browser. Whatever changes something needs the header `X-CSRFToken` too.",
    },
}
PAGING: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    "offset": {"type": "integer", "minimum": 0, "maximum": 1_000_000, "default": 0},
}
IDEMPOTENCY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "One key for one wish: a repeat gets the first one's answer and does nothing again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
}


@cache
def document() -> dict[str, Any]:
    """What the code says, which does not change while it runs."""
    doors = [(door, door.operation) for door in addresses() if door.operation is not None]
    components = Components(kind for _, operation in doors for kind in _types(operation))
    paths: dict[str, dict[str, Any]] = {}
    for door, operation in doors:
        paths.setdefault(door.path, {})[door.method.lower()] = _operation(door, operation, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Warroom", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": SECURITY,
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "paths": paths,
        "components": {"schemas": components.schemas, "securitySchemes": SCHEMES},
    }


def codes_of(door: Address, operation: Operation) -> list[str]:
    """Every error that a door can give, in the order of the list."""
    found = {*EVERYWHERE, *operation.errors}
    found |= set() if door.public else set(SIGNED_IN)
    found |= set(WITH_BODY) if operation.body is not None else set()
    found |= {"INVALID_REQUEST"} if _query(operation) else set()
    found |= {"NOT_FOUND"} if door.places else set()
    found |= {"IDEMPOTENCY_MISMATCH", "INVALID_REQUEST"} if door.repeatable else set()
    return [code for code in ERRORS if code in found]


def _types(operation: Operation) -> Iterator[tuple[Any, Mode]]:
    if operation.body is not None and not isinstance(operation.body, Media):
        yield operation.body, "validation"
    for each in _contents(operation):
        if each is not None and not isinstance(each, Media):
            yield each, "serialization"


def _contents(operation: Operation) -> Iterator[Any]:
    for answer in operation.answers.values():
        yield from answer if isinstance(answer, tuple) and not isinstance(answer, Media) else (answer,)


def _operation(door: Address, operation: Operation, components: Components) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": f"{door.method.lower()}-{door.name}",
        "tags": [door.path.split("/")[3]],
        "summary": operation.summary,
        "parameters": [*_places(door), *_parameters(operation)],
        "responses": {**_answers(operation, components), **_refusals(door, operation)},
    }
    if note := _note(door):
        told["description"] = note
    if door.repeatable:
        told["parameters"].append(IDEMPOTENCY)
    if door.public:
        told["security"] = []
    if operation.body is not None:
        told["requestBody"] = _body(operation, components)
    return told


def _note(door: Address) -> str:
    """What the view says in its own code of the method, if it says anything."""
    method = getattr(door.door, door.method.lower(), None) if door.door else door.view
    return " ".join((getattr(method, "__doc__", None) or "").split())


def _places(door: Address) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": kind} for name, kind in door.places.items()]


def _query(operation: Operation) -> bool:
    return bool(operation.paged or operation.query or operation.parameters)


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    known: dict[str, Any] = {}
    if operation.query is not None:
        known |= {name: _plain(each) for name, each in operation.query.model_json_schema()["properties"].items()}
    known |= operation.parameters
    known |= {**PAGING, "cursor": CURSORS[operation.paged]} if operation.paged else {}
    required = set(operation.query.model_json_schema().get("required", ())) if operation.query else set()
    return [
        {"name": name, "in": "query", "schema": schema, **({"required": True} if name in required else {})}
        for name, schema in known.items()
    ]


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out: in an address nothing can be null."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    return kinds[0] if len(kinds) == 1 else {name: each for name, each in schema.items() if name != "title"}


def _body(operation: Operation, components: Components) -> dict[str, Any]:
    if isinstance(operation.body, Media):
        return {"required": True, "content": {operation.body.content_type: {"schema": operation.body.schema}}}
    shown = {"example": operation.example} if operation.example is not None else {}
    content = {JSON: {"schema": components.of(operation.body, "validation"), **shown}}
    # No body is read as an empty object.
    return {"required": not _may_be_empty(operation.body), "content": content}


def _may_be_empty(body: type[BaseModel]) -> bool:
    try:
        body.model_validate({})
    except ValidationError:
        return False
    return True


def _answers(operation: Operation, components: Components) -> dict[str, Any]:
    return {str(status): _answer(status, answer, operation, components) for status, answer in operation.answers.items()}


def _answer(status: int, answer: Any, operation: Operation, components: Components) -> dict[str, Any]:
    told: dict[str, Any] = {"description": WORDS.get(status, "Done.")}
    each_one = answer if isinstance(answer, tuple) and not isinstance(answer, Media) else (answer,)
    content = dict(_content(each, operation, components) for each in each_one if each is not None)
    return {**told, "content": content} if content else told


def _content(answer: Any, operation: Operation, components: Components) -> tuple[str, dict[str, Any]]:
    if isinstance(answer, Media):
        return answer.content_type, {"schema": answer.schema}
    schema = components.of(answer, "serialization")
    return JSON, {"schema": _page(schema) if operation.paged else schema}


def _page(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["data", "next"],
        "additionalProperties": False,
        "properties": {"data": {"type": "array", "items": entry}, "next": {"type": ["string", "null"]}},
    }


def _refusals(door: Address, operation: Operation) -> dict[str, Any]:
    """A response for each status, which names its codes."""
    by_status: dict[int, list[str]] = {}
    for code in codes_of(door, operation):
        by_status.setdefault(ERRORS[code].status, []).append(code)
    return {str(status): _refusal(codes) for status, codes in sorted(by_status.items())}


def _refusal(codes: list[str]) -> dict[str, Any]:
    narrowed = {"properties": {"error_code": {"enum": codes}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}, narrowed]}
    words = " ".join(f"`{code}`: {ERRORS[code].title}" for code in codes)
    return {"description": words, "content": {PROBLEM_TYPE: {"schema": schema}}}


WORDS = {200: "Done.", 201: "Made.", 202: "Taken; the rest follows.", 204: "Done; there is nothing to say."}
