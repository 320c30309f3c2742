"""REST of runs: look at one, cancel it."""

from uuid import UUID

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app import resources
from agents_app.models import Run
from agents_app.services import runs
from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.schema.describing import described
from sessions_app.errors import NotFound
from sessions_app.vocabulary import RunResource


class OneRun(Door):
    @described("One run", RunResource)
    def get(self, request: Request, run_id: UUID) -> Response:
        return Response(resources.run(named(self.actor, run_id)).wire())


class Cancel(Door):
    @described("Cancel a run", RunResource)
    @idempotent
    def post(self, request: Request, run_id: UUID) -> Response:
        named(self.actor, run_id)
        return Response(resources.run(runs.cancel(run_id=run_id, by=self.actor)).wire())


def named(actor: Actor, run_id: UUID) -> Run:
    """A run in a session that the actor may see; any other does not exist."""
    seen = Run.objects.filter(session__in=permissions.visible_sessions(actor)).select_related("agent", "provider")
    run = seen.filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such run.")
    return run


urlpatterns = [
    path("runs/<uuid:run_id>", OneRun.as_view(), name="run"),
    path("runs/<uuid:run_id>/cancel", Cancel.as_view(), name="run-cancel"),
]
