"""Where a run starts: all that it needs before its first question, read in one go."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef

from agents_app.engine import models
from agents_app.models import Agent, Run, RunInbox
from agents_app.services import configuring
from agents_app.services.configuring import Chosen, Config
from sessions_app.errors import Refused
from sessions_app.masking import Mask
from sessions_app.services import masks


@dataclass(frozen=True)
class Means:
    """What an agent uses for a question, and what is masked in the answer."""

    chosen: Chosen
    mask: Mask


@dataclass(frozen=True)
class Start:
    run: Run
    # Of the run's own agent; none where it can't be used: that is said where it is asked.
    means: Means | None
    # Whether people have written to the run that it has not yet read.
    written_to: bool


def of(run_id: UUID) -> Start:
    unread = RunInbox.objects.filter(run=OuterRef("pk"), taken_at=None)
    rows = Run.objects.select_related("agent__provider__health", "prompt", "session__incident")
    run = rows.annotate(written_to=Exists(unread)).get(pk=run_id)
    try:
        means = means_of(run, run.agent, session=run.session.config)
    except Refused:
        means = None
    return Start(run, means, run.written_to)


def means_of(run: Run, agent: Agent, *, session: Config | None = None) -> Means:
    """As things stand now: a session's config that has changed counts from this question on."""
    chosen = configuring.for_run(run, agent, session=session)
    models.load(chosen.provider)
    return Means(chosen, masks.of_a_model(run.session.organization_id))
