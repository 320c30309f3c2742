"""A file of evidence as a page: its lines in pages, those that match with the lines around them, or those near one."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.errors import Invalid
from sessions_app.models import Evidence
from sessions_app.pages.doors import position
from sessions_app.services import evidence as files
from sessions_app.services import evidence_custody as custody
from sessions_app.services.evidence_queries import LONGEST_PATTERN, Query
from sessions_app.snippets import Snippet

PAGE = 200
# So many lines before one that is jumped to.
ABOVE = 20
FARTHEST = 2**31
CONTEXTS = (0, 1, 3, 5)
LOOKS = 30


@dataclass(frozen=True)
class Shown:
    number: int
    text: Snippet
    hit: bool = False
    # Lines between this and the one above are left out.
    apart: bool = False


@dataclass(frozen=True)
class Wanted:
    """What the address asks for; whatever makes no sense in it only came from a link, and means nothing."""

    q: str
    regex: bool
    context: int
    after: int
    line: int

    @classmethod
    def parse(cls, asked: QueryDict) -> "Wanted":
        q = asked.get("q", "").strip().replace("\x00", "")[:LONGEST_PATTERN]
        context = position(asked.get("context", "")) or 0
        numbers = (min(position(asked.get(name, "")) or 0, FARTHEST) for name in ("after", "line"))
        return cls(q, asked.get("by") == "regex", context if context in CONTEXTS else 0, *numbers)

    def query(self) -> Query | None:
        if not self.q:
            return None
        return Query(regex=self.q) if self.regex else Query(self.q)

    def link(self, **other: Any) -> str:
        """The same search elsewhere in the file."""
        asked = {"q": self.q, "by": "regex" if self.regex else "", "context": self.context or "", **other}
        return urlencode({name: value for name, value in asked.items() if value}) or "after=0"


def lines_of(row: Evidence, asked: QueryDict, *, by: Actor) -> dict[str, Any]:
    """One page of lines, and the addresses of the next and the one before."""
    wanted = Wanted.parse(asked)
    about = {"wanted": wanted, "q": wanted.q, "contexts": CONTEXTS, "reading": _reading(row), **_looks(row, by)}
    if row.lines is None:
        return {"lines": [], **about}
    try:
        query = None if wanted.line else wanted.query()
    except Invalid as error:
        return {"lines": [], "refused": error.detail, **about}
    custody.note([row], way="searched" if query else "read", by=by)
    return {**about, **(_found(row, wanted, query) if query else _page(row, wanted))}


def _page(row: Evidence, wanted: Wanted) -> dict[str, Any]:
    after = max(0, min(wanted.line, row.lines or 0) - ABOVE - 1) if wanted.line else wanted.after
    page = files.page(row, None, after=after, count=PAGE)
    lines = [Shown(each.number, Snippet(each.text, []), hit=each.number == wanted.line) for each in page.lines]
    earlier = f"after={max(0, after - PAGE)}" if after and lines else ""
    return {"lines": lines, "more": f"after={page.following}" if page.following else "", "earlier": earlier}


def _found(row: Evidence, wanted: Wanted, query: Query) -> dict[str, Any]:
    page = files.page(row, query, after=wanted.after, count=PAGE // (1 + 2 * wanted.context))
    more = wanted.link(after=page.following) if page.following else ""
    return {
        "lines": _with_context(row, page.lines, query, wanted.context), "found": len(page.lines), "cut": page.cut,
        "read_to": page.following, "more": more, "earlier": wanted.link() if wanted.after else "", "searched": True,
    }  # fmt: skip


def _with_context(row: Evidence, found: list[files.Line], query: Query, context: int) -> list[Shown]:
    """In the order of the file and each once, though the surroundings of two may overlap."""
    hits = {line.number: line for line in found}
    near = files.Surroundings(row, hits, context)
    shown, last = [], 0
    for number, line in sorted((near.lines | hits).items()):
        text = Snippet(line.text, query.marks(line.text) if number in hits else [])
        shown.append(Shown(number, text, hit=number in hits, apart=bool(context and last and number > last + 1)))
        last = number
    return shown


def _reading(row: Evidence) -> str:
    return {
        "gzip": _("Unpacked for reading; the download and its hash are the file as it came."),
        "gzip-cut": _("Unpacked for reading as far as it could be; the rest is in the download only."),
        "utf-16": _("Read as UTF-16."),
        "latin-1": _("Lines that are not UTF-8 are read as Latin-1."),
    }.get(row.reading, "")


def _looks(row: Evidence, by: Actor) -> dict[str, Any]:
    if not permissions.may(by, "see_custody", row.incident.organization_id):
        return {}
    return {"looks": row.looks.order_by("-id")[:LOOKS], "sees_looks": True}
