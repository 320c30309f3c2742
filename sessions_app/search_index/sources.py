"""What is searched: which rows, and which of their columns."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import F, Func, Model, Q, QuerySet, Value
from django.db.models.functions import StrIndex, Upper
from django.db.models.lookups import GreaterThan

from sessions_app.models import ChatSession, Incident, Indicator, Message
from sessions_app.search_index import scopes


@dataclass(frozen=True)
class Source:
    model: type[Model]
    columns: tuple[str, ...]
    # Whose a row is, in SQL that both databases read; `{row}` stands for it.
    scope: str

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def index(self) -> str:
        """What the names of its index begin with."""
        return f"search_{self.model._meta.model_name}"

    def holding(self, rows: QuerySet[Any, Any], words: Iterable[str]) -> QuerySet[Any, Any]:
        """Those in which each word stands in some column: what the index only narrows down to."""
        for word in words:
            rows = rows.filter(reduce(or_, (holds(column, word) for column in self.columns)))
        return rows


class Checked(Func):
    """A column that rows are held against, and not found by: SQLite would read all of the asker's rooms, and sort."""

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **extra)


def holds(column: str, word: str) -> Q:
    """Both sides raised by the database, so that they are raised alike; not LIKE, to which nothing would be data."""
    return Q(GreaterThan(StrIndex(Upper(F(column)), Upper(Value(word))), 0))


MESSAGES = Source(Message, ("content",), scopes.OF_ITS_SESSION)
INCIDENTS = Source(Incident, ("title", "description", "summary"), scopes.OF_AN_ORGANIZATION)
INDICATORS = Source(Indicator, ("value",), scopes.OF_AN_ORGANIZATION)
SESSIONS = Source(ChatSession, ("title",), scopes.OF_A_SESSION)
ALL = (MESSAGES, INCIDENTS, INDICATORS, SESSIONS)
