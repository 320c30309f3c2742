"""A file of evidence as a page: its lines in pages, or those that match."""

from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from sessions_app.errors import Invalid
from sessions_app.models import Evidence
from sessions_app.pages.doors import position
from sessions_app.services import evidence as files

PAGE = 200


def lines_of(row: Evidence, asked: QueryDict) -> dict[str, Any]:
    """One page of lines, and the query that gets the next."""
    q = asked.get("q", "").strip().replace("\x00", "")[:200]
    after = min(position(asked.get("after", "")) or 0, 2**31)
    if row.lines is None:
        return {"lines": [], "q": q}
    try:
        found = files.matching(row, q, after=after, count=PAGE + 1) if q else files.lines(row, after + 1, PAGE + 1)
    except Invalid as error:
        return {"lines": [], "q": q, "refused": error.detail}
    shown = found[:PAGE]
    more = urlencode({**({"q": q} if q else {}), "after": shown[-1].number}) if len(found) > PAGE else ""
    return {"lines": shown, "q": q, "found": len(shown), "more": more}
