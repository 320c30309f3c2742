"""REST of runs: look at one, and say how it goes on."""

from typing import Annotated, Any
from uuid import UUID

from django.urls import path
from django.utils.translation import gettext as _
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app import resources
from agents_app.api.answers import Steered
from agents_app.models import Run
from agents_app.services import directing, runs
from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.schema.describing import described
from sessions_app.drafts import Draft
from sessions_app.errors import NotFound
from sessions_app.services import messages
from sessions_app.vocabulary import Body, Config, MessageSend, RunResource

# What asking something of a run can end with, beyond what every door of a run can say.
DIRECTING = (
    "CONFLICT", "SESSION_NOT_ACTIVE", "SESSION_ENDED", "SESSION_EXPIRED", "AGENT_NOT_AVAILABLE", "AGENT_CONFIG_ERROR",
    "INVALID_CONFIG", "TOO_MANY_RUNS", "RATE_LIMIT_EXCEEDED", "RUN_ACTIVE",
)  # fmt: skip


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


class Pause(Door):
    @described("Pause a run", RunResource, errors=("CONFLICT",))
    @idempotent
    def post(self, request: Request, run_id: UUID) -> Response:
        """One at work stops at its next step; what it was saying is void and said anew when it goes on."""
        named(self.actor, run_id)
        return Response(resources.run(directing.pause(run_id=run_id, by=self.actor)).wire())


class Resume(Door):
    @described("Let a paused run go on", RunResource, errors=("CONFLICT",))
    @idempotent
    def post(self, request: Request, run_id: UUID) -> Response:
        named(self.actor, run_id)
        return Response(resources.run(directing.resume(run_id=run_id, by=self.actor)).wire())


class Again(Body):
    config: Config = {}


class Retry(Door):
    @described(
        "Try again what failed or was cancelled: the reply to a message, or a crew",
        RunResource,
        status=202,
        body=Again,
        example={"config": {"temperature": 0}},
        errors=DIRECTING,
    )
    @idempotent
    def post(self, request: Request, run_id: UUID) -> Response:
        """The same message is answered anew, or the crew goes to its incident once more; the answer is that new run."""
        named(self.actor, run_id)
        made = directing.retry(run_id=run_id, wanted=self.prepared, by=self.actor)
        return Response(resources.run(made).wire(), status=202)

    def prepare(self, request: Request) -> dict[str, Any]:
        return directing.wanted(self.body(Again).config, by=self.actor)


class Words(Body):
    content: Annotated[str, Field(min_length=1, max_length=32_000)]


class Steer(Door):
    @described(
        "Say something to a run on its way",
        Steered,
        status=202,
        body=Words,
        example={"content": "Only the last hour matters."},
        errors=DIRECTING,
    )
    @idempotent
    def post(self, request: Request, run_id: UUID) -> Response:
        named(self.actor, run_id)
        message = directing.steer(self.prepared, run_id=run_id)
        return Response({"run_id": str(run_id), "message_id": str(message.pk)}, status=202)

    def prepare(self, request: Request) -> Draft:
        return messages.draft(MessageSend(content=self.body(Words).content), by=self.actor)


def named(actor: Actor, run_id: UUID) -> Run:
    """A run in a session that the actor may see; any other does not exist."""
    seen = Run.objects.filter(session__in=permissions.visible_sessions(actor)).select_related("agent", "provider")
    run = seen.filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such run."))
    return run


urlpatterns = [
    path("runs/<uuid:run_id>", OneRun.as_view(), name="run"),
    path("runs/<uuid:run_id>/cancel", Cancel.as_view(), name="run-cancel"),
    path("runs/<uuid:run_id>/pause", Pause.as_view(), name="run-pause"),
    path("runs/<uuid:run_id>/resume", Resume.as_view(), name="run-resume"),
    path("runs/<uuid:run_id>/retry", Retry.as_view(), name="run-retry"),
    path("runs/<uuid:run_id>/steer", Steer.as_view(), name="run-steer"),
]
