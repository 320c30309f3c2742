"""The socket's contract: every frame a test sends or receives is held against it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from sessions_app import asyncapi

SCHEMA = json.loads((Path(__file__).parent / "contracts" / "ws_v1.schema.json").read_text())
OUTBOUND_BYTES = 512 * 1024


@cache
def _validator(t: str) -> Draft202012Validator:
    # By kind: the complaint of a `oneOf` of seventeen says nothing.
    return Draft202012Validator(
        {"$defs": SCHEMA["$defs"], "$ref": f"#/$defs/{t}"}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


@cache
def _documented(t: str) -> Draft202012Validator:
    """What our own document says of it, which knows each event's payload."""
    return Draft202012Validator({"$defs": asyncapi.frames()["$defs"], "$ref": f"#/$defs/{t}"})


def check(frame: dict[str, Any]) -> dict[str, Any]:
    assert {"$ref": f"#/$defs/{frame['t']}"} in SCHEMA["oneOf"], frame
    _validator(frame["t"]).validate(frame)
    return frame


def read(text: str) -> dict[str, Any]:
    """A frame from the server."""
    assert isinstance(text, str), "frames are text"
    assert len(text.encode()) <= OUTBOUND_BYTES
    frame: dict[str, Any] = json.loads(text)
    _documented(frame["t"]).validate(frame)
    return check(frame)
