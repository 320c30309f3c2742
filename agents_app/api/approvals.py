"""REST of approvals: what waits, one of them, deciding it."""

from functools import cache, partial
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from django.utils.translation import gettext as _
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app import resources
from agents_app.api.answers import Decided
from agents_app.models import Approval
from agents_app.services import approvals, quorum
from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.paging import page
from sessions_app.api.schema.describing import described
from sessions_app.errors import Denied, NotFound
from sessions_app.vocabulary import ApprovalResource, ApprovalWithdraw, Body, Decision

StatusName = Literal["pending", "approved", "rejected", "expired", "cancelled", "superseded", "invalidated"]

ABOUT_APPROVALS = (
    "APPROVAL_NOT_FOUND", "APPROVAL_ALREADY_DECIDED", "APPROVAL_EXPIRED", "APPROVAL_STALE", "APPROVAL_FORBIDDEN",
    "CONFLICT",
)  # fmt: skip


class Filters(Body):
    status: StatusName | None = None
    session_id: UUID | None = None
    incident_id: UUID | None = None
    organization_id: UUID | None = None


class Version(Body):
    version: Annotated[int, Field(ge=1)] | None = None


class Approvals(Door):
    @described("Approvals, newest first", ApprovalResource, query=Filters, paged="id")
    def get(self, request: Request) -> Response:
        rows = visible(self.actor).filter(**self.filters(Filters).model_dump(exclude_none=True))
        role_in = cache(partial(permissions.role_in, self.actor))
        return Response(page(rows, request.query_params, by="-id", show=lambda row: shown(row, self.actor, role_in)))


class OneApproval(Door):
    @described("One approval", ApprovalResource, errors=("APPROVAL_NOT_FOUND",))
    def get(self, request: Request, approval_id: UUID) -> Response:
        row = visible(self.actor).filter(pk=approval_id).first()
        if row is None:
            raise NotFound(code="APPROVAL_NOT_FOUND")
        return Response(shown(row, self.actor))


class Deciding(Door):
    @described(
        "Approve or reject; edited arguments are a new version",
        Decided,
        body=Decision,
        example={"version": 1, "digest": "sha256:" + 64 * "0", "decision": "reject", "feedback": "Not this one."},
        errors=(*ABOUT_APPROVALS, "TOOL_VALIDATION_ERROR", "TOOL_PERMISSION_DENIED"),
    )
    @idempotent
    def post(self, request: Request, approval_id: UUID) -> Response:
        approvals.require_visible(approval_id, self.actor)
        approval = approvals.decide(approval_id=approval_id, decision=self.body(Decision), by=self.actor)
        return Response({"approval": shown(approval, self.actor)})

    @described("Withdraw a vote", Decided, query=Version, errors=ABOUT_APPROVALS)
    def delete(self, request: Request, approval_id: UUID) -> Response:
        """Withdraw one's vote; for the newest version unless one is named."""
        approvals.require_visible(approval_id, self.actor)
        version = self.filters(Version).version or Approval.objects.values_list("version", flat=True).get(
            pk=approval_id
        )
        named = ApprovalWithdraw(approval_id=approval_id, version=version)
        approval = approvals.withdraw(approval_id=named.approval_id, version=named.version, by=self.actor)
        return Response({"approval": shown(approval, self.actor)})


def visible(actor: Actor) -> QuerySet[Approval]:
    """The approvals a person may see; programs have nothing to do with them."""
    if actor.key is not None:
        raise Denied(_("Approvals are for people; a key can't see or decide them."))
    return Approval.objects.filter(session__in=permissions.visible_sessions(actor)).shown()


def shown(approval: Approval, actor: Actor, role_in: quorum.RoleIn | None = None) -> dict[str, Any]:
    return resources.approval(approval, can_decide=quorum.can_decide(approval, actor, role_in)).wire()


urlpatterns = [
    path("approvals", Approvals.as_view(), name="approval-list"),
    path("approvals/<uuid:approval_id>", OneApproval.as_view(), name="approval"),
    path("approvals/<uuid:approval_id>/decision", Deciding.as_view(), name="approval-decision"),
]
