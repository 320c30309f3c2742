"""PostgreSQL: three GIN indexes for each source, which hold apart whose a row is: what others say is passed over in the
index, and no row of theirs is read. pg_trgm's trigrams serve words of Latin letters, and their beginnings words of two.
It has none for other signs where the database's locale is C, so those have an index of single signs and pairs.
"""

import contextlib
import logging
import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import DatabaseError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from psycopg.errors import QueryCanceled

from sessions_app.search_index.scopes import OF_A_SESSION, OF_ITS_SESSION, Scopes
from sessions_app.search_index.sources import ALL, Source

log = logging.getLogger(__name__)

# A word in more rows than this is common: the newest rows are read until there are enough.
RARE = 2000
EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
# What a plan thinks it costs a row: never to be worked out for rows that an index could have named.
SIGNS = r"""
CREATE OR REPLACE FUNCTION warroom_signs(t text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100000
AS $$ SELECT CASE WHEN octet_length(t) = length(t) THEN '{}'::text[] ELSE (
  SELECT coalesce(array_agg(DISTINCT gram), '{}') FROM (
    SELECT sign, unnest(ARRAY[sign, sign || coalesce(lead(sign) OVER (ORDER BY at), '')]) AS gram
    FROM unnest(string_to_array(regexp_replace(t, '[\x01-\x7f]+', ' ', 'g'), NULL)) WITH ORDINALITY AS each(sign, at)
  ) AS pairs WHERE sign <> ' ') END $$
"""
# Two letters or digits beside each other begin one of pg_trgm's trigrams: each word has one more at its end. The body
# is read when it is made, so the function goes with the extension, and its index with it: nobody's writing fails.
PAIRS = """
CREATE OR REPLACE FUNCTION warroom_pairs(t text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100000
BEGIN ATOMIC SELECT coalesce(array_agg(DISTINCT left(gram, 2)), '{}') FROM unnest(show_trgm(t)) AS each(gram)
  WHERE octet_length(gram) = 3 AND left(gram, 1) <> ' '; END
"""
# Whose a message is stands with its session. That never changes, so it may stand in an index; which wants it declared.
SCOPE = """
CREATE OR REPLACE FUNCTION warroom_scope(session uuid) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT {scope} FROM {schema}.sessions_app_chatsession s WHERE s.id = session $$
"""
# Of which database which index is known to be there: nobody takes one away while a process looks.
whole: set[tuple[object, str]] = set()
LATIN = re.compile(r"[ -~]{3,}")
TRIGRAM = re.compile(r"[0-9A-Za-z]{3}")
PAIR = re.compile(r"[0-9A-Za-z]{2}")


# --- The indexes ------------------------------------------------------------------------------------------------------
def install(connection: BaseDatabaseWrapper) -> None:
    whole.clear()
    _execute(connection, SIGNS)
    _execute(connection, SCOPE.format(scope=OF_A_SESSION.format(row="s"), schema=_schema(connection)))
    for source in ALL:
        _build(connection, source, "signs", f"warroom_signs({_text(source)})")
    whole_already = all(_there(connection, _name(source, kind)) for source in ALL for kind in ("letters", "pairs"))
    if not whole_already and _extended(connection):
        _execute(connection, PAIRS)
        for source in ALL:
            _build(connection, source, "letters", f"({_text(source)}) gin_trgm_ops")
            _build(connection, source, "pairs", f"warroom_pairs({_text(source)})")


def _build(connection: BaseDatabaseWrapper, source: Source, kind: str, what: str) -> None:
    """While people go on writing, where that can be: not inside somebody's transaction."""
    name = _name(source, kind)
    if _there(connection, name):
        return
    _execute(connection, f"DROP INDEX IF EXISTS {source.index}_{kind}")  # one that did not know whose a row is
    _execute(connection, f"DROP INDEX IF EXISTS {name}")  # one whose building was cut off
    together = "" if connection.in_atomic_block else "CONCURRENTLY"
    _execute(
        connection,
        f"CREATE INDEX {together} IF NOT EXISTS {name} ON {source.table} USING gin ({_scope(source)}, {what})",
    )


def _execute(connection: BaseDatabaseWrapper, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _schema(connection: BaseDatabaseWrapper) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        return str(cursor.fetchone()[0])


def weakness(connection: BaseDatabaseWrapper) -> str:
    if all(_there(connection, _name(source, "letters")) for source in ALL):
        return ""
    return "reads every message for Latin words: pg_trgm is missing (CREATE EXTENSION pg_trgm, as its owner may)"


def _extended(connection: BaseDatabaseWrapper) -> bool:
    """Whether the extension is there; who serves may lack the right, or the server the files."""
    try:
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            cursor.execute(EXTENSION)
    except DatabaseError as error:
        log.warning("PostgreSQL refused pg_trgm: %s", " ".join(str(error).split()))
        return False
    return True


def _there(connection: BaseDatabaseWrapper, name: str) -> bool:
    known = (connection.settings_dict["NAME"], name)
    if known not in whole:
        with connection.cursor() as cursor:
            cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name])
            if cursor.fetchone() != (True,):
                return False
        whole.add(known)
    return True


def _name(source: Source, kind: str) -> str:
    return f"{source.index}_scoped_{kind}"


def _scope(source: Source) -> str:
    """Whose a row is, as the index has it."""
    row = source.table
    scope = f"warroom_scope({row}.session_id)" if source.scope == OF_ITS_SESSION else source.scope.format(row=row)
    return f"(ARRAY[{scope}])"


def _text(source: Source) -> str:
    """All columns of a row as one text, in the words that the index was made with."""
    return "upper(" + " || ".join(f"{column} || E'\\n'" for column in source.columns) + ")"


# --- Looking up -------------------------------------------------------------------------------------------------------
def matching(
    source: Source, words: Sequence[str], within: QuerySet[Any, Any], scopes: Scopes
) -> list[QuerySet[Any, Any]]:
    """Newest first: of those that the index names, or where they are many, of all until there are enough."""
    ids = _named(connections[within.db], source, words, scopes)
    if ids is not None:
        within = within.filter(pk__in=ids)
    return [source.holding(within, words).order_by("-pk")]


def _named(connection: BaseDatabaseWrapper, source: Source, words: Sequence[str], scopes: Scopes) -> list[Any] | None:
    """None when they are too many, or when no index can tell."""
    latin = [run for word in words for run in LATIN.findall(word) if TRIGRAM.search(run)]
    where = [f"{_text(source)} LIKE upper(%s)"] * len(latin) if _there(connection, _name(source, "letters")) else []
    asked: list[str] = [f"%{_literal(run)}%" for run in latin] if where else []
    pairs = [word for word in words if PAIR.fullmatch(word)] if _there(connection, _name(source, "pairs")) else []
    where += [f"warroom_pairs({_text(source)}) @> ARRAY[lower(%s)]"] * len(pairs)
    signs = [word for word in words if not word.isascii()]
    where += [f"warroom_signs({_text(source)}) @> warroom_signs(upper(%s))"] * len(signs)
    if not where:
        return None
    where += [f"{_scope(source)} && %s"]
    names = scopes.names(str)
    with connection.cursor() as cursor:
        command = f"SELECT id FROM {source.table} WHERE {' AND '.join(where)} LIMIT {RARE + 1}"
        cursor.execute(command, [*asked, *pairs, *signs, names])
        found = [row[0] for row in cursor.fetchall()]
    return found if len(found) <= RARE else None


def _literal(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


# --- Giving up --------------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def deadline(connection: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
        yield


def was_interrupted(error: OperationalError) -> bool:
    return isinstance(error.__cause__, QueryCanceled)
