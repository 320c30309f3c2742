"""What people ask of a run beyond its end: that it rests, goes on, is tried again, or hears something on its way."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agents_app import clock, queue
from agents_app.models import Run, RunInbox
from agents_app.services import crew, quotas, run_states, runs, working
from sessions_app import actors, permissions, rate_limits, runtime_config
from sessions_app.actors import Actor
from sessions_app.drafts import Draft
from sessions_app.errors import Conflict, NotFound, Refused
from sessions_app.events import log
from sessions_app.models import ChatSession, Message
from sessions_app.services import incidents, messages, sessions
from sessions_app.transactions import refusable
from sessions_app.vocabulary import TeamTold

UNFINISHED_ALLOWED = 4
# The modes that look at their inbox between two steps.
LISTENING = (Run.Mode.REACT, Run.Mode.CREW)
AGAIN = (Run.Status.FAILED, Run.Status.CANCELLED)


# --- The verbs --------------------------------------------------------------------------------------------------------
@transaction.atomic
def pause(*, run_id: UUID, by: Actor, cause: UUID | None = None) -> Run:
    """Let a run rest. One at work stops at its next step, woken at once; any other rests on return."""
    run = _asked(run_id, "pause_run", by)
    _require_unfinished(run)
    if run.status == Run.Status.PAUSED or run.pause_requested_at:
        return run
    run.pause_requested_at, run.pause_requested_by = clock.now(), by.user
    run.save(update_fields=["pause_requested_at", "pause_requested_by"])
    if run.status == Run.Status.RUNNING:
        queue.tell(run, queue.Change.PAUSED)
    else:
        run_states.lie_down(run, by=by, cause=cause)
    return run


@transaction.atomic
def resume(*, run_id: UUID, by: Actor, cause: UUID | None = None) -> Run:
    """Let a run go on from its checkpoint; it takes its turn in its lane."""
    run = _asked(run_id, "resume_run", by)
    _require_unfinished(run)
    if not run.pause_requested_at and run.status != Run.Status.PAUSED:
        raise Conflict(_("The run is not paused."), details={"status": run.status})
    run.pause_requested_at = run.pause_requested_by = None
    run.save(update_fields=["pause_requested_at", "pause_requested_by"])
    if run.status == Run.Status.PAUSED:
        run_states.requeue(run, "run.resumed", by=by, cause=cause)
    return run


def wanted(config: dict[str, Any], *, by: Actor) -> dict[str, Any]:
    """Count a retry and read what it asks for: before any transaction."""
    rate_limits.require("messages", f"{by.kind}:{by.id}")
    return runtime_config.read(config)


def retry(*, run_id: UUID, wanted: dict[str, Any], by: Actor, cause: UUID | None = None) -> Run:
    """Try again, in a new run: answer the same message, or send the crew to its incident once more.

    What is wanted counts over what was asked for the first time.
    """
    if (incident_id := _crewed(run_id)) is not None:
        return _send_again(run_id, incident_id, wanted, by=by, cause=cause)
    with refusable():
        run = _asked(run_id, "retry_run", by)
        sessions.require_open(run.session)
        _require_repeatable(run)
        require_place(run.session, by=by)
        assert run.prompt is not None
        config = {**run.asked, **wanted}
        reserved = quotas.reserve(session=run.session, by=by, content=run.prompt.content, config=config)
        return runs.start(
            session=run.session, agent=run.agent, mode=run.mode, by=by, prompt=run.prompt, config=config,
            reserved=reserved, path=run.path, path_reason=run.path_reason, cause=cause,
        )  # fmt: skip


@transaction.atomic
def steer(draft: Draft, *, run_id: UUID, cause: UUID | None = None) -> Message:
    """Say something to a run on its way; it is told at its next step, and the room sees that it was."""
    run = _asked(run_id, "steer_run", draft.by)
    sessions.require_open(run.session)
    _require_unfinished(run)
    if run.mode not in LISTENING or run.parent_id:
        raise Conflict(_("This run takes no words on its way; send a message."), details={"mode": run.mode})
    message = messages.say(
        session=run.session, speaker=draft.by, content=draft.body.content, html=draft.html, cause=cause
    )
    RunInbox.objects.create(run=run, message=message)
    return message


# --- What others ask here ---------------------------------------------------------------------------------------------
def steerable(session: ChatSession) -> Run | None:
    """The reply on its way in a session that the caller has locked, if it takes words."""
    on_its_way = Run.objects.filter(session=session, lane=Run.Lane.CHAT, parent=None, mode__in=LISTENING)
    at_work = on_its_way.filter(status__in=(Run.Status.RUNNING, Run.Status.WAITING), cancel_requested_at=None)
    return at_work.order_by("status", "id").first()  # running before waiting


def require_place(session: ChatSession, *, by: Actor) -> None:
    """So many unfinished replies may one person have in a session that the caller has locked."""
    mine = Run.objects.unfinished().filter(session=session, lane=Run.Lane.CHAT, parent=None, requested_by=by.user)
    if mine.count() >= UNFINISHED_ALLOWED:
        words = _("You have {count} unfinished replies in this session; wait for one or cancel it.")
        raise Refused("TOO_MANY_RUNS", words.format(count=UNFINISHED_ALLOWED))


def written_to(run: Run) -> bool:
    return run.inbox.filter(taken_at=None).exists()


def take(run: Run, keep: Callable[[list[Message]], dict[str, Any]]) -> list[Message]:
    """Take the inbox, and keep the checkpoint that holds it, in one transaction; the run is held."""
    taken = working.take_inbox(run)
    if taken:
        working.keep(run, keep(taken))
    for message in taken:
        told = TeamTold(
            event="team.intervention", run_id=run.pk, team={"lead": run.agent.name}, member=message.sender_name,
            content=message.content, status="taken",
        )  # fmt: skip
        log.record(told, session=run.session, actor=actors.agent(run.agent.name), run=run.pk)
    return taken


# --- Steps ------------------------------------------------------------------------------------------------------------
def _crewed(run_id: UUID) -> UUID | None:
    """The incident that a crew's run worked on; what it is never changes, so this needs no lock."""
    crewed = Run.objects.filter(pk=run_id, lane=Run.Lane.CREW, parent=None)
    found: UUID | None = crewed.values_list("session__incident_id", flat=True).first()
    return found


