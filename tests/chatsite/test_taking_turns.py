"""Writing transactions of one process on SQLite take turns, in the order in which they came."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from chatsite.sqlite import base
from chatsite.sqlite.turns import Turns
from sessions_app.models import Organization

pytestmark = pytest.mark.once  # PostgreSQL has no need of turns


def wait_until(there: Callable[[], bool]) -> None:
    looked = threading.Event()
    for _ in range(30_000):
        if there():
            return
        looked.wait(0.001)
    raise AssertionError("it never came to that")


def test_whoever_came_first_goes_first() -> None:
    turns, order = Turns(), []

    def work(number: int) -> None:
        assert turns.take(within=60)
        order.append(number)
        turns.give()

    turns.take(within=60)
    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=work, args=[number]))
        threads[-1].start()
        wait_until(lambda: len(turns._waiting) == len(threads))
    turns.give()
    for thread in threads:
        thread.join(60)
    assert order == [0, 1, 2, 3, 4]


def test_who_has_waited_long_enough_leaves_and_is_in_nobodys_way() -> None:
    turns = Turns()
    assert turns.take(within=0)
    assert not turns.take(within=0)
    turns.give()
    assert turns.take(within=0)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_lets_the_next_one_in() -> None:
    def twice() -> None:
        try:
            with transaction.atomic():
                Organization.objects.create(slug="same", name="One")
                Organization.objects.create(slug="same", name="Two")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other, pytest.raises(IntegrityError):
        other.submit(twice).result(60)
    with transaction.atomic():
        Organization.objects.create(slug="same", name="Three")


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_closed_in_the_middle_lets_the_next_one_in() -> None:
    def break_off() -> None:
        connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        connection.close()

    with ThreadPoolExecutor(1) as other:
        other.submit(break_off).result(60)
    with transaction.atomic():
        Organization.objects.create(slug="next", name="Next")


@pytest.mark.django_db(transaction=True)
def test_who_waits_in_vain_for_a_turn_is_told_as_by_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = base._turns[str(connection.settings_dict["NAME"])]
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.0)
    assert turns.take(within=60)
    try:
        with pytest.raises(OperationalError, match="database is locked"), transaction.atomic():
            raise AssertionError("it was somebody else's turn")
    finally:
        turns.give()
