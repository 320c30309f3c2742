"""What people think of agents' messages: a thumb and words, one row a person and message."""

from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.errors import Invalid, NotFound
from sessions_app.models import Feedback, Message
from sessions_app.vocabulary import FeedbackGive

log = structlog.get_logger(__name__)
GIVEN_TO = (Message.SenderType.AGENT, Message.SenderType.AI)


@transaction.atomic
def give(*, body: FeedbackGive, by: Actor) -> Feedback:
    """Keep a person's word on a message; their newer word takes the place of the older."""
    message = Message.objects.select_related("session").filter(pk=body.message_id).first()
    if message is None or not permissions.sees(by, message):
        raise NotFound(_("There is no such message."))
    permissions.require(by, "give_feedback", message)
    if message.sender_type not in GIVEN_TO:
        raise Invalid(_("Only what an agent said can be rated."), details={"field": "message_id"})
    said = {"rating": body.rating, "comment": body.comment, "given_at": timezone.now()}
    row, _created = Feedback.objects.update_or_create(message=message, user=by.user, defaults=said)
    transaction.on_commit(lambda: _log(row, message.session_id))
    return row


def _log(row: Feedback, session_id: UUID) -> None:
    """Never the words themselves."""
    log.info("feedback.given", session=str(session_id), message=str(row.message_id), rating=row.rating,
             commented=bool(row.comment))  # fmt: skip
