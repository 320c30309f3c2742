"""Pydantic types as components of the document, each under its own name."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import TypeAdapter

from sessions_app.errors import ERRORS

Mode = Literal["validation", "serialization"]
REFERENCE = "#/components/schemas/{model}"
PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "Every error, whoever found it (RFC 9457). Decide by `error_code`; show `detail`.",
    "required": [
        "type", "title", "status", "detail", "error_code", "message", "recoverable", "details", "request_id",
        "timestamp",
    ],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "error_code": {"type": "string", "enum": list(ERRORS)},
        "message": {"type": "string", "description": "The same as `detail`."},
        "recoverable": {"type": "boolean", "description": "Whether the same request may succeed later."},
        "details": {"type": "object", "description": "What a program needs to know more: fields, limits, who decided."},
        "request_id": {"type": ["string", "null"]},
        "timestamp": {"type": "string", "format": "date-time"},
    },
}  # fmt: skip


class Components:
    """Collects the types that a document names; the schemas are made together, so that each appears once."""

    def __init__(self, types: Iterable[tuple[Any, Mode]]) -> None:
        wanted = {(repr(kind), mode): TypeAdapter(kind) for kind, mode in types}
        inputs = [(name, mode, adapter) for (name, mode), adapter in wanted.items()]
        self._schemas, together = TypeAdapter.json_schemas(inputs, ref_template=REFERENCE)
        self.schemas: dict[str, Any] = {**together.get("$defs", {}), "Problem": PROBLEM}

    def of(self, kind: Any, mode: Mode) -> dict[str, Any]:
        return dict(self._schemas[(repr(kind), mode)])
