"""Values that a JSON Schema allows, for property tests: the part of that language which our frames are written in."""

from typing import Any

from hypothesis import strategies as st

NAMES = st.sampled_from(["a", "b", "c"])
FORMATS: dict[str, st.SearchStrategy[str]] = {
    "uuid": st.uuids().map(str),
    "date-time": st.datetimes().map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}Z"),
}


def of(schema: dict[str, Any], parts: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Draw from a schema; `parts` are its definitions."""
    if "$ref" in schema:
        return of(parts[schema["$ref"].rsplit("/", 1)[1]], parts)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of(*(of(each, parts) for each in schema["anyOf"]))
    kinds = schema.get("type", "object")
    return st.one_of(*(_typed(kind, schema, parts) for kind in ([kinds] if isinstance(kinds, str) else kinds)))


def _typed(kind: str, schema: dict[str, Any], parts: dict[str, Any]) -> st.SearchStrategy[Any]:
    match kind:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema.get("minimum", -(2**40)), schema.get("maximum", 2**40))
        case "array":
            return st.lists(of(schema.get("items", {}), parts), max_size=3)
        case "string":
            return _text(schema)
        case _:
            return _object(schema, parts)


def _text(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if "format" in schema:
        return FORMATS[schema["format"]]
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    return st.text(st.characters(codec="ascii", min_codepoint=32), min_size=schema.get("minLength", 0),
                   max_size=schema.get("maxLength", 60))  # fmt: skip


def _object(schema: dict[str, Any], parts: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    known = {name: of(each, parts) for name, each in schema.get("properties", {}).items()}
    required = {name: known.pop(name, st.just({})) for name in schema.get("required", [])}
    known = {name: each for name, each in known.items() if name not in required}
    more = schema.get("additionalProperties", True)
    if not schema.get("properties") and isinstance(more, dict):
        return st.dictionaries(NAMES, of(more, parts), max_size=2)
    return st.fixed_dictionaries(required, optional=known)
