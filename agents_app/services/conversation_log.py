"""A line in the operators' log for each thing that happens in an engineer chat: which and how many, never a word."""

from functools import partial
from typing import Any

import structlog
from django.db import transaction

from sessions_app.models import ChatSession

log = structlog.get_logger(__name__)


def note(event: str, session: ChatSession, **counts: Any) -> None:
    """Say it once it is true: after the commit."""
    where = {"session": str(session.pk), "incident": str(session.incident_id), "round": session.rounds_used}
    transaction.on_commit(partial(log.info, f"engineer_chat.{event}", **{**where, **counts}))
