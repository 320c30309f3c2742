"""Search over what the asker may see: incidents, chats, and what was said."""

from typing import Annotated, Any

from django.urls import path
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app.api.answers import SearchHit
from sessions_app.api.doors import Door
from sessions_app.api.schema.describing import described
from sessions_app.pages.places import page_of
from sessions_app.services import search
from sessions_app.services.search import Hit, Kind
from sessions_app.vocabulary import Body


class Asked(Body):
    q: Annotated[str, Field(min_length=1, max_length=search.LONGEST)]
    kind: Kind | None = None
    limit: Annotated[int, Field(ge=1, le=search.MOST)] = search.MOST


class Search(Door):
    """The best fifty; who looks for more says more."""

    @described("Find incidents, chats and messages", list[SearchHit], query=Asked, errors=("RATE_LIMIT_EXCEEDED",))
    def get(self, request: Request) -> Response:
        asked = self.filters(Asked)
        return Response([shown(hit) for hit in search.find(asked.q, by=self.actor, kind=asked.kind, limit=asked.limit)])


def shown(hit: Hit) -> dict[str, Any]:
    return SearchHit(
        kind=hit.kind,
        id=hit.id,
        incident_id=hit.incident_id,
        session_id=hit.session_id,
        title=hit.title.text,
        title_marks=hit.title.marks,
        snippet=hit.snippet.text,
        marks=hit.snippet.marks,
        sender_name=hit.speaker or None,
        score=hit.score,
        at=hit.at,
        url=page_of(hit),
    ).wire()


urlpatterns = [path("search", Search.as_view(), name="search")]
