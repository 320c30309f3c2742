"""Who is at work on a run. The fence grows with every owner, and whoever holds an old one may write no more."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from agents_app import clock
from agents_app.models import Run
from sessions_app.events import log


@dataclass(frozen=True)
class Lease:
    run_id: UUID
    session_id: UUID
    owner: str
    fence: int


class LeaseLost(Exception):
    """Another owner has the run, or nobody has; stop without writing."""


def take(run: Run, *, owner: str) -> Lease | None:
    """Make `owner` the one at work, unless the row has changed hands since it was read."""
    now = clock.now()
    changes = {
        "status": Run.Status.RUNNING,
        "lease_owner": owner,
        "lease_until": now + duration(),
        "fence": run.fence + 1,
        "waiting_for": "",
        "woken_at": None,
        "started_at": run.started_at or now,
    }
    if not Run.objects.filter(pk=run.pk, status=run.status, fence=run.fence).update(**changes, crashes=run.crashes):
        return None
    for name, value in changes.items():
        setattr(run, name, value)
    return Lease(run.pk, run.session_id, owner, run.fence)


def renew(lease: Lease) -> Run:
    """Hold on for another while, and see what has been asked of the run meanwhile."""
    if not _mine(lease).update(lease_until=clock.now() + duration()):
        raise LeaseLost
    return Run.objects.only("cancel_requested_at", "pause_requested_at").get(pk=lease.run_id)


def held(lease: Lease) -> Run:
    """Lock the session and the run for a change, and prove that the run is still ours; call it in a transaction."""
    session = log.lock(lease.session_id)
    rows = Run.objects.select_for_update(of=("self",), no_key=True)
    run = rows.select_related("agent", "provider").get(pk=lease.run_id)
    if run.fence != lease.fence or run.status != Run.Status.RUNNING:
        raise LeaseLost
    run.session = session
    return run


def expire_of_dead(home: str, *, but: str) -> int:
    """End the leases of a home's earlier processes; the caller has proof that they are gone."""
    dead = Run.objects.filter(status=Run.Status.RUNNING, lease_owner__startswith=f"{home}:").exclude(lease_owner=but)
    return dead.update(lease_until=clock.now() - timedelta(seconds=1))


def due() -> QuerySet[Run]:
    """What a runner may take up: runs whose owner is gone, and the first in the queue of each lane that is free."""
    before = Q(status=Run.Status.RUNNING) | Q(status=Run.Status.QUEUED, pk__lt=OuterRef("pk"))
    taken = Run.objects.filter(before, session=OuterRef("session"), lane=OuterRef("lane"), parent=None)
    free = Run.objects.filter(status=Run.Status.QUEUED).filter(Q(parent__isnull=False) | ~Exists(taken))
    # Running before queued: a run that was interrupted has waited longest. Ids are in order of arrival.
    return (Run.objects.lease_ran_out(clock.now()) | free).order_by("-status", "id")


def duration() -> timedelta:
    return timedelta(seconds=settings.WARROOM_LEASE_SECONDS)


def _mine(lease: Lease) -> QuerySet[Run]:
    return Run.objects.filter(pk=lease.run_id, fence=lease.fence, status=Run.Status.RUNNING)
