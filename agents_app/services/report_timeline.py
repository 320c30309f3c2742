"""What happened, line by line, read from the log of the incident's room and of those that were merged into it."""

from collections.abc import Iterator
from uuid import UUID

from agents_app.services.report_facts import inline_long, moment
from sessions_app.log_words import LINES, line_of
from sessions_app.models import Event, Incident

MOST_EVENTS = 300


def lines(incident: Incident, family: list[Incident]) -> Iterator[str]:
    """In the order of time; what happened elsewhere says where."""
    elsewhere: dict[UUID | None, str] = {each.room_id: f" (in “{each.title}”)" for each in family if each != incident}
    told = Event.objects.filter(session__in=[each.room_id for each in family], type__in=LINES)
    for event in told.order_by("ts", "seq")[:MOST_EVENTS]:
        words = line_of(event.type, event.data, event.actor_name) + elsewhere.get(event.session_id, "")
        yield f"- {moment(event.ts)}: {inline_long(words)}"