@transaction.atomic
def _send_again(run_id: UUID, incident_id: UUID, config: dict[str, Any], *, by: Actor, cause: UUID | None) -> Run:
    """The incident is locked before its room and the run."""
    incidents.lock(incident_id)
    run = _asked(run_id, "retry_run", by)
    _require_over(run)
    return crew.start(incident_id=incident_id, by=by, config={**run.asked, **config}, cause=cause)


def _asked(run_id: UUID, verb: str, by: Actor) -> Run:
    """Lock a run that the actor may see and may do this to."""
    run = run_states.locked(run_id)
    if not permissions.sees(by, run.session):
        raise NotFound(_("There is no such run."))
    permissions.require(by, verb, run.session)
    return run


def _require_unfinished(run: Run) -> None:
    if run.finished or run.cancel_requested_at:
        raise Conflict(_("The run has ended."), details={"status": run.status})


def _require_over(run: Run) -> None:
    if run.status not in AGAIN:
        words = _("Only a run that failed or was cancelled can be tried again.")
        raise Conflict(words, details={"status": run.status})


def _require_repeatable(run: Run) -> None:
    _require_over(run)
    if run.prompt is None or run.lane != Run.Lane.CHAT or run.parent_id:
        raise Conflict(_("Only the reply to a message, or a crew, can be tried again."))
    later = set(Run.objects.filter(prompt=run.prompt, pk__gt=run.pk).values_list("status", flat=True))
    if Run.Status.SUCCEEDED in later:
        raise Conflict(_("This has been answered since."), details={"status": Run.Status.SUCCEEDED})
    if later & set(Run.UNFINISHED):
        raise Conflict(_("This is being tried again already."), details={"status": (later & set(Run.UNFINISHED)).pop()})
    if not run.agent.enabled:
        raise Refused("AGENT_NOT_AVAILABLE", _("{name} is switched off.").format(name=run.agent.name))
