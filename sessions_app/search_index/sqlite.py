"""SQLite: a contentless FTS5 table of trigrams for each source, filled by triggers on its rows.

Its rows are numbered by a table of keys: the rows themselves have UUIDs, and their own numbers may change with VACUUM.
Each scope has a range of numbers of its own, and FTS5 goes straight to it: what others say is not even passed over.
A trigram needs three characters, so a word of one or two is looked up as all trigrams that begin so, which `fts5vocab`
lists in order; two line ends behind every text see to it that its last characters begin a trigram too.
"""

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

from sessions_app.search_index.scopes import Scopes
from sessions_app.search_index.sources import ALL, Source

GRAM = 3
# A short word that begins more kinds of trigrams than this is common: the newest rows are read until there are enough.
MOST_TERMS = 2000
# So many rows a scope may have.
RANGE_BITS = 32
LAST_CHARACTER = "\U0010ffff"
STEPS_BETWEEN_LOOKS = 20_000

# Of which database which index is known to be there: nobody takes one away while a process looks.
whole: set[tuple[object, str]] = set()

TABLES = """
DROP TABLE IF EXISTS {index}_terms;
DROP TABLE IF EXISTS {index}_text;
DROP TABLE IF EXISTS {index};
CREATE TABLE IF NOT EXISTS search_scopes (number integer PRIMARY KEY AUTOINCREMENT, name text NOT NULL UNIQUE);
CREATE TABLE {index} (id integer PRIMARY KEY, source char(32) NOT NULL UNIQUE);
CREATE VIRTUAL TABLE {index}_text USING fts5(words, content='', tokenize='trigram');
CREATE VIRTUAL TABLE {index}_terms USING fts5vocab({index}_text, instance);
INSERT INTO search_scopes(name) SELECT DISTINCT {scope_m} FROM {table} m
    WHERE {scope_m} NOT IN (SELECT name FROM search_scopes);
INSERT INTO {index}(id, source)
    SELECT (s.number << {bits}) + row_number() OVER (PARTITION BY s.number ORDER BY m.id), m.id
    FROM {table} m JOIN search_scopes s ON s.name = {scope_m};
INSERT INTO {index}_text(rowid, words)
    SELECT k.id, {row} FROM {index} k JOIN {table} m ON m.id = k.source ORDER BY k.id;
"""
TRIGGERS = {
    "{index}_entered": """AFTER INSERT ON {table} BEGIN
        INSERT INTO search_scopes(name) SELECT {scope_new} WHERE {scope_new} NOT IN (SELECT name FROM search_scopes);
        INSERT INTO {index}(id, source) SELECT 1 + coalesce((SELECT max(k.id) FROM {index} k
            WHERE k.id BETWEEN s.number << {bits} AND ((s.number + 1) << {bits}) - 1), s.number << {bits}), new.id
            FROM search_scopes s WHERE s.name = {scope_new};
        INSERT INTO {index}_text(rowid, words) SELECT id, {new} FROM {index} WHERE source = new.id; END""",
    "{index}_reworded": """AFTER UPDATE OF {columns} ON {table} WHEN {old} IS NOT {new} BEGIN
        INSERT INTO {index}_text({index}_text, rowid, words)
            SELECT 'delete', id, {old} FROM {index} WHERE source = old.id;
        INSERT INTO {index}_text(rowid, words) SELECT id, {new} FROM {index} WHERE source = new.id; END""",
    "{index}_left": """AFTER DELETE ON {table} BEGIN
        INSERT INTO {index}_text({index}_text, rowid, words)
            SELECT 'delete', id, {old} FROM {index} WHERE source = old.id;
        DELETE FROM {index} WHERE source = old.id; END""",
}


# --- The tables -------------------------------------------------------------------------------------------------------
def install(connection: BaseDatabaseWrapper) -> None:
    if _knows_trigrams():
        for source in ALL:
            if _missing(connection, source):
                _build(connection, source)
    whole.clear()


def weakness(connection: BaseDatabaseWrapper) -> str:
    if all(_there(connection, source) for source in ALL):
        return ""
    return f"reads every message: SQLite {sqlite3.sqlite_version} has no FTS5 with trigrams (3.34 and later have)"


def _knows_trigrams() -> bool:
    with contextlib.closing(sqlite3.connect(":memory:")) as tried:
        try:
            tried.execute("CREATE VIRTUAL TABLE t USING fts5(words, content='', tokenize='trigram')")
        except sqlite3.OperationalError:
            return False
    return True


def _there(connection: BaseDatabaseWrapper, source: Source) -> bool:
    known = (connection.settings_dict["NAME"], source.index)
    if known not in whole and not _missing(connection, source):
        whole.add(known)
    return known in whole


def _missing(connection: BaseDatabaseWrapper, source: Source) -> bool:
    return not _triggers(connection, source).issuperset(name.format(index=source.index) for name in TRIGGERS)


