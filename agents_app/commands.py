"""Socket commands of this app: each calls the service that the other doors call."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from agents_app.models import Run
from agents_app.services import directing, runs
from sessions_app.actors import Actor
from sessions_app.drafts import Draft
from sessions_app.errors import NotFound
from sessions_app.models import ChatSession
from sessions_app.services import messages
from sessions_app.vocabulary import MessageSend, RunNamed, RunRetry, RunSteer


def cancel_run(body: RunNamed, *, session: ChatSession | None, by: Actor, cause: UUID | None) -> dict[str, Any]:
    return _named(runs.cancel(run_id=_of_room(body.run_id, session), by=by, cause=cause))


def pause_run(body: RunNamed, *, session: ChatSession | None, by: Actor, cause: UUID | None) -> dict[str, Any]:
    return _named(directing.pause(run_id=_of_room(body.run_id, session), by=by, cause=cause))


def resume_run(body: RunNamed, *, session: ChatSession | None, by: Actor, cause: UUID | None) -> dict[str, Any]:
    return _named(directing.resume(run_id=_of_room(body.run_id, session), by=by, cause=cause))


def prepare_retry(body: RunRetry, *, by: Actor) -> RunRetry:
    return body.model_copy(update={"config": directing.wanted(body.config, by=by)})


def retry_run(body: RunRetry, *, session: ChatSession | None, by: Actor, cause: UUID | None) -> dict[str, Any]:
    run_id = _of_room(body.run_id, session)
    return _named(directing.retry(run_id=run_id, wanted=body.config, by=by, cause=cause))


@dataclass(frozen=True)
class Words:
    run_id: UUID
    draft: Draft


def prepare_steer(body: RunSteer, *, by: Actor) -> Words:
    return Words(body.run_id, messages.draft(MessageSend(content=body.content), by=by))


def steer_run(body: Words, *, session: ChatSession | None, by: Actor, cause: UUID | None) -> dict[str, Any]:
    run_id = _of_room(body.run_id, session)
    message = directing.steer(body.draft, run_id=run_id, cause=cause)
    return {"run_id": str(run_id), "message_id": str(message.pk)}


def _of_room(run_id: UUID, session: ChatSession | None) -> UUID:
    if session is None or not Run.objects.filter(pk=run_id, session=session).exists():
        raise NotFound(_("There is no such run in this room."))
    return run_id


def _named(run: Run) -> dict[str, Any]:
    return {"run_id": str(run.pk)}
