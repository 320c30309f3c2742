"""Socket commands of this app: each calls the service that the other doors call."""

from typing import Any
from uuid import UUID

from agents_app.models import Run
from agents_app.services import runs
from sessions_app.actors import Actor
from sessions_app.errors import NotFound
from sessions_app.models import ChatSession
from sessions_app.vocabulary import RunNamed


def cancel_run(body: RunNamed, *, session: ChatSession | None, by: Actor, cause: UUID | None) -> dict[str, Any]:
    if session is None or not Run.objects.filter(pk=body.run_id, session=session).exists():
        raise NotFound("There is no such run in this room.")
    run = runs.cancel(run_id=body.run_id, by=by, cause=cause)
    return {"run_id": str(run.pk)}
