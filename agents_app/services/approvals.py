"""Approvals: an agent asks, people decide once, and what they decided is what runs."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from agents_app import catalogue, clock, policy
from agents_app.catalogue import ToolSpec
from agents_app.digests import fingerprint
from agents_app.models import Approval, Run, ToolCall, Vote
from agents_app.policy import Effect, Ruling
from agents_app.services import calls, grants, quorum, requests, runs
from agents_app.services.pending import cancel_pending
from agents_app.services.requests import Status
from sessions_app import permissions, resources
from sessions_app.actors import Actor
from sessions_app.errors import Conflict, Denied, Invalid, NotFound, Refused
from sessions_app.languages import in_english
from sessions_app.models import Membership, Message
from sessions_app.vocabulary import Decision, GrantWish

__all__ = ["NotAsked", "ask", "cancel_pending", "decide", "withdraw"]

TO_DECIDE = timedelta(hours=24)
TO_DECIDE_DESTRUCTIVE = timedelta(minutes=15)
TO_EXECUTE = timedelta(minutes=5)
MOST_A_RUN = 5
MOST_A_SESSION = 20


class NotAsked(Exception):
    """People are not bothered with this request; the call ends in `state`, and the agent is told why."""

    def __init__(self, state: str, error: str, result: Any = None) -> None:
        super().__init__(error)
        self.state, self.error, self.result = state, error, result


# --- An agent asks ----------------------------------------------------------------------------------------------------
def ask(*, call: ToolCall, run: Run, spec: ToolSpec, ruling: Ruling, by: Actor) -> Approval:
    """Put a call before the people who may decide it, or join it to the same request that already waits."""
    stored = ruling.policy()
    mark = fingerprint_of(spec, call.args, stored)
    _not_after_a_rejection(run, mark)
    waiting = _waiting_twin(run, mark)
    if waiting is None:
        _not_too_many(run)
        if missing := quorum.out_of_reach(stored, run.session.organization_id):
            raise NotAsked(ToolCall.State.FAILED, f"Nobody can approve this: it {missing}.")
        waiting = _request(call, run, spec, ruling, stored, mark)
    call.approval = waiting
    call.save(update_fields=["approval"])
    if waiting.tool_call_id == call.pk:
        requests.tell(waiting, "approval.requested", by=by)
        requests.note(waiting, by=by, action="approval.requested")
    return waiting


def fingerprint_of(spec: ToolSpec, args: dict[str, Any], stored: dict[str, Any]) -> str:
    """An agent that only words its reason differently asks for the same thing."""
    told = {name: value for name, value in args.items() if name not in spec.arguments.in_own_words}
    return fingerprint(tool=spec.name, tool_schema=spec.schema_hash, arguments=told, policy=stored)


def _request(call: ToolCall, run: Run, spec: ToolSpec, ruling: Ruling, stored: dict[str, Any], mark: str) -> Approval:
    now = clock.now()
    approval = Approval(
        organization_id=run.session.organization_id,
        session=run.session,
        incident_id=run.session.incident_id,
        tool_call=call,
        fingerprint=mark,
        level=level_of(ruling),
        tool=call.tool,
        tool_schema=spec.schema_hash,
        args=call.args,
        impact=spec.parse(call.args).impact(),
        agent_name=call.agent_name,
        agent_reason=call.reason,
        requested_by=run.requested_by,
        risk=Approval.Risk.DESTRUCTIVE if spec.destructive else spec.risk,
        policy=stored,
        expires_at=now + (TO_DECIDE_DESTRUCTIVE if spec.destructive else TO_DECIDE),
        created_at=now,
    )
    approval.digest = requests.digest_of(approval)
    approval.save(force_insert=True)
    return approval


def _waiting_twin(run: Run, mark: str) -> Approval | None:
    """The same request in this room; one whose time is over is ended first."""
    twin = Approval.objects.filter(session=run.session, fingerprint=mark, status=Status.PENDING).first()
    if twin is None or not twin.expired(clock.now()):
        return twin
    requests.expire(requests.locked(twin.pk, session=run.session))
    return None


def _not_after_a_rejection(run: Run, mark: str) -> None:
    """What was rejected in this run is not asked again unless a person has written since."""
    tree = [run.parent_id or run.pk, *Run.objects.filter(parent=run.parent_id or run.pk).values_list("pk", flat=True)]
    rejected = Approval.objects.filter(tool_call__run__in=tree, fingerprint=mark, status=Status.REJECTED)
    last = rejected.select_related("decided_by").order_by("-decided_at").first()
    if last is None:
        return
    written = Message.objects.filter(session=run.session, sender_type=Message.SenderType.USER)
    if written.filter(seq__gt=last.decided_seq or 0).exists():
        return
    words = "The same request was rejected before and nobody has written since, so it was not asked again."
    raise NotAsked(ToolCall.State.REJECTED, words, rejection(last))


def _not_too_many(run: Run) -> None:
    pending = Approval.objects.filter(session=run.session, status=Status.PENDING)
    if pending.filter(tool_call__run=run).count() >= MOST_A_RUN:
        raise NotAsked(ToolCall.State.FAILED, f"{MOST_A_RUN} requests of this run wait already; wait for a decision.")
    if pending.count() >= MOST_A_SESSION:
        raise NotAsked(ToolCall.State.FAILED, f"{MOST_A_SESSION} requests wait in this room; wait for a decision.")


# --- People decide ----------------------------------------------------------------------------------------------------
def decide(*, approval_id: UUID, decision: Decision, by: Actor, cause: UUID | None = None) -> Approval:
    """One person's decision. Exactly one ends the request; all others learn who did and how."""
    _note_a_former_member(approval_id, by)
    require_visible(approval_id, by)
    if decision.grant is not None and decision.decision != "approve":
        raise Invalid(_("For the session something is allowed by approving it; a rejection grants nothing."))
    if decision.edited_args is not None and decision.decision != "approve":
        raise Invalid(_("Arguments are edited by approving them; a rejection takes none."))
    with transaction.atomic():
        approval = requests.locked(approval_id)
        refused = _may_not(approval, by, cause)
        if refused is None and not _said_already(approval, decision, by):
            _must_be_current(approval, decision)
            _decide(approval, decision, by=by, cause=cause)
    if refused is not None:
        raise refused
    return approval


