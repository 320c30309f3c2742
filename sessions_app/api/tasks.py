"""Tasks of an incident: for people."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.urls import path
from pydantic import StringConstraints
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import resources
from sessions_app.api import incidents
from sessions_app.api.answers import TaskResource
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.paging import page
from sessions_app.api.schema.describing import described
from sessions_app.services import follow_ups
from sessions_app.vocabulary import Body, Moment

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class Task(Body):
    title: Title
    assignee_id: UUID | None = None
    due: Moment | None = None


class TaskChange(Body):
    """Any of these; what is not sent stays, so the defaults are never read."""

    title: Title = ""
    assignee_id: UUID | None = None
    due: Moment | None = None
    status: Literal["open", "done"] = "open"


class Tasks(Door):
    @described("Tasks of people", TaskResource, paged="id")
    def get(self, request: Request, incident_id: UUID) -> Response:
        tasks = incidents.named(self.actor, incident_id).follow_ups.all()
        return Response(page(tasks, request.query_params, by="id", show=resources.task))

    @described("Add a task", TaskResource, status=201, body=Task, errors=("CONFLICT",))
    @idempotent
    def post(self, request: Request, incident_id: UUID) -> Response:
        fields: dict[str, str | UUID | datetime | None] = self.body(Task).model_dump()
        return Response(
            resources.task(follow_ups.add(incident_id=incident_id, fields=fields, by=self.actor)), status=201
        )


class OneTask(Door):
    @described("Change a task", TaskResource, body=TaskChange, errors=("CONFLICT",))
    def patch(self, request: Request, incident_id: UUID, task_id: UUID) -> Response:
        changes = self.body(TaskChange).model_dump(exclude_unset=True)
        task = follow_ups.change(task_id=task_id, incident_id=incident_id, changes=changes, by=self.actor)
        return Response(resources.task(task))


urlpatterns = [
    path("incidents/<uuid:incident_id>/tasks", Tasks.as_view(), name="task-list"),
    path("incidents/<uuid:incident_id>/tasks/<uuid:task_id>", OneTask.as_view(), name="task"),
]
