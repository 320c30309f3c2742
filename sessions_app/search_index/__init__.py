"""The index behind the search: words and parts of words in any language, kept in step by the database itself.

SQLite has FTS5 tables that triggers fill, PostgreSQL has GIN indexes; neither copies the text. `install` runs after
every migration and not in one: Django rebuilds a table of SQLite to change it, and its triggers go with the old one.
"""

import contextlib
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.models import Model, QuerySet

from sessions_app.search_index import postgresql, sqlite
from sessions_app.search_index.scopes import Scopes
from sessions_app.search_index.sources import Source

__all__ = ["Scopes", "TooSlow", "bounded", "install", "newest", "weakness"]

LONGEST_SECONDS = 2.0


class TooSlow(Exception):
    """It was given up."""


def install(using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Make what is missing, and fill it from the rows that are there. Safe to repeat."""
    _backend(connections[using].vendor).install(connections[using])


def weakness() -> str:
    """What this database can't do for the search, in a line for who runs it; empty if nothing."""
    line: str = _backend(connection.vendor).weakness(connection)
    return line


def newest(
    source: Source, words: Sequence[str], within: QuerySet[Any, Any], *, scopes: Scopes, limit: int
) -> list[Any]:
    """The ids of the newest rows of `within`, all in these scopes, that hold every word, each a part of their text."""
    found: list[QuerySet[Model]] = _backend(connection.vendor).matching(source, words, within, scopes)
    ids = {pk for rows in found for pk in rows.values_list("pk", flat=True)[:limit]}
    return sorted(ids, reverse=True)[:limit]


@contextlib.contextmanager
def bounded(seconds: float = LONGEST_SECONDS) -> Iterator[None]:
    """End a query that takes longer, instead of keeping a thread and a connection."""
    backend = _backend(connection.vendor)
    with backend.deadline(connection, seconds):
        try:
            yield
        except OperationalError as error:
            if backend.was_interrupted(error):
                raise TooSlow from error
            raise


def _backend(vendor: str) -> ModuleType:
    return postgresql if vendor == "postgresql" else sqlite
