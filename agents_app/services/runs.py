"""Runs: one reply, or one piece of agent work. Their truth is the row; whoever holds its lease may go on with it."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agents_app import clock, queue
from agents_app.models import Agent, Run
from agents_app.services import configuring, quotas, run_states
from agents_app.services.configuring import Chosen
from agents_app.services.quotas import Share
from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.errors import NotFound, Refused
from sessions_app.models import ChatSession, Incident, Message


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
    chosen = decided(agent, session, asked, strict=lane == Run.Lane.CHAT or bool(asked))
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
    run_states.tell(run, "run.queued", by=by, cause=cause)
    queue.enqueue(run)
    return run


def wake(run: Run, *, by: Actor, cause: UUID | None = None) -> None:
    """What a run waited for has come. The caller has locked session and run, and decides in the same transaction."""
    if run.status == Run.Status.WAITING:
        run.status, run.waiting_for = Run.Status.QUEUED, ""
        run.save(update_fields=["status", "waiting_for"])
        run_states.tell(run, "run.queued", by=by, cause=cause)
        queue.enqueue(run)
    elif run.status in (Run.Status.RUNNING, Run.Status.QUEUED):
        # It is at work, perhaps about to park on what has just been decided: it looks at this mark before it does.
        run.woken_at = clock.now()
        run.save(update_fields=["woken_at"])


@transaction.atomic
def cancel(*, run_id: UUID, by: Actor, cause: UUID | None = None) -> Run:
    """Ask a run to stop. One at work stops at its next step and keeps what it said; any other has ended on return."""
    run = run_states.locked(run_id)
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
        run_states.end(run, Run.Status.CANCELLED, by=by, cause=cause)
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


def at_rest(ending: list[Run]) -> list[Run]:
    """Of these runs and what they have started, those that nobody is at work on: they end at once when cancelled."""
    found, level = list(ending), ending
    while level := list(Run.objects.unfinished().filter(parent__in=[run.pk for run in level])):
        found += level
    return [run for run in found if run.status != Run.Status.RUNNING]


def decided(agent: Agent, session: ChatSession, asked: dict[str, Any], *, strict: bool) -> Chosen | None:
    """What it will use as things stand; a crew that can't speak opens its incident all the same, and says so then."""
    try:
        return configuring.decide(agent, session=session.config, message=asked)
    except Refused:
        if strict:
            raise
        return None


def _give_back(ending: list[Run]) -> None:
    """What they and all they have started still hold of quotas, in one go and before the first of them is ended.

    Ending one may write to the audit trail, whose head is locked last of all.
    """
    quotas.release(*at_rest(ending))
