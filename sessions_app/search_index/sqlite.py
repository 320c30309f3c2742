"""SQLite: a contentless FTS5 table of trigrams for each source, filled by triggers on its rows.

Its rows are numbered by a table of keys: the rows themselves have UUIDs, and their own numbers may change with VACUUM.
A trigram needs three characters, so a word of one or two is looked up as the beginning of trigrams, which `fts5vocab`
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

from sessions_app.search_index.sources import ALL, Source

GRAM = 3
# A short word that begins more trigrams than this is common: the newest rows are read until there are enough.
RARE = 5000
LAST_CHARACTER = "\U0010ffff"
STEPS_BETWEEN_LOOKS = 20_000

# Of which database which index is known to be there: nobody takes one away while a process looks.
whole: set[tuple[object, str]] = set()

TABLES = """
CREATE TABLE IF NOT EXISTS {index} (id integer PRIMARY KEY AUTOINCREMENT, source char(32) NOT NULL UNIQUE);
CREATE VIRTUAL TABLE IF NOT EXISTS {index}_text USING fts5(words, content='', tokenize='trigram');
CREATE VIRTUAL TABLE IF NOT EXISTS {index}_terms USING fts5vocab({index}_text, instance);
DELETE FROM {index};
INSERT INTO {index}_text({index}_text) VALUES('delete-all');
INSERT INTO {index}(source) SELECT id FROM {table} ORDER BY id;
INSERT INTO {index}_text(rowid, words)
    SELECT k.id, {row} FROM {index} k JOIN {table} m ON m.id = k.source ORDER BY k.id;
"""
TRIGGERS = {
    "{index}_added": """AFTER INSERT ON {table} BEGIN
        INSERT INTO {index}(source) VALUES (new.id);
        INSERT INTO {index}_text(rowid, words) SELECT id, {new} FROM {index} WHERE source = new.id; END""",
    "{index}_changed": """AFTER UPDATE OF {columns} ON {table} WHEN {old} IS NOT {new} BEGIN
        INSERT INTO {index}_text({index}_text, rowid, words)
            SELECT 'delete', id, {old} FROM {index} WHERE source = old.id;
        INSERT INTO {index}_text(rowid, words) SELECT id, {new} FROM {index} WHERE source = new.id; END""",
    "{index}_removed": """AFTER DELETE ON {table} BEGIN
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
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [source.table])
        return bool(cursor.fetchone()[0] < len(TRIGGERS))


def _build(connection: BaseDatabaseWrapper, source: Source) -> None:
    """All anew: what was written while a trigger was missing is not in the index."""
    words = {name: _words(source, name) for name in ("new", "old")}
    named = {"index": source.index, "table": source.table, "columns": ", ".join(source.columns), **words}
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        for statement in TABLES.format(**named, row=_words(source, "m")).strip().split(";\n"):
            cursor.execute(statement)
        for name, body in TRIGGERS.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name.format(**named)}")
            cursor.execute(f"CREATE TRIGGER {name.format(**named)} {body.format(**named)}")


def _words(source: Source, row: str) -> str:
    return " || ".join(f"{row}.{column} || char(10)" for column in source.columns) + " || char(10)"


# --- Looking up -------------------------------------------------------------------------------------------------------
def matching(source: Source, words: Sequence[str], within: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """Newest first, so that it can end as soon as there are enough."""
    long = [word for word in words if len(word) >= GRAM]
    short = [word for word in words if len(word) < GRAM]
    if not _there(connections[within.db], source):
        return source.holding(within, words).order_by("-pk")
    if long:
        return _by_trigrams(source, long, source.holding(within, short))
    return _by_beginnings(source, short, source.holding(within, short))


def _by_trigrams(source: Source, words: list[str], within: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    text = f"{source.index}_text"
    joined = [f"{source.index}.source = {source.table}.id", f"{text}.rowid = {source.index}.id", f"{text} MATCH %s"]
    every = " AND ".join('"' + word.replace('"', '""') + '"' for word in words)
    found = within.extra(tables=[source.index, text], where=joined, params=[every])
    return found.extra(order_by=[f"-{text}.rowid"])


def _by_beginnings(source: Source, words: list[str], within: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    connection = connections[within.db]
    beginnings = {word: _count(connection, source, word) for word in words}
    rarest = min(beginnings, key=lambda word: beginnings[word])
    if beginnings[rarest] < RARE:
        numbers = f"SELECT doc FROM {source.index}_terms WHERE term >= %s AND term <= %s"
        where = [f"{source.table}.id IN (SELECT source FROM {source.index} WHERE id IN ({numbers}))"]
        within = within.extra(where=where, params=_range(rarest))
    return within.order_by("-pk")


def _count(connection: BaseDatabaseWrapper, source: Source, word: str) -> int:
    """How many trigrams of the texts begin so, as far as it matters."""
    found = f"SELECT 1 FROM {source.index}_terms WHERE term >= %s AND term <= %s LIMIT {RARE}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({found})", _range(word))
        return int(cursor.fetchone()[0])


def _range(word: str) -> list[str]:
    low = word.lower()
    return [low, low + LAST_CHARACTER]


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
