"""Quota counts where two transactions meet: nothing settled is lost, and no two wait for each other."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction
from django.db.models import F

from agents_app.models import QuotaCount, Run
from agents_app.services import quota_counts, quotas, runs
from sessions_app import actors
from sessions_app.events import log
from sessions_app.models import ChatSession, Incident
from sessions_app.services import incidents
from tests import factories
from tests.agents_app.talking import post
from tests.agents_app.test_quotas import quota

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 15


def aside(fn: Callable[[], object]) -> Future[None]:
    """Something that is done on a connection of its own; what it raises is raised by `result`."""

    def connected() -> None:
        try:
            fn()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    begun = pool.submit(connected)
    pool.shutdown(wait=False)
    return begun


def blocked() -> bool:
    """Whether somebody waits for a lock in this database; SQLite lets one write at a time, so there all do."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def until(look: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < end
        time.sleep(0.01)


def interrupt(room: ChatSession) -> None:
    post(room, "Stop that.", on_busy="interrupt", user=factories.user("xenia"))


def end_all(room: ChatSession) -> None:
    with transaction.atomic():
        session = log.lock(room.pk)
        runs.cancel_all(Run.objects.filter(session=session), session=session, by=actors.SYSTEM)


def close_incident(room: ChatSession) -> None:
    incident = Incident.objects.get(pk=room.incident_id)
    by = actors.person(factories.user("carla", role="commander"))
    incidents.change(incident_id=incident.pk, changes={"status": "closed"}, by=by)


@pytest.mark.parametrize("end", [interrupt, end_all, close_incident])
def test_who_ends_several_runs_locks_the_counts_in_the_order_of_all(end: Callable[[ChatSession], None]) -> None:
    room = factories.incident().room
    yuri, rita = factories.user("yuri"), factories.user("rita")
    quota(50, user=yuri)
    runs.cancel(run_id=post(room, user=yuri).pk, by=actors.person(yuri))
    quota(50)
    # The older count is yuri's; the run that ends first holds the younger, which is the organisation's.
    held = [post(room, user=rita), post(room, user=yuri)]
    older, younger = QuotaCount.objects.order_by("pk")
    assert [run.reserved[0]["count"] for run in held] == [str(younger.pk), str(older.pk)]

    with transaction.atomic():
        QuotaCount.objects.filter(pk=older.pk).update(used=F("used"))
        other = aside(lambda: end(room))
        until(blocked)
        QuotaCount.objects.filter(pk=younger.pk).update(used=F("used") + 1)
    other.result(PATIENCE)
    assert list(Run.objects.filter(pk__in=[run.pk for run in held]).values_list("status", flat=True)) == [
        "cancelled", "cancelled",
    ]  # fmt: skip
    older.refresh_from_db()
    younger.refresh_from_db()
    assert (older.reserved, younger.used, younger.reserved) == (0, 1, 1 if end is interrupt else 0)


def test_what_is_settled_while_a_new_quota_is_counted_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    room = factories.room()
    made = quota(50)
    run = post(room)
    summed, on_record = Event(), quota_counts.on_record

    def settle() -> None:
        summed.wait(PATIENCE)
        with transaction.atomic():
            quotas.settle(run, requests=1, tokens=0)

    other = aside(settle)

    def slowly(count: QuotaCount) -> int:
        found = on_record(count)
        summed.set()
        # Either it waits for us, or it is through.
        until(lambda: other.done() or (blocked() and connection.in_atomic_block))
        return found

    monkeypatch.setattr(quota_counts, "on_record", slowly)
    quotas.recount(made)
    other.result(PATIENCE)
    assert QuotaCount.objects.get().used == 1
