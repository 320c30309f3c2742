"""The socket's documents, made from the vocabulary: its frames as JSON Schema, and all of it as AsyncAPI 3.0."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter

from sessions_app.client_frames import KINDS
from sessions_app.server_frames import FRAMES
from sessions_app.vocabulary import COMMANDS, EVENT_TYPES, EventData

Schema = dict[str, Any]
ABOUT = """\
One JSON object a text frame. A client says `hello`, subscribes to rooms, and gets each room's log: numbered events
without a gap, and between them deltas of text that is still being spoken. Who lost the connection subscribes again
with the `epoch` and the last `seq` it has seen. The errors are those of the REST interface.
"""


@cache
def frames() -> Schema:
    """Every frame of both directions. `ping` and `pong` go both ways; the server's may hold more."""
    parts, kinds = _definitions("#/$defs/")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:warroom:ws:v1:frames",
        "title": "Frames of warroom.v1",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in kinds],
        "$defs": {**parts, **kinds},
    }


@cache
def document() -> Schema:
    parts, kinds = _definitions("#/components/schemas/")
    told, asked = list(FRAMES), list(KINDS)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Warroom socket", "version": "1.0", "description": ABOUT},
        "servers": {"here": {"host": "{host}", "pathname": "/ws/v1", "protocol": "ws", "variables": {"host": {}}}},
        "defaultContentType": "application/json",
        "channels": {
            "socket": {
                "address": "/ws/v1",
                "description": "Subprotocol `warroom.v1`.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in kinds},
            }
        },
        "operations": {
            "listen": _operation("send", told, "What the server sends."),
            "ask": _operation("receive", asked, "What a client may send."),
        },
        "components": {
            "messages": {name: _message(name, kind) for name, kind in kinds.items()},
            "schemas": {**parts, **kinds},
        },
    }


def _operation(action: str, names: list[str], summary: str) -> Schema:
    messages = [{"$ref": f"#/channels/socket/messages/{name}"} for name in names]
    return {"action": action, "channel": {"$ref": "#/channels/socket"}, "summary": summary, "messages": messages}


def _message(name: str, kind: Schema) -> Schema:
    return {
        "name": name,
        "title": name,
        "summary": kind.get("description", ""),
        "payload": {"$ref": f"#/components/schemas/{name}"},
    }


def _definitions(reference: str) -> tuple[Schema, dict[str, Schema]]:
    """What frames are made of, and the frames by their `t`."""
    kinds = {**KINDS, **FRAMES}
    theirs, parts = _schemas({**KINDS, **_named("command", COMMANDS)}, "validation", reference)
    ours, more = _schemas(
        {**FRAMES, **_named("event", {name: _told(model) for name, model in EVENT_TYPES.items()})},
        "serialization",
        reference,
    )
    made = {**theirs, **ours}
    found = {name: made[name] for name in kinds}
    found["cmd"] = _by_type(found["cmd"], _of("command", theirs), known_only=True)
    found["event"] = _by_type(found["event"], _of("event", ours), known_only=False)
    return _needed({**parts, **more}, found, reference), found


def _needed(parts: dict[str, Schema], kinds: dict[str, Schema], reference: str) -> dict[str, Schema]:
    """Without the definitions that only say once more what a frame or a payload is."""
    while unused := [name for name in parts if f'"{reference}{name}"' not in json.dumps([parts, kinds])]:
        parts = {name: each for name, each in parts.items() if name not in unused}
    return parts


def _told(event: type[EventData]) -> Any:
    """What stands in `data`: of an event that tells of one thing only, the thing itself."""
    fields = [field for name, field in event.model_fields.items() if name != "event"]
    return fields[0].annotation if event.wire is not EventData.wire and len(fields) == 1 else event


def _named(prefix: str, models: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{prefix}:{name}": model for name, model in models.items()}


def _of(prefix: str, schemas: dict[str, Schema]) -> dict[str, Schema]:
    return {name.removeprefix(f"{prefix}:"): each for name, each in schemas.items() if name.startswith(f"{prefix}:")}


def _schemas(
    kinds: Mapping[str, Any], mode: Literal["validation", "serialization"], reference: str
) -> tuple[dict[str, Schema], dict[str, Schema]]:
    adapters = [(name, mode, TypeAdapter(kind)) for name, kind in kinds.items()]
    made, together = TypeAdapter.json_schemas(adapters, ref_template=reference + "{model}")
    parts: dict[str, Schema] = together.get("$defs", {})
    return {name: _whole(made[(name, mode)], parts, reference) for name in kinds}, parts


def _whole(schema: Schema, parts: dict[str, Schema], reference: str) -> Schema:
    """The schema itself where pydantic only refers to it."""
    name = schema.get("$ref", "").removeprefix(reference)
    return parts.get(name, schema)


def _by_type(frame: Schema, data: dict[str, Schema], *, known_only: bool) -> Schema:
    """Say of each `type` what its `data` holds; of one nobody knows yet, only that it is an object."""
    properties = dict(frame["properties"])
    if known_only:
        properties["type"] = {"type": "string", "enum": list(data)}
    each = [
        {"if": {"properties": {"type": {"const": name}}}, "then": {"properties": {"data": schema}}}
        for name, schema in data.items()
    ]
    return {**frame, "properties": properties, "allOf": each}