@transaction.atomic
def withdraw(*, approval_id: UUID, version: int, by: Actor, cause: UUID | None = None) -> Approval:
    """Take back one's vote while others are still to come."""
    require_visible(approval_id, by)
    approval = requests.locked(approval_id)
    if approval.status != Status.PENDING:
        raise already_decided(approval)
    votes = approval.votes.filter(version=version, user=by.user, withdrawn_at=None) if by.in_person else None
    if votes is None or not votes.update(withdrawn_at=clock.now()):
        raise Conflict(_("You have no vote here to withdraw."))
    requests.tell(approval, "approval.voted", by=by, cause=cause)
    requests.note(approval, by=by, action="approval.withdrawn")
    return approval


def require_visible(approval_id: UUID, by: Actor) -> None:
    found = Approval.objects.select_related("session").filter(pk=approval_id).first()
    if found is None or not permissions.sees(by, found):
        raise NotFound(code="APPROVAL_NOT_FOUND")


def rejection(approval: Approval) -> dict[str, Any]:
    """What the agent is told of a no."""
    name = approval.decided_by.display_name if approval.decided_by else None
    return {"rejected_by": name, "feedback": approval.feedback or None}


def already_decided(approval: Approval) -> Refused:
    if approval.status == Status.EXPIRED:
        return Refused("APPROVAL_EXPIRED", _("Its time was over before anybody decided."))
    name = approval.decided_by.display_name if approval.decided_by else "Warroom"
    decided_by = {"id": str(approval.decided_by_id), "name": name} if approval.decided_by else None
    at = resources.moment(approval.decided_at) if approval.decided_at else None
    details = {"decided_by": decided_by, "decided_at": at, "status": approval.status}
    return Refused(
        "APPROVAL_ALREADY_DECIDED",
        _("Already {status} by {name}.").format(status=approval.get_status_display().lower(), name=name),
        details=details,
    )


