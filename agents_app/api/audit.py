"""REST of the audit trail: read only, for admins and auditors."""

from typing import Any
from uuid import UUID

from django.urls import path
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app.api.answers import AuditResource
from sessions_app import permissions, resources
from sessions_app.api.doors import Door
from sessions_app.api.paging import page
from sessions_app.api.schema.describing import described
from sessions_app.errors import Denied
from sessions_app.models import AuditEntry
from sessions_app.vocabulary import Body


class Filters(Body):
    organization_id: UUID | None = None
    action: str | None = None
    object_id: str | None = None


class Audit(Door):
    @described("The audit trail, newest first", AuditResource, query=Filters, paged="id", errors=("NOT_FOUND",))
    def get(self, request: Request) -> Response:
        wanted = self.filters(Filters).model_dump(exclude_none=True)
        home = permissions.organization_for(self.actor, wanted.pop("organization_id", None))
        if not self.actor.in_person or not permissions.may(self.actor, "see_audit", home.pk):
            raise Denied(_("The audit trail is for admins and auditors."))
        rows = permissions.visible_audit(self.actor, home).filter(**wanted)
        return Response(page(rows, request.query_params, by="-id", show=shown))


def shown(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": str(entry.pk),
        "chain": entry.chain,
        "seq": entry.seq,
        "at": resources.moment(entry.at),
        "actor": {"kind": entry.actor_kind, "id": entry.actor_id, "name": entry.actor_name},
        "action": entry.action,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "detail": entry.detail,
        "previous": entry.previous,
        "hash": entry.hash,
    }


urlpatterns = [path("audit", Audit.as_view(), name="audit")]
