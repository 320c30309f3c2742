"""REST of agents: who may be asked."""

from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app.api.answers import AgentResource
from agents_app.models import Agent
from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.api.doors import Door
from sessions_app.api.paging import page
from sessions_app.api.schema.describing import described
from sessions_app.errors import NotFound


class Agents(Door):
    @described("Agents that are switched on", AgentResource, paged="id")
    def get(self, request: Request) -> Response:
        return Response(page(visible(self.actor), request.query_params, by="id", show=shown))


class OneAgent(Door):
    @described("One agent", AgentResource, errors=("AGENT_NOT_FOUND",))
    def get(self, request: Request, agent_id: UUID) -> Response:
        agent = visible(self.actor).filter(pk=agent_id).first()
        if agent is None:
            raise NotFound(code="AGENT_NOT_FOUND")
        return Response(shown(agent))


def visible(actor: Actor) -> QuerySet[Agent]:
    return Agent.objects.filter(
        organization__in=permissions.organizations_of(actor), enabled=True
    ).select_related("provider")  # fmt: skip


def shown(agent: Agent) -> dict[str, object]:
    """Not its instructions: they are for the model and those who set it up."""
    told = AgentResource(
        id=agent.pk,
        organization_id=agent.organization_id,
        name=agent.name,
        role=agent.role,
        description=agent.description,
        color=agent.color,
        symbol=agent.symbol,
        tools=agent.tools,
        provider=agent.provider.name if agent.provider else None,
        model=agent.model or None,
        config=agent.config,
        enabled=agent.enabled,
    )
    return told.wire()


urlpatterns = [
    path("agents", Agents.as_view(), name="agent-list"),
    path("agents/<uuid:agent_id>", OneAgent.as_view(), name="agent"),
]
