"""Runs: one reply, or one piece of agent work. Their truth is the row; whoever holds its lease may go on with it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from agents_app import clock, queue, resources
from agents_app.models import Agent, Run
from agents_app.services import configuring, leases, quotas
from agents_app.services.configuring import Chosen
from agents_app.services.leases import Lease, LeaseLost, held, renew
from agents_app.services.quotas import Share
from sessions_app import actors, permissions
from sessions_app.actors import Actor
from sessions_app.errors import ERRORS, NotFound, Refused
from sessions_app.events import log
from sessions_app.models import ChatSession, Incident, Message
from sessions_app.vocabulary import ErrorObject, MessageFailed, MessageReset, RunChanged

__all__ = [
    "Lease", "LeaseLost", "acquire", "at_rest", "busy", "cancel", "cancel_all", "cancel_locked", "finish", "held",
    "keep", "lie_down", "locked", "note", "on_close", "on_end", "park", "release", "renew", "requeue", "rest",
    "save_checkpoint", "start", "take_inbox", "tell", "use", "wake", "write_step",
]  # fmt: skip

CRASHES_ALLOWED = 3
CRASHED = "The server or its database broke off at the same place of this run more than three times."

# Called with (run, by) in the transaction that ends a run: what is open on its behalf ends with it.
on_end: list[Callable[[Run, Actor], None]] = []


# --- What people and agents ask for -----------------------------------------------------------------------------------
def start(
    *,
    session: ChatSession,
    agent: Agent,
    mode: str,
    by: Actor,
    lane: str = Run.Lane.CHAT,
    prompt: Message | None = None,
    parent: Run | None = None,
    config: dict[str, Any] | None = None,
    reserved: list[Share] | None = None,
    path: str = Run.Path.RUNTIME,
    path_reason: str = "",
    cause: UUID | None = None,
) -> Run:
    """Queue a run in a session that the caller has locked. Without `reserved` it asks for its shares when it speaks."""
    asked = config or {}
    chosen = _decided(agent, session, asked, strict=lane == Run.Lane.CHAT or bool(asked))
    run = Run.objects.create(
        session=session,
        agent=agent,
        mode=mode,
        lane=lane,
        path=path,
        path_reason=path_reason,
        prompt=prompt,
        parent=parent,
        asked=asked,
        config=chosen.config if chosen else {},
        provider=chosen.provider if chosen else None,
        model=chosen.model if chosen else "",
        requested_by=by.user,
        reserved=reserved,
        created_at=clock.now(),
    )
    tell(run, "run.queued", by=by, cause=cause)
    queue.enqueue(run)
    return run


def wake(run: Run, *, by: Actor, cause: UUID | None = None) -> None:
    """What a run waited for has come. The caller has locked session and run, and decides in the same transaction."""
    if run.status == Run.Status.WAITING:
        run.status, run.waiting_for = Run.Status.QUEUED, ""
        run.save(update_fields=["status", "waiting_for"])
        tell(run, "run.queued", by=by, cause=cause)
        queue.enqueue(run)
    elif run.status in (Run.Status.RUNNING, Run.Status.QUEUED):
        # It is at work, perhaps about to park on what has just been decided: it looks at this mark before it does.
        run.woken_at = clock.now()
        run.save(update_fields=["woken_at"])


@transaction.atomic
def cancel(*, run_id: UUID, by: Actor, cause: UUID | None = None) -> Run:
    """Ask a run to stop. One at work stops at its next step and keeps what it said; any other has ended on return."""
    run = locked(run_id)
    if not permissions.sees(by, run.session):
        raise NotFound(_("There is no such run."))
    permissions.require(by, "cancel_run", run.session)
    cancel_locked(run, by=by, cause=cause)
    return run


def cancel_all(runs: QuerySet[Run], *, session: ChatSession, by: Actor) -> None:
    """Cancel these runs of a session that the caller has locked."""
    unfinished = runs.filter(status__in=Run.UNFINISHED)
    rows = unfinished.select_for_update(of=("self",), no_key=True).select_related("agent", "provider")
    found = list(rows.order_by("id"))
    _give_back(found)
    for run in found:
        run.session = session
        cancel_locked(run, by=by)


def cancel_locked(run: Run, *, by: Actor, cause: UUID | None = None) -> None:
    """Cancel a run that the caller has locked, and what it started."""
    if run.finished or run.cancel_requested_at:
        return
    _give_back([run])
    run.cancel_requested_at, run.cancel_requested_by = clock.now(), by.user
    run.save(update_fields=["cancel_requested_at", "cancel_requested_by"])
    if run.status == Run.Status.RUNNING:
        queue.tell(run, queue.Change.INTERRUPTED)
    else:
        _end(run, Run.Status.CANCELLED, by=by, cause=cause)
    cancel_all(Run.objects.filter(parent=run), session=run.session, by=by)


def on_close(session: ChatSession, by: Actor) -> None:
    """No agent works in a room that has ended. An incident that is merely resolved lets its crew finish the report."""
    incident = session.incident
    closed = incident is not None and incident.status == Incident.Status.CLOSED
    if closed:  # all of its sessions are locked, and end in this transaction
        _give_back(list(Run.objects.unfinished().filter(session__incident=incident, parent=None)))
    if closed or not session.open_to_posts:
        cancel_all(Run.objects.filter(session=session), session=session, by=by)


def busy(session: ChatSession) -> bool:
    return Run.objects.unfinished().filter(session=session).exists()


# --- What the one at work does ----------------------------------------------------------------------------------------
def acquire(*, run_id: UUID, owner: str) -> Lease | None:
    """Take a queued run, or one whose owner is gone; nothing if another has it, its lane is taken, or it ended."""
    try:
        return _acquire(run_id, owner)
    except IntegrityError:
        # Two servers took two runs of one lane in the same moment; the database let one of them have it.
        return None


@transaction.atomic
def _acquire(run_id: UUID, owner: str) -> Lease | None:
    run = locked(run_id)
    if run.status == Run.Status.RUNNING and run.lease_until and run.lease_until < clock.now():
        run.crashes += 1
        _void_messages(run, reason="The server stopped while this was written; it starts again.")
    elif run.status != Run.Status.QUEUED or _lane_taken(run):
        return None
    if run.cancel_requested_at:
        _end(run, Run.Status.CANCELLED, by=_canceller(run))
        return None
    if run.pause_requested_at:
        lie_down(run, by=_pauser(run))
        return None
    if run.crashes > CRASHES_ALLOWED:
        _end(run, Run.Status.FAILED, by=actors.SYSTEM, error_code="RUN_CRASHED", error=CRASHED)
        return None
    lease = leases.take(run, owner=owner)
    if lease:
        _take_config(run)
        tell(run, "run.started", by=_speaker(run))
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
    if run.cancel_requested_at:
        _end(run, Run.Status.CANCELLED, by=_canceller(run))
        return True
    if run.pause_requested_at:
        lie_down(run, by=_pauser(run))
        return True
    run.status, run.waiting_for = Run.Status.WAITING, waiting_for
    _let_go(run)
    tell(run, "run.waiting", by=_speaker(run))
    queue.tell(run, queue.Change.SETTLED)
    return True


@transaction.atomic
def finish(lease: Lease, status: str, error_code: str = "", error: str = "", *, read_inbox: bool = True) -> bool:
    """End the run; False if a person has written to it meanwhile, and it should look at that first."""
    run = held(lease)
    if status == Run.Status.SUCCEEDED and read_inbox and _written_to(run):
        return False
    by = _canceller(run) if status == Run.Status.CANCELLED else _speaker(run)
    _end(run, status, by=by, error_code=error_code, error=error)
    return True


@transaction.atomic
def release(lease: Lease, *, crashed: bool = False) -> None:
    """Give the run back to the queue: this process can't go on with it, and another does from its checkpoint."""
    run = held(lease)
    if crashed:
        run.crashes += 1
        run.save(update_fields=["crashes"])
    if run.pause_requested_at:
        lie_down(run, by=_pauser(run))
        return
    _void_messages(run, reason="The server restarts; this is written again.")
    requeue(run, "run.queued", by=actors.SYSTEM)


