"""REST of unclear outcomes: a person says what became of a call."""

from typing import Annotated, Literal
from uuid import UUID

from django.urls import path
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app import resources
from agents_app.services import outcomes
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.schema.describing import described
from sessions_app.vocabulary import Body, ToolCallResource


class Outcome(Body):
    outcome: Literal["happened", "retry", "skip"]
    note: Annotated[str, Field(max_length=4000)] = ""


class Deciding(Door):
    @described("Say what became of a call", ToolCallResource, body=Outcome, errors=("CONFLICT", "APPROVAL_FORBIDDEN"))
    @idempotent
    def post(self, request: Request, tool_call_id: UUID) -> Response:
        said = self.body(Outcome)
        call = outcomes.decide(tool_call_id=tool_call_id, outcome=said.outcome, note=said.note, by=self.actor)
        return Response(resources.tool_call(call).wire())


urlpatterns = [path("outcomes/<uuid:tool_call_id>", Deciding.as_view(), name="outcome")]
