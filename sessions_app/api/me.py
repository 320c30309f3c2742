"""Who am I, and where."""

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app.actors import Actor
from sessions_app.api.answers import Myself
from sessions_app.api.doors import Door
from sessions_app.api.schema.describing import described
from sessions_app.models import Membership


class Me(Door):
    @described("Who am I, and where", Myself)
    def get(self, request: Request) -> Response:
        return Response(shown(self.actor))


def shown(actor: Actor) -> dict[str, Any]:
    if actor.key is not None:
        home = actor.key.organization
        where = [{"id": home.pk, "slug": home.slug, "name": home.name, "role": None}]
        return {"id": actor.key.pk, "username": actor.key.prefix, "name": actor.key.name, "organizations": where}
    assert actor.user is not None
    mine = Membership.objects.filter(user=actor.user, active=True).select_related("organization")
    return {
        "id": actor.user.pk,
        "username": actor.user.username,
        "name": actor.user.display_name,
        "organizations": [
            {"id": each.organization_id, "slug": each.organization.slug, "name": each.organization.name,
             "role": each.role}
            for each in mine.order_by("organization__slug")
        ],
    }  # fmt: skip


urlpatterns = [path("me", Me.as_view(), name="me")]
