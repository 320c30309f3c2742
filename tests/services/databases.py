"""A database of its own for each server process that a test starts, on whatever the lane runs."""

import contextlib
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql


@contextlib.contextmanager
def fresh_database(lane_url: str) -> Iterator[str]:
    """The address of an empty database on the lane's PostgreSQL; empty on the SQLite lane, where the home holds it."""
    if not lane_url:
        yield ""
        return
    name = f"server_{secrets.token_hex(6)}"
    with psycopg.connect(lane_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(lane_url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(lane_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