def _triggers(connection: BaseDatabaseWrapper, source: Source) -> set[str]:
    """Ours on its rows, also those that an earlier version of this module made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [source.table])
        return {name for (name,) in cursor.fetchall() if name.startswith(f"{source.index}_")}


def _build(connection: BaseDatabaseWrapper, source: Source) -> None:
    """All anew: what was written while a trigger was missing is not in the index."""
    words = {name: _words(source, name) for name in ("new", "old")}
    words |= {f"scope_{name}": source.scope.format(row=name) for name in ("new", "m")}
    named = {"index": source.index, "table": source.table, "columns": ", ".join(source.columns), "bits": RANGE_BITS}
    named |= words
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        for name in _triggers(connection, source):
            cursor.execute(f"DROP TRIGGER {name}")
        for statement in TABLES.format(**named, row=_words(source, "m")).strip().split(";\n"):
            cursor.execute(statement)
        for name, body in TRIGGERS.items():
            cursor.execute(f"CREATE TRIGGER {name.format(**named)} {body.format(**named)}")


def _words(source: Source, row: str) -> str:
    return " || ".join(f"{row}.{column} || char(10)" for column in source.columns) + " || char(10)"


# --- Looking up -------------------------------------------------------------------------------------------------------
def matching(
    source: Source, words: Sequence[str], within: QuerySet[Any, Any], scopes: Scopes
) -> list[QuerySet[Any, Any]]:
    """Newest first, a query a scope, so that each can end as soon as it has enough."""
    long = [word for word in words if len(word) >= GRAM]
    short = [word for word in words if len(word) < GRAM]
    connection = connections[within.db]
    if not _there(connection, source):
        return [source.holding(within, words).order_by("-pk")]
    rows = source.holding(within, short)
    grams = [[word] for word in long] or _beginnings(connection, source, short)
    if grams is None:
        return [rows.order_by("-pk")]
    if not all(grams):
        return []
    return [_in_range(source, grams, rows, number) for number in _numbers(connection, scopes)]


def _in_range(
    source: Source, grams: Sequence[Sequence[str]], within: QuerySet[Any, Any], number: int
) -> QuerySet[Any, Any]:
    """Of one scope the rows in which of each of these one stands."""
    text = f"{source.index}_text"
    joined = [
        f"{source.index}.source = {source.table}.id", f"{text}.rowid = {source.index}.id", f"{text} MATCH %s",
        f"{text}.rowid BETWEEN %s AND %s",
    ]  # fmt: skip
    every = " AND ".join(f"({' OR '.join(map(_quoted, any_of))})" for any_of in grams)
    ends = [number << RANGE_BITS, ((number + 1) << RANGE_BITS) - 1]
    found = within.extra(tables=[source.index, text], where=joined, params=[every, *ends])
    return found.extra(order_by=[f"-{text}.rowid"])


def _numbers(connection: BaseDatabaseWrapper, scopes: Scopes) -> list[int]:
    names = scopes.names(lambda id: id.hex)
    with connection.cursor() as cursor:
        holes = ", ".join(["%s"] * len(names))
        cursor.execute(f"SELECT number FROM search_scopes WHERE name IN ({holes})", names)
        return [number for (number,) in cursor.fetchall()]


def _beginnings(connection: BaseDatabaseWrapper, source: Source, words: list[str]) -> list[list[str]] | None:
    """All trigrams that begin with that word which begins the fewest; None if even these are too many."""
    fewest = min((_trigrams(connection, source, word) for word in words), key=len)
    return [fewest] if len(fewest) <= MOST_TERMS else None


def _trigrams(connection: BaseDatabaseWrapper, source: Source, word: str) -> list[str]:
    """From one to the next: to list their instances would be to read what everybody says."""
    low, high = word.lower(), word.lower() + LAST_CHARACTER
    first = f"SELECT term FROM {source.index}_terms WHERE term >= %s AND term <= %s LIMIT 1"
    after = f"SELECT t.term FROM {source.index}_terms t WHERE t.term >= one.term || char(0) AND t.term <= %s LIMIT 1"
    walk = f"SELECT ({first}) UNION ALL SELECT ({after}) FROM one WHERE one.term IS NOT NULL LIMIT {MOST_TERMS + 2}"
    with connection.cursor() as cursor:
        cursor.execute(f"WITH RECURSIVE one(term) AS ({walk}) SELECT term FROM one", [low, high, high])
        return [term for (term,) in cursor.fetchall() if term is not None]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


# --- Giving up --------------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def deadline(connection: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    connection.ensure_connection()
    until = time.monotonic() + seconds
    connection.connection.set_progress_handler(lambda: time.monotonic() > until, STEPS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)


def was_interrupted(error: OperationalError) -> bool:
    return "interrupted" in str(error)
