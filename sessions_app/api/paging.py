"""Lists by keyset: a page costs the same wherever it lies, and rows that come meanwhile shift nothing."""

import re
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.middleware.http import ConditionalGetMiddleware
from django.utils.decorators import decorator_from_middleware, method_decorator
from django.utils.translation import gettext as _
from rest_framework.views import APIView

from sessions_app import cursors
from sessions_app.errors import Invalid

MOST = 200
USUAL = 50
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
SEQ = re.compile(r"[0-9]{1,15}")
CURSORS: dict[str, dict[str, Any]] = {
    "id": {"type": "string", "format": "uuid", "description": "`next` of the page before."},
    "seq": {"type": "string", "pattern": f"^{SEQ.pattern}$", "description": "`next` of the page before."},
}
Row = TypeVar("Row", bound=Model)


def page(
    rows: QuerySet[Row], parameters: QueryDict, *, by: str, show: Callable[[Row], Any], usual: int = USUAL
) -> dict[str, Any]:
    """Cut one page, ordered by a unique column (`-id`, `seq`), and give the cursor of the next."""
    limit = number(parameters, "limit", usual, low=1, high=MOST)
    column, down = by.lstrip("-"), by.startswith("-")
    if (cursor := parameters.get("cursor")) is not None:
        after = read_cursor(cursor, rows.model, column)
        rows = rows.filter(**{f"{column}__{'lt' if down else 'gt'}": after})
    start = number(parameters, "offset", 0, low=0, high=1_000_000)
    found = list(rows.order_by(by)[start : start + limit + 1])
    more = len(found) > limit
    return {
        "data": [show(row) for row in found[:limit]],
        "next": cursors.written(getattr(found[limit - 1], column)) if more else None,
    }


def unchanged(view: type[APIView]) -> type[APIView]:
    """Give a list an ETag, so that asking again for what has not changed costs 304 and no body."""
    return method_decorator(decorator_from_middleware(ConditionalGetMiddleware), name="dispatch")(view)


def number(parameters: QueryDict, name: str, usual: int, *, low: int, high: int) -> int:
    text = parameters.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and low <= int(text) <= high):
        raise Invalid(
            _("{name} must be a whole number from {low} to {high}.").format(name=name, low=low, high=high),
            details={"field": name},
        )
    return int(text)


def read_cursor(cursor: str, model: type[Model], column: str) -> Any:
    """The value of the column where the last page ended."""
    is_id = model._meta.get_field(column).get_internal_type() == "UUIDField"
    if not (ID if is_id else SEQ).fullmatch(cursor):
        raise Invalid(_("This cursor is not one of ours."), details={"field": "cursor"})
    return UUID(cursor) if is_id else int(cursor)
