"""Pins: entries of the timeline that matter."""

from typing import Annotated
from uuid import UUID

from django.urls import path
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app.api.answers import Pinned
from sessions_app.api.doors import Door
from sessions_app.api.schema.describing import described
from sessions_app.services import timeline
from sessions_app.vocabulary import Body


class Note(Body):
    note: Annotated[str, Field(max_length=1000)] = ""


class Pin(Door):
    @described("Pin an entry of the timeline", Pinned, body=Note, errors=("CONFLICT",))
    def put(self, request: Request, incident_id: UUID, seq: int) -> Response:
        note = self.body(Note).note
        timeline.pin(incident_id=incident_id, seq=seq, note=note, by=self.actor)
        return Response({"seq": seq, "pinned": True, "note": note or None})

    @described("Take a pin away", status=204, errors=("CONFLICT",))
    def delete(self, request: Request, incident_id: UUID, seq: int) -> Response:
        timeline.unpin(incident_id=incident_id, seq=seq, by=self.actor)
        return Response(status=204)


urlpatterns = [path("incidents/<uuid:incident_id>/timeline/<int:seq>/pin", Pin.as_view(), name="timeline-pin")]