@transaction.atomic
def rest(lease: Lease) -> None:
    """Stop as a person asked; they may have changed their mind meanwhile."""
    run = held(lease)
    if run.cancel_requested_at:
        _end(run, Run.Status.CANCELLED, by=_canceller(run))
    elif run.pause_requested_at:
        lie_down(run, by=_pauser(run))
    else:
        _void_messages(run, reason="It was paused for a moment; this is written again.")
        requeue(run, "run.queued", by=_speaker(run))


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


# --- Steps ------------------------------------------------------------------------------------------------------------
def _decided(agent: Agent, session: ChatSession, asked: dict[str, Any], *, strict: bool) -> Chosen | None:
    """What it will use as things stand; a crew that can't speak opens its incident all the same, and says so then."""
    try:
        return configuring.decide(agent, session=session.config, message=asked)
    except Refused:
        if strict:
            raise
        return None


def _take_config(run: Run) -> None:
    """The session's config may have changed while the run waited; what can't be used is said where it is asked."""
    if chosen := _decided(run.agent, run.session, run.asked, strict=False):
        use(run, chosen)


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


def _lane_taken(run: Run) -> bool:
    """One run of a lane is at work, the others go in order of arrival; a run inside another's tree is part of it."""
    if run.parent_id:
        return False
    lane = Run.objects.filter(session_id=run.session_id, lane=run.lane, parent=None).exclude(pk=run.pk)
    return lane.filter(Q(status=Run.Status.RUNNING) | Q(status=Run.Status.QUEUED, pk__lt=run.pk)).exists()


