"""Send the crew to an incident again."""

from uuid import UUID

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app.api.answers import RunStarted
from agents_app.services import crew
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.incidents import named
from sessions_app.api.schema.describing import described
from sessions_app.vocabulary import Body


class NoBody(Body):
    pass


class Crew(Door):
    @described(
        "Send the crew to the incident",
        RunStarted,
        status=202,
        body=NoBody,
        errors=("AGENT_NOT_AVAILABLE", "CONFLICT", "RUN_ACTIVE"),
    )
    @idempotent
    def post(self, request: Request, incident_id: UUID) -> Response:
        self.body(NoBody)
        run = crew.start(incident_id=named(self.actor, incident_id).pk, by=self.actor)
        return Response({"run_id": str(run.pk)}, status=202)


urlpatterns = [path("incidents/<uuid:incident_id>/crew", Crew.as_view(), name="incident-crew")]
