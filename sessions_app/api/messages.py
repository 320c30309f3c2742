"""The history of a session. Sending belongs to the app of the agents, which answers: its view extends this one."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import resources
from sessions_app.api import sessions
from sessions_app.api.doors import Door
from sessions_app.api.paging import page
from sessions_app.api.schema.describing import described
from sessions_app.models import Message
from sessions_app.vocabulary import MessageResource


class History(Door):
    """Messages, newest first: by cursor, or by limit and offset."""

    @described("What was said, newest first", MessageResource, paged="seq", errors=("SESSION_NOT_FOUND",))
    def get(self, request: Request, session_id: UUID) -> Response:
        session = sessions.named(self.actor, session_id)
        said = Message.objects.filter(session=session).select_related("session")
        return Response(page(said, request.query_params, by="-seq", show=lambda row: resources.message(row).wire()))
