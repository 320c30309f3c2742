"""An incident's crew: who is in it, how it starts, and what it hears from people."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agents_app.models import Agent, Run
from agents_app.services import runs, working
from sessions_app import actors
from sessions_app.actors import Actor
from sessions_app.errors import Conflict, Refused
from sessions_app.events import log
from sessions_app.models import ChatSession, Incident, Message, Organization
from sessions_app.services import incidents, messages
from sessions_app.vocabulary import TeamTold

ROLES = (Agent.Role.CAPTAIN, Agent.Role.MANAGER, Agent.Role.OPERATOR, Agent.Role.EXECUTOR, Agent.Role.EXPERT)


def on_open(incident: Incident, by: Actor) -> None:
    """A crew takes up every incident of an organisation that has one; called in the transaction that opens it."""
    leader = captain(incident.organization)
    if leader is not None and incident.room is not None:
        _send(incident.room, leader)


@transaction.atomic
def start(*, incident_id: UUID, by: Actor, config: dict[str, Any] | None = None, cause: UUID | None = None) -> Run:
    """Send the crew to an incident again, because a person asks for it."""
    incident = incidents.workable(incident_id, verb="start_crew", by=by)
    leader = captain(incident.organization)
    if leader is None or incident.room_id is None:
        raise Refused("AGENT_NOT_AVAILABLE", _("This organisation has no crew."))
    if incident.status in Incident.SETTLED:
        raise Conflict(_("The incident is {status}.").format(status=incident.get_status_display().lower()))
    room = log.lock(incident.room_id)
    if Run.objects.unfinished().filter(session=room, mode=Run.Mode.CREW).exists():
        raise Refused("RUN_ACTIVE", _("The crew is at work on this incident."))
    return _send(room, leader, config=config, cause=cause)


def captain(organization: Organization) -> Agent | None:
    crew = Agent.objects.filter(organization=organization, role=Agent.Role.CAPTAIN, enabled=True)
    return crew.order_by("id").first()


def members(leader: Agent) -> dict[str, Agent]:
    """Who plays which role beside a captain; of several the one who came first."""
    rows = Agent.objects.filter(organization_id=leader.organization_id, role__in=ROLES, enabled=True)
    found = {row.role: row for row in rows.select_related("provider").order_by("-id")}
    return {**found, Agent.Role.CAPTAIN: leader}


def take_up(*, incident_id: UUID) -> None:
    """The first round makes an open incident one that is investigated.

    That is all a crew says of the status: whether something is contained or resolved is a judgement, and a person's.
    """
    if Incident.objects.filter(pk=incident_id, status=Incident.Status.OPEN).exists():
        changes = {"status": Incident.Status.INVESTIGATING}
        incidents.change(incident_id=incident_id, changes=changes, by=actors.SYSTEM)


def take_messages(run: Run) -> list[Message]:
    """What people wrote to the crew since it last looked, acknowledged in the room; the run is held."""
    taken = working.take_inbox(run)
    speaker = actors.agent(run.agent.name)
    for message in taken:
        told = TeamTold(
            event="team.intervention", run_id=run.pk, team={"lead": run.agent.name}, member=message.sender_name,
            content=message.content, status="taken",
        )  # fmt: skip
        log.record(told, session=run.session, actor=speaker, run=run.pk)
    if taken:
        names = " and ".join(dict.fromkeys(message.sender_name for message in taken))
        read = f"The crew has read what {names} wrote, and takes it into its next step."
        messages.say(session=run.session, speaker=speaker, content=read, message_type="notice", run_id=run.pk)
    return taken


def _send(room: ChatSession, leader: Agent, *, config: dict[str, Any] | None = None, cause: UUID | None = None) -> Run:
    """The system is the requester: whoever may approve what the crew asks for is nobody's own request."""
    return runs.start(
        session=room, agent=leader, mode=Run.Mode.CREW, by=actors.SYSTEM, lane=Run.Lane.CREW, config=config, cause=cause
    )