@transaction.atomic
def _note_a_former_member(approval_id: UUID, by: Actor) -> None:
    """To somebody who has left the request does not exist any more; that they tried is kept."""
    left = Membership.objects.filter(user=by.user, active=False, organization__approvals=approval_id)
    if by.user is not None and left.exists():
        requests.note(requests.locked(approval_id), by=by, action="approval.forbidden", reason="no longer a member")


def _may_not(approval: Approval, by: Actor, cause: UUID | None) -> Refused | None:
    """Why this person, or anybody, can't decide now. What is found out on the way is written and kept."""
    refused: Refused
    if reason := quorum.why_not(approval, by):
        requests.note(approval, by=by, action="approval.forbidden", reason=in_english(reason))
        refused = Denied(str(reason), code="APPROVAL_FORBIDDEN")
    elif approval.expired(clock.now()):
        requests.expire(approval)
        refused = already_decided(approval)
    elif approval.status == Status.PENDING and _abandoned(approval.tool_call.run):
        cancel_pending(run=approval.tool_call.run, by=by, cause=cause)
        approval.refresh_from_db(fields=["status", "decided_at"])
        refused = already_decided(approval)
    else:
        return None
    refused.keeps = True
    return refused


def _abandoned(run: Run) -> bool:
    return run.finished or run.cancel_requested_at is not None


def _said_already(approval: Approval, decision: Decision, by: Actor) -> bool:
    """The same person repeating the same decision gets the same answer; new words or a grant would be lost."""
    if decision.grant is not None and not approval.grants.filter(given_by=by.user).exists():
        return False
    mine = approval.votes.filter(user=by.user, vote=decision.decision, withdrawn_at=None)
    if decision.feedback:
        mine = mine.filter(feedback=decision.feedback)
    if mine.filter(version=decision.version, digest=decision.digest).exists():
        return decision.edited_args is None or _parsed(approval, decision.edited_args) == approval.args
    # An edit is a vote for the version that it made.
    edited = decision.edited_args is not None and decision.version == approval.version - 1
    return (
        edited
        and mine.filter(version=approval.version).exists()
        and (_parsed(approval, decision.edited_args or {}) == approval.args)
    )


def _must_be_current(approval: Approval, decision: Decision) -> None:
    if approval.status != Status.PENDING:
        raise already_decided(approval)
    if (decision.version, decision.digest) != (approval.version, approval.digest):
        raise Refused("APPROVAL_STALE", details={"version": approval.version, "digest": approval.digest})


def _decide(approval: Approval, decision: Decision, *, by: Actor, cause: UUID | None) -> None:
    """Vote, decision, event, audit entry and the released run: one transaction, the audit last."""
    if decision.edited_args is not None:
        _edit(approval, decision.edited_args, by=by, cause=cause)
    _vote(approval, decision, by=by)
    match quorum.tally(approval):
        case "approved":
            _approve(approval, decision, by=by, cause=cause)
        case "rejected":
            _reject(approval, decision, by=by, cause=cause)
        case _:
            requests.tell(approval, "approval.voted", by=by, cause=cause)
    if decision.grant is not None:
        _grant(approval, decision.grant, by=by, cause=cause)
    action = "approval.voted" if approval.status == Status.PENDING else ""
    more: dict[str, Any] = {"edited": True} if decision.edited_args is not None else {}
    if decision.grant is not None:
        more["grant"] = decision.grant.model_dump(mode="json")
    requests.note(approval, by=by, action=action, vote=decision.decision, feedback=decision.feedback, **more)


def _vote(approval: Approval, decision: Decision, *, by: Actor) -> None:
    if approval.votes.filter(version=approval.version, user=by.user, withdrawn_at=None).exists():
        raise Conflict(_("You have voted otherwise; withdraw that vote first."))
    role = permissions.role_in(by, approval.organization_id)
    assert by.user is not None, "only a person votes"
    assert role is not None, "only a member votes"
    Vote.objects.create(
        approval=approval, version=approval.version, digest=approval.digest, user=by.user, vote=decision.decision,
        role=role, feedback=decision.feedback, at=clock.now(),
    )  # fmt: skip


