"""What the one at work does with a run: takes it, keeps its place, waits, gives it back, ends it; under its lease."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from agents_app import clock, queue
from agents_app.models import Run
from agents_app.services import leases, run_states, runs
from agents_app.services.configuring import Chosen
from agents_app.services.leases import Lease, held
from sessions_app import actors
from sessions_app.models import Message

CRASHES_ALLOWED = 3
CRASHED = "The server or its database broke off at the same place of this run more than three times."


def acquire(*, run_id: UUID, owner: str) -> Lease | None:
    """Take a queued run, or one whose owner is gone; nothing if another has it, its lane is taken, or it ended."""
    try:
        return _acquire(run_id, owner)
    except IntegrityError:
        # Two servers took two runs of one lane in the same moment; the database let one of them have it.
        return None


@transaction.atomic
def _acquire(run_id: UUID, owner: str) -> Lease | None:
    run = run_states.locked(run_id)
    if run.status == Run.Status.RUNNING and run.lease_until and run.lease_until < clock.now():
        run.crashes += 1
        run_states.void_messages(run, reason="The server stopped while this was written; it starts again.")
    elif run.status != Run.Status.QUEUED or _lane_taken(run):
        return None
    if _stopped(run):
        return None
    if run.crashes > CRASHES_ALLOWED:
        run_states.end(run, Run.Status.FAILED, by=actors.SYSTEM, error_code="RUN_CRASHED", error=CRASHED)
        return None
    lease = leases.take(run, owner=owner)
    if lease:
        _take_config(run)
        run_states.tell(run, "run.started", by=run_states.speaker(run))
    return lease


@transaction.atomic
def save_checkpoint(lease: Lease, checkpoint: dict[str, Any]) -> None:
    keep(held(lease), checkpoint)


@transaction.atomic
def park(lease: Lease, waiting_for: str, *, read_inbox: bool = True) -> bool:
    """Let go of the run until a person has decided; False if something came for it meanwhile, so go on at once."""
    run = held(lease)
    if run.woken_at or (read_inbox and _written_to(run)):
        run.woken_at = None
        run.save(update_fields=["woken_at"])
        return False
    if _stopped(run):
        return True
    run.status, run.waiting_for = Run.Status.WAITING, waiting_for
    run_states.let_go(run)
    run_states.tell(run, "run.waiting", by=run_states.speaker(run))
    queue.tell(run, queue.Change.SETTLED)
    return True


@transaction.atomic
def finish(lease: Lease, status: str, error_code: str = "", error: str = "", *, read_inbox: bool = True) -> bool:
    """End the run; False if a person has written to it meanwhile, and it should look at that first."""
    run = held(lease)
    if status == Run.Status.SUCCEEDED and read_inbox and _written_to(run):
        return False
    by = run_states.canceller(run) if status == Run.Status.CANCELLED else run_states.speaker(run)
    run_states.end(run, status, by=by, error_code=error_code, error=error)
    return True


@transaction.atomic
def release(lease: Lease, *, crashed: bool = False) -> None:
    """Give the run back to the queue: this process can't go on with it, and another does from its checkpoint."""
    run = held(lease)
    if crashed:
        run.crashes += 1
        run.save(update_fields=["crashes"])
    if run.pause_requested_at:
        run_states.lie_down(run, by=run_states.pauser(run))
        return
    run_states.void_messages(run, reason="The server restarts; this is written again.")
    run_states.requeue(run, "run.queued", by=actors.SYSTEM)


@transaction.atomic
def rest(lease: Lease) -> None:
    """Stop as a person asked; they may have changed their mind meanwhile."""
    run = held(lease)
    if not _stopped(run):
        run_states.void_messages(run, reason="It was paused for a moment; this is written again.")
        run_states.requeue(run, "run.queued", by=run_states.speaker(run))


def keep(run: Run, checkpoint: dict[str, Any]) -> None:
    """Keep what the mode needs to go on; call it with the run held. Crashes that it got past count no more."""
    if note(run, checkpoint):
        run.save(update_fields=["checkpoint", "crashes"])


def note(run: Run, checkpoint: dict[str, Any]) -> bool:
    """The same for who writes it with the rest of the step; false if it says nothing new."""
    if checkpoint == run.checkpoint:
        return False
    run.checkpoint, run.crashes = checkpoint, 0
    return True


def write_step(run: Run) -> None:
    """Write what an answer of the model has changed on a run that is held, in one go."""
    run.save(update_fields=["speaking", "usage", "reserved", "checkpoint", "crashes"])


def use(run: Run, chosen: Chosen) -> None:
    """Write down what the run really uses; call it with the run held."""
    used = (chosen.provider.pk, chosen.model, chosen.config)
    if used != (run.provider_id, run.model, run.config):
        run.provider, run.model, run.config = chosen.provider, chosen.model, chosen.config
        run.save(update_fields=["provider", "model", "config"])


def take_inbox(run: Run) -> list[Message]:
    """What people wrote to the run since it last looked; call it with the run held."""
    rows = list(run.inbox.filter(taken_at=None).select_related("message").order_by("id"))
    run.inbox.filter(pk__in=[row.pk for row in rows]).update(taken_at=clock.now())
    return [row.message for row in rows]


def _stopped(run: Run) -> bool:
    """End it, or lay it down, if a person has asked for that."""
    if run.cancel_requested_at:
        run_states.end(run, Run.Status.CANCELLED, by=run_states.canceller(run))
    elif run.pause_requested_at:
        run_states.lie_down(run, by=run_states.pauser(run))
    else:
        return False
    return True


def _take_config(run: Run) -> None:
    """The session's config may have changed while the run waited; what can't be used is said where it is asked."""
    if chosen := runs.decided(run.agent, run.session, run.asked, strict=False):
        use(run, chosen)


def _lane_taken(run: Run) -> bool:
    """One run of a lane is at work, the others go in order of arrival; a run inside another's tree is part of it."""
    if run.parent_id:
        return False
    lane = Run.objects.filter(session_id=run.session_id, lane=run.lane, parent=None).exclude(pk=run.pk)
    return lane.filter(Q(status=Run.Status.RUNNING) | Q(status=Run.Status.QUEUED, pk__lt=run.pk)).exists()


def _written_to(run: Run) -> bool:
    return run.inbox.filter(taken_at=None).exists()
