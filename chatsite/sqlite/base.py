"""Django's backend for SQLite, whose writing transactions of one process take turns.

SQLite lets one transaction write at a time, and has the others sleep and try again, for up to a tenth of a second and
in no order: of sixteen at once some waited for seconds (https://www.sqlite.org/c3ref/busy_handler.html). Between
processes it stays so.
"""

import time
from collections import defaultdict

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from chatsite.sqlite.turns import Turns

# What one waits for a turn counts against the time-out once it is worth a statement.
WORTH_COUNTING_SECONDS = 1.0

_turns: defaultdict[str, Turns] = defaultdict(Turns)


class DatabaseWrapper(base.DatabaseWrapper):
    _has_turn = False

    def _start_transaction_under_autocommit(self) -> None:
        timeout = float(self.settings_dict["OPTIONS"].get("timeout", 5.0))
        began = time.monotonic()
        if not self._mine.take(within=timeout):
            raise OperationalError("database is locked")
        self._has_turn = True
        try:
            self._begin(timeout, waited=time.monotonic() - began)
        except BaseException:
            self._give()
            raise

    def _begin(self, timeout: float, *, waited: float) -> None:
        if waited < WORTH_COUNTING_SECONDS:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs leave it out
            return
        self._wait_at_most(max(0.0, timeout - waited))
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs leave it out
        finally:
            self._wait_at_most(timeout)

    def _wait_at_most(self, seconds: float) -> None:
        with self.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def commit(self) -> None:
        super().commit()
        self._give()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self._give()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._give()

    def _give(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._mine.give()

    @property
    def _mine(self) -> Turns:
        return _turns[str(self.settings_dict["NAME"])]