def _give_back(ending: list[Run]) -> None:
    """What they and all they have started still hold of quotas, in one go and before the first of them is ended.

    Ending one may write to the audit trail, whose head is locked last of all.
    """
    quotas.release(*at_rest(ending))


def at_rest(ending: list[Run]) -> list[Run]:
    """Of these runs and what they have started, those that nobody is at work on: they end at once when cancelled."""
    found, level = list(ending), ending
    while level := list(Run.objects.unfinished().filter(parent__in=[run.pk for run in level])):
        found += level
    return [run for run in found if run.status != Run.Status.RUNNING]


def _written_to(run: Run) -> bool:
    return run.inbox.filter(taken_at=None).exists()


def _end(run: Run, status: str, *, by: Actor, error_code: str = "", error: str = "", cause: UUID | None = None) -> None:
    run.status, run.error_code, run.error, run.ended_at = status, error_code, error, clock.now()
    run.waiting_for = ""
    _void_messages(run, reason="The run ended before this was finished.")
    _let_go(run)
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


def _let_go(run: Run) -> None:
    run.lease_owner, run.lease_until = "", None
    run.save(update_fields=["status", "waiting_for", "error_code", "error", "ended_at", "lease_owner", "lease_until"])
    # Its lane is free: the next in it may go.
    queue.tell(run, queue.Change.DUE)


def _void_messages(run: Run, *, reason: str) -> None:
    """A message that nobody will end is taken back; the next attempt speaks under a new id."""
    for message_id in run.speaking:
        log.record(MessageReset(event="message.reset", message_id=message_id, reason=reason), session=run.session,
                   actor=_speaker(run), run=run.pk, parent_run=run.parent_id)  # fmt: skip
    if run.speaking:
        run.speaking = []
        run.save(update_fields=["speaking"])


def tell(run: Run, event: str, *, by: Actor, cause: UUID | None = None) -> None:
    log.record(RunChanged(event=event, run=resources.run(run)), session=run.session, actor=by, run=run.pk,
               parent_run=run.parent_id, cause=cause)  # fmt: skip


def lie_down(run: Run, *, by: Actor, cause: UUID | None = None) -> None:
    """Pause a run that the caller has locked. What it was about to say is void: it goes on from its checkpoint."""
    _void_messages(run, reason="The run is paused; this is written again when it goes on.")
    run.status, run.waiting_for = Run.Status.PAUSED, ""
    _let_go(run)
    tell(run, "run.paused", by=by, cause=cause)
    queue.tell(run, queue.Change.SETTLED)


def requeue(run: Run, event: str, *, by: Actor, cause: UUID | None = None) -> None:
    """Put a run that the caller has locked back into the queue."""
    run.status = Run.Status.QUEUED
    _let_go(run)
    tell(run, event, by=by, cause=cause)
    queue.enqueue(run)


def _speaker(run: Run) -> Actor:
    return actors.agent(run.agent.name)


def _canceller(run: Run) -> Actor:
    return actors.person(run.cancel_requested_by) if run.cancel_requested_by else actors.SYSTEM


def _pauser(run: Run) -> Actor:
    return actors.person(run.pause_requested_by) if run.pause_requested_by else actors.SYSTEM
