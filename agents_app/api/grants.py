"""REST of grants: what agents may do in a session without being asked for each time, and taking it back."""

from uuid import UUID

from django.urls import path
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app import resources
from agents_app.models import Grant
from agents_app.models.approvals import GrantQuerySet
from agents_app.services import grants
from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.api.doors import Door
from sessions_app.api.paging import page
from sessions_app.api.schema.describing import described
from sessions_app.errors import NotFound
from sessions_app.vocabulary import Body, GrantResource


class Filters(Body):
    session_id: UUID | None = None
    organization_id: UUID | None = None


class Grants(Door):
    @described("Grants that still count, newest first", GrantResource, query=Filters, paged="id")
    def get(self, request: Request) -> Response:
        asked = self.filters(Filters)
        wanted = {"session_id": asked.session_id, "session__organization_id": asked.organization_id}
        rows = visible(self.actor).filter(**{name: value for name, value in wanted.items() if value is not None})
        return Response(page(rows.live(), request.query_params, by="-id", show=lambda row: resources.grant(row).wire()))


class OneGrant(Door):
    @described("One grant", GrantResource)
    def get(self, request: Request, grant_id: UUID) -> Response:
        return Response(resources.grant(named(self.actor, grant_id)).wire())

    @described("Take a grant back", GrantResource, errors=("CONFLICT",))
    def delete(self, request: Request, grant_id: UUID) -> Response:
        """What was allowed by it and has begun goes on; from now on it is asked again."""
        named(self.actor, grant_id)
        return Response(resources.grant(grants.revoke(grant_id=grant_id, by=self.actor)).wire())


def visible(actor: Actor) -> GrantQuerySet:
    return Grant.objects.filter(session__in=permissions.visible_sessions(actor)).select_related("given_by")


def named(actor: Actor, grant_id: UUID) -> Grant:
    found = visible(actor).filter(pk=grant_id).first()
    if found is None:
        raise NotFound(_("There is no such grant."))
    return found


urlpatterns = [
    path("grants", Grants.as_view(), name="grant-list"),
    path("grants/<uuid:grant_id>", OneGrant.as_view(), name="grant"),
]
