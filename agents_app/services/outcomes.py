"""Outcomes nobody could see: a call that was begun and whose end is unknown is never tried blindly; a person says."""

from typing import Literal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agents_app import clock
from agents_app.models import Approval, ToolCall
from agents_app.services import calls, quorum, runs
from agents_app.services.approvals import TO_EXECUTE
from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.errors import Conflict, Denied, NotFound
from sessions_app.events import log

Outcome = Literal["happened", "retry", "skip"]
State = ToolCall.State


@transaction.atomic
def decide(*, tool_call_id: UUID, outcome: Outcome, note: str = "", by: Actor, cause: UUID | None = None) -> ToolCall:
    """Say what became of a call: it happened; it did not, run it again; or leave it, and tell the agent."""
    call = _locked(tool_call_id, by)
    _require_allowed(call, outcome, by)
    if call.state != State.UNKNOWN:
        raise Conflict(
            _("This call is not unclear: it is {state}.").format(state=call.get_state_display().lower()),
            details={"state": call.state},
        )
    said = {"outcome": outcome, "said_by": by.name, "note": note or None}
    if outcome == "retry":
        _again(call)
    calls.tell(call, "execution.resolved", by=by, resolution=outcome, cause=cause)
    if outcome == "happened":
        calls.settle(call, state=State.SUCCEEDED, by=by, result=said, cause=cause)
    elif outcome == "skip":
        words = f"{by.name} chose to go on without it."
        calls.settle(call, state=State.SKIPPED, by=by, result=said, error=words, cause=cause)
    runs.wake(call.run, by=by, cause=cause)
    calls.note(call, "execution.resolved", by=by, **said)
    return call


def _locked(tool_call_id: UUID, by: Actor) -> ToolCall:
    found = ToolCall.objects.select_related("run__session").filter(pk=tool_call_id).first()
    if found is None or not permissions.sees(by, found.run):
        raise NotFound(_("There is no such call."))
    session = log.lock(found.run.session_id)
    call = calls.lock(tool_call_id, run=calls.lock_run(found.run_id, session=session))
    if call.approval:
        call.approval = Approval.objects.select_for_update(no_key=True).get(pk=call.approval.pk)
    return call


def _require_allowed(call: ToolCall, outcome: Outcome, by: Actor) -> None:
    """To run it again is to allow it again: that takes somebody who may."""
    if not by.in_person or not permissions.may(by, "resolve_outcome", call.run.session.organization_id):
        raise Denied(_("Your role does not decide what became of a call."))
    if outcome != "retry":
        return
    if call.run.finished:
        raise Conflict(_("Its run has ended, so nothing can run it again; say that it happened, or skip it."))
    if call.approval and (reason := quorum.why_not(call.approval, by)):
        raise Denied(str(reason), code="APPROVAL_FORBIDDEN")


def _again(call: ToolCall) -> None:
    """Back to before the claim, under the same idempotency key; everything is checked again before it runs."""
    call.state = State.APPROVED if call.approval else State.REQUESTED
    call.grant = None  # a use of it was spent on what has been tried; it takes another, or somebody's word
    call.save(update_fields=["state", "grant"])
    if call.approval:
        call.approval.execute_by = clock.now() + TO_EXECUTE
        call.approval.save(update_fields=["execute_by"])
