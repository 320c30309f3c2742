"""What waits for people ends when its time is over, or when its run or room ends."""

from uuid import UUID

from django.db import transaction
from django.db.models import Model

from agents_app import clock
from agents_app.models import Approval, Run, ToolCall
from agents_app.services import calls, questions, requests
from sessions_app.actors import Actor
from sessions_app.models import ChatSession
from sessions_app.services import audit

State = ToolCall.State


def due() -> list[UUID]:
    """The requests whose time is over; asked again and again, by every process."""
    late = Approval.objects.filter(status=Approval.Status.PENDING, expires_at__lte=clock.now())
    return list(late.order_by("expires_at").values_list("pk", flat=True))


@transaction.atomic
def expire(approval_id: UUID) -> bool:
    """End a request nobody decided, unless somebody has just now."""
    approval = requests.locked(approval_id)
    late = approval.expired(clock.now())
    if late:
        requests.expire(approval)
    return late


def cancel_pending(
    *, run: Run | None = None, session: ChatSession | None = None, by: Actor, cause: UUID | None = None
) -> int:
    """Cancel what waits for people on behalf of a run or a room that the caller has locked."""
    waiting = Approval.objects.filter(status=Approval.Status.PENDING)
    mine = waiting.filter(tool_call__run=run) if run else waiting.filter(session=session)
    room = run.session if run else session
    cancelled = [requests.locked(pk, session=room) for pk in mine.order_by("pk").values_list("pk", flat=True)]
    for approval in cancelled:
        requests.cancel(approval, by=by, cause=cause)
    questions.cancel_open(run=run, session=session, by=by, cause=cause)
    if cancelled:
        home: Model = run or cancelled[0].session
        ids = [str(approval.pk) for approval in cancelled]
        audit.append(
            organization_id=cancelled[0].organization_id, actor=by, action="approval.cancelled", thing=home,
            detail={"approvals": ids},
        )  # fmt: skip
    return len(cancelled)


def run_ended(run: Run, by: Actor) -> None:
    """A run that ended leaves nothing waiting on its behalf, and nothing half done untold."""
    unsettled = run.tool_calls.exclude(state__in=[*ToolCall.SETTLED, State.UNKNOWN]).order_by("pk")
    for pk in unsettled.values_list("pk", flat=True):
        call = calls.lock(pk, run=run)
        if not _held_by_own_request(call):
            _end_call(call, by=by)
    cancel_pending(run=run, by=by)


def room_closed(session: ChatSession, by: Actor) -> None:
    cancel_pending(session=session, by=by)


def _held_by_own_request(call: ToolCall) -> bool:
    if (asked := call.approval) is not None and asked.tool_call_id == call.pk:
        return asked.status == Approval.Status.PENDING
    return hasattr(call, "question")


def _end_call(call: ToolCall, *, by: Actor) -> None:
    """A call that no request of its own holds: one that had begun to change something may have done it."""
    if call.state == State.CLAIMED and not calls.harmless(call):
        calls.become_unknown(call, by=by)
        return
    calls.let_go(call, by=by)
    calls.settle(call, state=State.CANCELLED, by=by, error="The run ended before it was done.")
