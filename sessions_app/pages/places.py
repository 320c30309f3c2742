"""Where a person reads what was found: the room, opened at the message."""

from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from sessions_app.services.search import Hit


def page_of(hit: Hit) -> str:
    room = reverse("war-room", args=[hit.incident_id]) if hit.in_war_room else reverse("chat", args=[hit.session_id])
    return at_message(room, hit.id) if hit.kind == "message" else room


def at_message(room: str, message_id: UUID) -> str:
    return f"{room}?{urlencode({'message': message_id})}#message-{message_id}"
