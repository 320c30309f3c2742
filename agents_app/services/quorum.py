"""Who may decide a request, and whether enough of them have."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from agents_app.models import Approval, Vote
from agents_app.policy import covers, or_above
from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.models import Membership

Need = list[dict[str, Any]]
RoleIn = Callable[[UUID], str | None]


def why_not(approval: Approval, by: Actor, role_in: RoleIn | None = None) -> str | Promise:
    """Why somebody may not decide, from what is true now, in the language of who reads it; empty when they may."""
    if not by.in_person:
        return _("A person decides this, signed in as themselves.")
    if by.id in approval.policy["exclude"]:
        return _("You asked for this; somebody else decides it.")
    role = role_in(approval.organization_id) if role_in else permissions.role_in(by, approval.organization_id)
    if role not in approval.policy["eligible"]:
        return format_lazy(_("Your role does not decide this ({rule})."), rule=approval.policy["rule"])
    return ""


def can_decide(approval: Approval, by: Actor, role_in: RoleIn | None = None) -> bool:
    """`role_in` of a list remembers, so that it asks once an organisation and not once a row."""
    return approval.status == Approval.Status.PENDING and not why_not(approval, by, role_in)


def tally(approval: Approval) -> str:
    """`approved`, `rejected`, or nothing yet. Only votes for what is asked now count, of people who may still vote."""
    roles = electorate(approval.policy, approval.organization_id)
    votes = [vote for vote in live_votes(approval) if vote.user_id in roles]
    for_it = [roles[vote.user_id] for vote in votes if vote.vote == Vote.Choice.APPROVE]
    against = [roles[vote.user_id] for vote in votes if vote.vote == Vote.Choice.REJECT]
    need: Need = approval.policy["need"]
    if any(_count(against, each["role"]) >= each["reject"] for each in need):
        return "rejected"
    return "approved" if all(_count(for_it, each["role"]) >= each["approve"] for each in need) else ""


def live_votes(approval: Approval) -> list[Vote]:
    return list(approval.votes.filter(version=approval.version, digest=approval.digest, withdrawn_at=None))


def out_of_reach(policy: dict[str, Any], organization_id: UUID) -> str:
    """Which threshold the organisation's people cannot meet; empty when they can."""
    roles = electorate(policy, organization_id).values()
    for each in policy["need"]:
        if (there := _count(roles, each["role"])) < each["approve"]:
            return f"needs {each['approve']} of: {or_above(each['role'])}, and {there} may decide it"
    return ""


def electorate(policy: dict[str, Any], organization_id: UUID) -> dict[UUID, str]:
    """The people who may vote now, with their roles: membership is read again each time."""
    members = Membership.objects.filter(
        organization_id=organization_id, active=True, user__is_active=True, role__in=policy["eligible"]
    )
    return {user: role for user, role in members.values_list("user_id", "role") if str(user) not in policy["exclude"]}


def _count(roles: Iterable[str], wanted: str) -> int:
    return sum(covers(role, wanted) for role in roles)
