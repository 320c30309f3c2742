"""A home, and on the PostgreSQL lane a database, for each server process that a test starts."""

import contextlib
import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.services.server import PROJECT, Server, command_line, environment

# Where the lanes say what they have migrated for all their workers: a home, and a database where it is PostgreSQL.
MIGRATED_HOME, MIGRATED_URL = "WARROOM_TEST_MIGRATED_HOME", "WARROOM_TEST_MIGRATED_URL"
MIGRATE_AND_PUBLISH = """
from django.core.management import call_command
from agents_app.serving.preparation import publish_static_files
call_command("migrate", verbosity=0)
publish_static_files()
"""


@dataclass(frozen=True)
class Place:
    """Where a server keeps what it knows."""

    home: Path
    database_url: str


@contextlib.contextmanager
def fresh_place(home: Path, lane_url: str, *, like: Place | None = None) -> Iterator[Place]:
    """An empty one, or a copy: forty migrations take longer than all else that a server does before it listens."""
    if like is not None:
        shutil.copytree(like.home, home, dirs_exist_ok=True)
    if not lane_url:
        yield Place(home, "")
        return
    name = f"server_{secrets.token_hex(6)}"
    create(name, lane_url, like=like)
    try:
        yield Place(home, urlunsplit(urlsplit(lane_url)._replace(path=f"/{name}")))
    finally:
        with psycopg.connect(lane_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def create(name: str, lane_url: str, *, like: Place | None) -> None:
    template = sql.Identifier(urlsplit(like.database_url).path[1:] if like else "template0")
    with psycopg.connect(lane_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), template))


def migrated_by_the_lane() -> Place | None:
    """What the lane has made for everybody; nothing where pytest was called by hand."""
    home = os.environ.get(MIGRATED_HOME)
    return Place(Path(home), os.environ.get(MIGRATED_URL, "")) if home else None


def told_to_workers(place: Place) -> dict[str, str]:
    return {MIGRATED_HOME: str(place.home), MIGRATED_URL: place.database_url}


def copy_for_tests(name: str, lane_url: str, *, like: Place) -> None:
    """The database of the tests' own process, where Django looks for it."""
    if lane_url:
        create(name, lane_url, like=like)
    else:
        shutil.copyfile(like.home / "warroom.sqlite3", name)


def migrate(place: Place) -> None:
    """Tables and static files, but nobody in it yet."""
    chosen = environment(place.home, DATABASE_URL=place.database_url)
    command = command_line("shell", "--verbosity", "0", "-c", MIGRATE_AND_PUBLISH)
    subprocess.run(command, env=chosen, cwd=PROJECT, check=True, timeout=100)


@contextlib.contextmanager
def held_by_another(server: Server, table: str) -> Iterator[None]:
    """Somebody else writes and does not come to an end."""
    if url := server.environment["DATABASE_URL"]:
        with psycopg.connect(url) as connection:
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(table)))
            yield
        return
    with contextlib.closing(sqlite3.connect(server.home / "warroom.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
