"""F6: another writer holds SQLite. We wait for it, and then say so; it is never a failure of ours."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

from tests.callers import person
from tests.factories import user

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(settings.DATABASE_URL), reason="PostgreSQL locks rows, not the database"),
]
BODY = {"title": "SSH", "severity": "high"}


@contextlib.contextmanager
def another_writer() -> Iterator[sqlite3.Connection]:
    with contextlib.closing(
        sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_a_writer_that_does_not_let_go_is_a_503_and_reading_goes_on() -> None:
    caller = person(user())
    with connection.cursor() as cursor, another_writer():
        cursor.execute("PRAGMA busy_timeout = 100")  # else this test would take our 20 seconds
        answer = caller.post("incidents", BODY)
        assert (answer.status_code, answer.json()["error_code"]) == (503, "SERVICE_UNAVAILABLE")
        assert int(answer["Retry-After"]) > 0
        assert caller.get("incidents").json()["data"] == []
    assert caller.post("incidents", BODY).status_code == 201
    connection.close()


def test_a_writer_that_lets_go_in_time_is_waited_for() -> None:
    caller = person(user())
    with another_writer() as other:
        release = threading.Timer(0.5, other.rollback)
        release.start()
        assert caller.post("incidents", BODY).status_code == 201
        release.join()
