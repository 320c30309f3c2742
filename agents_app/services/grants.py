"""*For this session*: who approves one request may allow the next ones like it, for a while, so many times."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from agents_app import catalogue, clock, policy, resources
from agents_app.catalogue import ToolSpec
from agents_app.models import Approval, Grant, Run, ToolCall
from agents_app.models.approvals import GrantQuerySet
from agents_app.policy import Ruling
from agents_app.services import quorum
from sessions_app import actors, permissions
from sessions_app.actors import Actor
from sessions_app.canonical import canonical
from sessions_app.errors import Conflict, Invalid, NotFound
from sessions_app.events import log
from sessions_app.models import ChatSession
from sessions_app.services import audit
from sessions_app.vocabulary import GrantChanged, GrantWish


# --- People give and take back ----------------------------------------------------------------------------------------
def give(approval: Approval, wish: GrantWish, *, by: Actor, cause: UUID | None = None) -> Grant:
    """Allow what is like this request, which the caller has locked and approved in the same transaction."""
    spec = catalogue.TOOLS[approval.tool]
    if spec.destructive or approval.risk == Approval.Risk.DESTRUCTIVE:
        raise Invalid(_("What can't be undone is approved one by one."), details={"field": "grant"})
    if not _one_decides(approval.policy["need"]):
        raise Invalid(_("What needs more than one approval is approved one by one."), details={"field": "grant"})
    assert by.user is not None, "only a person approves"
    grant = Grant.objects.create(
        session=approval.session, agent_name=approval.agent_name, tool=approval.tool, uses_left=wish.max_uses,
        constraint=_constraint(wish, spec, approval.args), expires_at=clock.now() + timedelta(seconds=wish.ttl_s),
        given_by=by.user, approval=approval, created_at=clock.now(),
    )  # fmt: skip
    _tell(grant, "grant.created", by=by, cause=cause)
    return grant


@transaction.atomic
def revoke(*, grant_id: UUID, by: Actor, cause: UUID | None = None) -> Grant:
    """Take it back; what was allowed by it and has begun goes on."""
    grant = _locked(grant_id, by=by)
    if not _end(grant, by=by, reason="", cause=cause):
        raise Conflict(_("This grant is over already."), details={"uses_left": grant.uses_left})
    return grant


# --- Time and rooms end them ------------------------------------------------------------------------------------------
def due() -> list[UUID]:
    late = Grant.objects.live().filter(expires_at__lte=clock.now())
    return list(late.order_by("expires_at").values_list("pk", flat=True))


@transaction.atomic
def expire(grant_id: UUID) -> None:
    _end(_locked(grant_id, by=actors.SYSTEM), by=actors.SYSTEM, reason="expired")


def room_closed(session: ChatSession, by: Actor) -> None:
    """Nothing is allowed for a session that is over; the caller has locked it."""
    for grant in Grant.objects.live().filter(session=session).select_related("given_by").order_by("id"):
        grant.session = session
        _end(grant, by=by, reason="closed")


# --- The dispatcher asks ----------------------------------------------------------------------------------------------
def spend(call: ToolCall, *, run: Run, spec: ToolSpec, ruling: Ruling) -> bool:
    """Whether somebody has allowed this call beforehand; one use of their grant is gone then."""
    if spec.destructive or not _one_decides(ruling.need):
        return False
    # Who may not decide it now, by role or because they ask for it themselves, has not allowed it either.
    voters = quorum.electorate(ruling.policy(), run.session.organization_id)
    mine = Q(session=run.session, agent_name=call.agent_name, tool=call.tool, given_by__in=voters)
    for grant in _usable().filter(mine).select_related("given_by").order_by("expires_at"):
        fits = policy.fits(grant.constraint, call.args, run.session.organization)
        # One statement reads and counts: of two that want the last use, in whichever processes, one gets it.
        if fits and _usable().filter(pk=grant.pk).update(uses_left=F("uses_left") - 1):
            grant.refresh_from_db(fields=["uses_left"])
            call.grant = grant
            call.save(update_fields=["grant"])
            return True
    return False


def still_covers(call: ToolCall, *, run: Run, ruling: Ruling) -> bool:
    """Whether the grant that a call has used would allow it now; its use is counted."""
    if call.grant is None or not _one_decides(ruling.need):
        return False
    voters = quorum.electorate(ruling.policy(), run.session.organization_id)
    lasts = call.grant.revoked_at is None and call.grant.expires_at > clock.now()
    return lasts and call.grant.given_by_id in voters


# --- Steps ------------------------------------------------------------------------------------------------------------
def _usable() -> GrantQuerySet:
    return Grant.objects.live().filter(expires_at__gt=clock.now())


def _one_decides(need: list[dict[str, Any]]) -> bool:
    return bool(sum(each["approve"] for each in need) == 1)


def _constraint(wish: GrantWish, spec: ToolSpec, args: dict[str, Any]) -> dict[str, Any]:
    """What later calls must have in common with this one; an agent's own words never are."""
    if unknown := sorted(set(wish.constraint) - set(args)):
        raise Invalid(_("The tool has no such argument."), details={"field": "grant.constraint", "names": unknown})
    wanted = {name: value for name, value in wish.constraint.items() if name not in spec.arguments.in_own_words}
    if wish.constraint and not wanted:
        # What was meant for one thing would be a grant for anything.
        raise Invalid(_("An agent's own words bind nothing."), details={"field": "grant.constraint"})
    if other := sorted(name for name, value in wanted.items() if args[name] != value):
        raise Invalid(
            _("A constraint holds what is approved now."), details={"field": "grant.constraint", "names": other}
        )
    return wanted


def _locked(grant_id: UUID, *, by: Actor) -> Grant:
    found = Grant.objects.select_related("session", "given_by").filter(pk=grant_id).first()
    if found is None:
        raise NotFound(_("There is no such grant."))
    permissions.require(by, "revoke_grant", found.session)
    session = log.lock(found.session_id)
    found.refresh_from_db(fields=["uses_left", "revoked_at"])
    found.session = session
    return found


def _end(grant: Grant, *, by: Actor, reason: str, cause: UUID | None = None) -> bool:
    """Once, whoever comes first; the caller has locked the session."""
    grant.revoked_at, grant.revoked_by = clock.now(), by.user
    mine = Grant.objects.live().filter(pk=grant.pk)
    if not mine.update(revoked_at=grant.revoked_at, revoked_by=grant.revoked_by):
        return False
    _tell(grant, "grant.revoked", by=by, reason=reason, cause=cause)
    note(grant, "grant.revoked", by=by, **({"reason": reason} if reason else {}))
    return True


def _tell(grant: Grant, event: str, *, by: Actor, reason: str = "", cause: UUID | None = None) -> None:
    told = GrantChanged(event=event, **resources.grant(grant).model_dump(), reason=reason or None)
    log.record(told, session=grant.session, actor=by, cause=cause)


def note(grant: Grant, action: str, *, by: Actor, **detail: Any) -> None:
    """Write to the audit trail; last in the transaction."""
    said = {
        "tool": grant.tool, "agent": grant.agent_name, "constraint": canonical(grant.constraint),
        "uses_left": grant.uses_left, "expires_at": grant.expires_at.isoformat(), "approval": str(grant.approval_id),
    }  # fmt: skip
    audit.append(
        organization_id=grant.session.organization_id, actor=by, action=action, thing=grant, detail={**said, **detail}
    )
