"""From bytes to JSON we can store: strict, bounded, and safe for every database."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from sessions_app.errors import Invalid

DEEPEST = 50
# PostgreSQL stores neither; SQLite stores one and chokes on the other.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def parse(body: bytes) -> Any:
    """Read an alert's body: one JSON document, or JSON lines."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(_("The body is not UTF-8 text.")) from error
    value = read(text)
    if depth(value) > DEEPEST:
        raise Invalid(_("The body is nested deeper than {levels} levels.").format(levels=DEEPEST))
    return clean(value)


def read(text: str) -> Any:
    try:
        return strict(text)
    except RecursionError as error:
        raise Invalid(_("The body is nested deeper than {levels} levels.").format(levels=DEEPEST)) from error
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or not all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for line in lines):
            raise Invalid(_("The body is not JSON: {error}.").format(error=error)) from error
    try:
        return [strict(line) for line in lines]
    except RecursionError as error:
        raise Invalid(_("The body is nested deeper than {levels} levels.").format(levels=DEEPEST)) from error
    except ValueError as error:
        raise Invalid(_("The body is neither JSON nor JSON lines: {error}.").format(error=error)) from error


def strict(text: str) -> Any:
    return json.loads(text, parse_constant=refuse, parse_float=finite)


def refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is too large a number")
    return number


def depth(value: Any) -> int:
    """How deep containers nest, level by level: no recursion, so nothing can overflow."""
    level, deep = [value], 0
    while containers := [each for each in level if isinstance(each, dict | list)]:
        deep += 1
        if deep > DEEPEST:
            break
        level = [inner for each in containers for inner in (each.values() if isinstance(each, dict) else each)]
    return deep


def clean(value: Any) -> Any:
    """NUL and lone surrogates become the replacement character, in keys too."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(key): clean(inner) for key, inner in value.items()}
    return [clean(inner) for inner in value] if isinstance(value, list) else value


def clean_text(text: str) -> str:
    return UNSTORABLE.sub("\ufffd", text)