def _approve(approval: Approval, decision: Decision, *, by: Actor, cause: UUID | None) -> None:
    execute_by = clock.now() + TO_EXECUTE
    if not requests.close(
        approval, Status.APPROVED, by=by, cause=cause, decided_by=by.user, feedback=decision.feedback,
        execute_by=execute_by,
    ):  # fmt: skip
        raise already_decided(approval)
    call = approval.tool_call
    call.state = ToolCall.State.APPROVED
    call.save(update_fields=["state"])
    runs.wake(call.run, by=by, cause=cause)


def _grant(approval: Approval, wish: GrantWish, *, by: Actor, cause: UUID | None) -> None:
    if approval.status != Status.APPROVED:
        raise Invalid(_("What needs more than one approval is approved one by one."), details={"field": "grant"})
    grants.give(approval, wish, by=by, cause=cause)


def _reject(approval: Approval, decision: Decision, *, by: Actor, cause: UUID | None) -> None:
    if not requests.close(
        approval, Status.REJECTED, by=by, cause=cause, decided_by=by.user, feedback=decision.feedback
    ):
        raise already_decided(approval)
    call = approval.tool_call
    words = f"Rejected by {by.name}; it was not done."
    calls.settle(call, state=ToolCall.State.REJECTED, by=by, result=rejection(approval), error=words, cause=cause)
    runs.wake(call.run, by=by, cause=cause)


# --- An edit is a new request -----------------------------------------------------------------------------------------
def _edit(approval: Approval, wanted: dict[str, Any], *, by: Actor, cause: UUID | None) -> None:
    """A new version: checked and judged like a new call, every vote void."""
    spec, call = catalogue.TOOLS[approval.tool], approval.tool_call
    call.args = _parsed(approval, wanted)
    ruling = policy.judge(calls.situation(call, run=call.run))
    if ruling.effect == Effect.DENY:
        raise Denied(_("Policy does not allow this: {rule}.").format(rule=ruling.rule), code="TOOL_PERMISSION_DENIED")
    # What would be allowed without asking has been asked about all the same: the request's own rule stands.
    asked = ruling if ruling.effect != Effect.ALLOW else _standing_rule(approval)
    approval.policy, approval.level = edited_policy(asked, spec), level_of(asked)
    if missing := quorum.out_of_reach(approval.policy, approval.organization_id):
        raise Conflict(_("Nobody could approve the edited request: it {missing}.").format(missing=missing))
    approval.version += 1
    approval.args = call.args
    approval.impact = spec.parse(call.args).impact()
    approval.tool_schema = spec.schema_hash
    approval.fingerprint = fingerprint_of(spec, approval.args, approval.policy)
    approval.digest = requests.digest_of(approval)
    _save_edit(approval)
    requests.tell(approval, "approval.edited", by=by, cause=cause)


def _standing_rule(approval: Approval) -> Ruling:
    stored = approval.policy
    return Ruling(Effect(approval.level), stored["rule"], stored["need"], stored["exclude"])


def level_of(ruling: Ruling) -> str:
    return Approval.Level.APPROVE if ruling.effect == Effect.APPROVE else Approval.Level.CONFIRM


def edited_policy(ruling: Ruling, spec: ToolSpec) -> dict[str, Any]:
    """What an edited request needs. Of a destructive one the editor is never the only judge."""
    need = [{**each, "approve": max(2, each["approve"])} for each in ruling.need] if spec.destructive else ruling.need
    words = f"{ruling.rule}; edited: {policy.in_words(need, ruling.exclude)}" if spec.destructive else ruling.rule
    return Ruling(ruling.effect, words, need, ruling.exclude).policy()


def _parsed(approval: Approval, wanted: dict[str, Any]) -> dict[str, Any]:
    try:
        return catalogue.TOOLS[approval.tool].parse(wanted).model_dump(mode="json")
    except ValidationError as error:
        raise Refused("TOOL_VALIDATION_ERROR", details=catalogue.complaints(error)) from error


def _save_edit(approval: Approval) -> None:
    try:
        with transaction.atomic():
            approval.save()
            approval.tool_call.save(update_fields=["args"])
    except IntegrityError as error:
        raise Conflict(_("A request for exactly this waits already; decide that one.")) from error
