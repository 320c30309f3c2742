"""The row of a run: locked in order, moved from one state to the next, and told to its room."""

from collections.abc import Callable
from uuid import UUID

from django.utils.translation import gettext as _

from agents_app import clock, queue, resources
from agents_app.models import Run
from agents_app.services import quotas
from sessions_app import actors
from sessions_app.actors import Actor
from sessions_app.errors import ERRORS, NotFound
from sessions_app.events import log
from sessions_app.vocabulary import ErrorObject, MessageFailed, MessageReset, RunChanged

# Called with (run, by) in the transaction that ends a run: what is open on its behalf ends with it.
on_end: list[Callable[[Run, Actor], None]] = []


def locked(run_id: UUID) -> Run:
    """Lock the run's session, then the run: the order that everybody keeps."""
    try:
        session = log.lock_of(Run.objects.filter(pk=run_id).values("session_id"))
    except NotFound:
        raise NotFound(_("There is no such run.")) from None
    rows = Run.objects.select_for_update(of=("self",), no_key=True)
    run = rows.select_related("agent__provider__health", "provider").get(pk=run_id)
    run.session = session
    return run


def tell(run: Run, event: str, *, by: Actor, cause: UUID | None = None) -> None:
    log.record(RunChanged(event=event, run=resources.run(run)), session=run.session, actor=by, run=run.pk,
               parent_run=run.parent_id, cause=cause)  # fmt: skip


def requeue(run: Run, event: str, *, by: Actor, cause: UUID | None = None) -> None:
    """Put a run that the caller has locked back into the queue."""
    run.status = Run.Status.QUEUED
    let_go(run)
    tell(run, event, by=by, cause=cause)
    queue.enqueue(run)


def lie_down(run: Run, *, by: Actor, cause: UUID | None = None) -> None:
    """Pause a run that the caller has locked. What it was about to say is void: it goes on from its checkpoint."""
    void_messages(run, reason="The run is paused; this is written again when it goes on.")
    run.status, run.waiting_for = Run.Status.PAUSED, ""
    let_go(run)
    tell(run, "run.paused", by=by, cause=cause)
    queue.tell(run, queue.Change.SETTLED)


def end(run: Run, status: str, *, by: Actor, error_code: str = "", error: str = "", cause: UUID | None = None) -> None:
    """End a run that the caller has locked, and what is open on its behalf."""
    run.status, run.error_code, run.error, run.ended_at = status, error_code, error, clock.now()
    run.waiting_for = ""
    void_messages(run, reason="The run ended before this was finished.")
    let_go(run)
    quotas.release(run)
    for hook in on_end:
        hook(run, by)
    if status == Run.Status.FAILED:
        _tell_failure(run, by)
    tell(run, f"run.{status}", by=by, cause=cause)
    queue.tell(run, queue.Change.SETTLED)


def _tell_failure(run: Run, by: Actor) -> None:
    entry = ERRORS[run.error_code]
    error = ErrorObject(
        error_code=run.error_code, detail=run.error or entry.title, message=run.error or entry.title,
        recoverable=entry.recoverable, timestamp=run.ended_at,
    )  # fmt: skip
    log.record(MessageFailed(event="message.error", run_id=run.pk, error=error), session=run.session, actor=by,
               run=run.pk, parent_run=run.parent_id)  # fmt: skip


def let_go(run: Run) -> None:
    run.lease_owner, run.lease_until = "", None
    run.save(update_fields=["status", "waiting_for", "error_code", "error", "ended_at", "lease_owner", "lease_until"])
    # Its lane is free: the next in it may go.
    queue.tell(run, queue.Change.DUE)


def void_messages(run: Run, *, reason: str) -> None:
    """A message that nobody will end is taken back; the next attempt speaks under a new id."""
    for message_id in run.speaking:
        log.record(MessageReset(event="message.reset", message_id=message_id, reason=reason), session=run.session,
                   actor=speaker(run), run=run.pk, parent_run=run.parent_id)  # fmt: skip
    if run.speaking:
        run.speaking = []
        run.save(update_fields=["speaking"])


def speaker(run: Run) -> Actor:
    return actors.agent(run.agent.name)


def canceller(run: Run) -> Actor:
    return actors.person(run.cancel_requested_by) if run.cancel_requested_by else actors.SYSTEM


def pauser(run: Run) -> Actor:
    return actors.person(run.pause_requested_by) if run.pause_requested_by else actors.SYSTEM
