"""What must be in place before the first request: right settings, tables, demo people and crew, static files."""

import contextlib
import fcntl
import gc
import hashlib
import os
from collections.abc import Iterator

import psycopg
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core import checks
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL

from agents_app import seed
from agents_app.serving import address
from agents_app.serving.errors import CannotStart
from chatsite.checks import OUR_SETTINGS
from sessions_app import seed as people

PREPARING = 0x57A2200  # the advisory lock of all who prepare one PostgreSQL database


def prepare() -> None:
    """Make the product ready to serve; safe to repeat, and for several processes at once."""
    host, port = settings.WARROOM_BIND
    os.umask(0o077)  # evidence and the database are for nobody else on this machine
    refuse_wrong(OUR_SETTINGS)
    address.refuse_taken(host, port)
    refuse_absent_database()
    refuse_wrong()  # this imports all that answers requests; what an operator gets wrong has been told by now
    gc.freeze()
    gc.enable()
    try:
        with _one_at_a_time():
            call_command("migrate", verbosity=0, interactive=False)
            _admit_people(host)
            seed.seed()
            publish_static_files()
    except (OperationalError, OSError) as error:  # read-only, full, locked or gone: nothing that a traceback explains
        raise CannotStart(f"{_where()}: {_one_line(error)}") from error
    connections.close_all()


def refuse_wrong(tag: str | None = None) -> None:
    for problem in checks.run_checks(tags=tag and [tag]):
        if problem.is_serious():
            raise CannotStart(_one_line(problem.msg))


def refuse_absent_database() -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        if isinstance(connection, PostgreSQL):
            # Past the pool: it would say "timeout" and keep the reason to itself.
            psycopg.connect(**connection.get_connection_params()).close()
        else:
            connection.ensure_connection()
    except (DatabaseError, psycopg.Error) as error:
        raise CannotStart(f"{_where()}: can't use the database: {_one_line(error)}") from error


@transaction.atomic
def _admit_people(host: str) -> None:
    """A start that is refused leaves the people and their passwords as they were."""
    people.people()
    address.refuse_open_demo(host, demo_sign_ins=people.sign_ins(), password=settings.WARROOM_DEMO_PASSWORD)


def publish_static_files() -> None:
    """Collect them under hashed names, unless those of the last start are still right."""
    stamp = settings.STATIC_ROOT / "published"
    wanted = _fingerprint_of_static_files()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(wanted)


def _fingerprint_of_static_files() -> str:
    found = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found.update(f"{path} {storage.size(path)} {storage.get_modified_time(path)}\n".encode())
    return found.hexdigest()


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    connection = connections[DEFAULT_DB_ALIAS]
    if isinstance(connection, PostgreSQL):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARING])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [PREPARING])
        return
    with (settings.WARROOM_HOME / "preparing").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _where() -> str:
    return "DATABASE_URL" if settings.DATABASE_URL else f"WARROOM_HOME={settings.WARROOM_HOME}"


def _one_line(reason: object) -> str:
    return " ".join(str(reason).split())
