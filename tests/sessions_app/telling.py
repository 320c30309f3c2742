"""Short ways to make a room's log move in tests."""

from typing import Any

from django.db import transaction

from sessions_app import actors
from sessions_app.events import executors, log
from sessions_app.models import ChatSession, Message
from sessions_app.services import messages


def say(room: ChatSession, text: str, **fields: Any) -> Message:
    with transaction.atomic():
        speaker = fields.pop("speaker", actors.SYSTEM)
        return messages.say(session=log.lock(room.pk), speaker=speaker, content=text, **fields)


async def said(room: ChatSession, *texts: str) -> list[Message]:
    return [await executors.run(say, room, text) for text in texts]
