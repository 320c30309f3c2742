"""Who answers a person's post: the session's agent, in a run of its own; a crew at work hears of it too."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agents_app.models import Agent, Run, RunInbox
from agents_app.services import choosing, directing, quotas, runs
from sessions_app.actors import Actor
from sessions_app.errors import Refused
from sessions_app.models import ChatSession, Message
from sessions_app.vocabulary import MessageSend


def on_post(message: Message, body: MessageSend, by: Actor) -> dict[str, Any] | None:
    """Start the run that answers, in the transaction of the post; refusing takes the post back."""
    session = message.session
    if session.category != ChatSession.Category.AGENT or by.kind == "agent":
        return None
    tell_crew(session, message)
    agent = answering(session)
    if agent is None:
        return None
    chosen = choosing.choose(message.content, asked=body.execution_mode, name=agent.name)
    if body.on_busy == "steer" and (run := directing.steerable(session)):
        RunInbox.objects.create(run=run, message=message)
        return {"run_id": str(run.pk)}
    reserved = reserve(session, message, body, by)
    make_room(session, body, by)
    run = runs.start(
        session=session, agent=agent, mode=chosen.mode, path=chosen.path, path_reason=chosen.why, by=by, prompt=message,
        config=body.config, reserved=reserved,
    )  # fmt: skip
    return {"run_id": str(run.pk)}


def tell_crew(session: ChatSession, message: Message) -> None:
    """A crew at work in a session that the caller has locked takes it up at its next step."""
    # The session's lock is enough: a crew that parks or ends looks into its inbox with the same lock held.
    crew = Run.objects.unfinished().filter(session=session, lane=Run.Lane.CREW, parent=None)
    for run_id in crew.values_list("pk", flat=True):
        RunInbox.objects.create(run_id=run_id, message=message)


def answering(session: ChatSession) -> Agent | None:
    """The session's agent, or the organisation's assistant; one that is switched off answers nobody."""
    rows = Agent.objects.select_related("provider__health")
    agent = rows.filter(pk=session.agent_id).first() if session.agent_id else _assistant(session)
    if agent is not None and not agent.enabled:
        raise Refused("AGENT_NOT_AVAILABLE", _("{name} is switched off.").format(name=agent.name))
    return agent


def _assistant(session: ChatSession) -> Agent | None:
    answering = Agent.objects.filter(organization_id=session.organization_id, role=Agent.Role.ASSISTANT, enabled=True)
    return answering.order_by("id").first()


def reserve(session: ChatSession, message: Message, body: MessageSend, by: Actor) -> list[quotas.Share]:
    """The answer's shares, before what ends other runs: that may write to the audit trail, which is locked last."""
    ending = runs.at_rest(list(_unfinished(session))) if body.on_busy == "interrupt" else []
    return quotas.reserve(session=session, by=by, content=message.content, config=body.config, ending=ending)


def make_room(session: ChatSession, body: MessageSend, by: Actor) -> None:
    """What a post does to runs that are not finished: wait behind them, end them, or not be taken."""
    if body.on_busy == "reject" and _unfinished(session).exists():
        raise Refused("RUN_ACTIVE", _("The agent is still at work on an earlier message."))
    if body.on_busy == "interrupt":
        runs.cancel_all(_unfinished(session), session=session, by=by)
    directing.require_place(session, by=by)


def _unfinished(session: ChatSession) -> QuerySet[Run]:
    return Run.objects.unfinished().filter(session=session, lane=Run.Lane.CHAT, parent=None)
