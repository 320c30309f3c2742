"""REST of quotas: what my organisation and I may still ask of models."""

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app import quota_words
from agents_app.api.answers import QuotaResource, Quotas
from agents_app.services import quota_standing
from agents_app.services.quota_standing import Standing
from sessions_app import permissions
from sessions_app.api.doors import Door
from sessions_app.api.schema.describing import described
from sessions_app.vocabulary import Body


class Where(Body):
    organization_id: UUID | None = None


class Standings(Door):
    @described("My organisations' quotas and my own, and how far they are used", Quotas, query=Where)
    def get(self, request: Request) -> Response:
        """Days and months are the calendar's, in UTC. `reserved` is for requests under way."""
        wanted = self.filters(Where).organization_id
        homes = permissions.organizations_of(self.actor).order_by("slug")
        if wanted is not None:
            homes = homes.filter(pk=wanted)
        found = [each for home in homes for each in quota_standing.standing(home.pk, self.actor.user_id)]
        return Response({"data": [shown(each) for each in found], "next": None})


def shown(standing: Standing) -> dict[str, Any]:
    limit, quota = standing.limit, standing.limit.quota
    told = QuotaResource(
        id=quota.pk,
        organization_id=quota.organization_id,
        user_id=limit.user_id,
        quota_type=quota.quota_type,
        period=quota.period,
        limit=quota.limit,
        used=standing.used,
        reserved=standing.reserved,
        resets_at=limit.resets_at,
        level=standing.level,
        words=quota_words.standing(standing),
    )
    return told.wire()


urlpatterns = [path("quotas", Standings.as_view(), name="quota-list")]
