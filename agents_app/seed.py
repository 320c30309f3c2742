"""What every organisation of the demo set-up starts with: providers, a crew with faces, policies, one incident."""

from dataclasses import dataclass

from django.db import transaction

from agents_app.models import Agent, ToolPolicy
from agents_app.services import providers
from sessions_app import actors, demo
from sessions_app.models import Incident, Organization, Role

LOOKING = (
    "search_evidence", "summarize_evidence", "describe_indicator", "find_related_incidents", "lookup_runbook",
    "timeline_of", "current_time", "calculator",
)  # fmt: skip
ASKING = ("ask_human",)
CHANGING = ("block_indicator", "unblock_indicator")


@dataclass(frozen=True)
class Face:
    """An agent as people see it, and what it may use."""

    name: str
    role: Agent.Role
    color: str
    symbol: str
    description: str
    instructions: str
    tools: tuple[str, ...] = ()


CREW = (
    Face(
        "Captain Mira", Agent.Role.CAPTAIN, "violet", "▲", "Leads the crew: decides what each round is for.",
        "You are calm and brief. You look before you touch, and you change course when a person says so.",
    ),
    Face(
        "Manager Tomas", Agent.Role.MANAGER, "blue", "■", "Splits tasks into actions small enough for one tool call.",
        "You are practical. You plan only what the tools can do.",
    ),
    Face(
        "Operator Ines", Agent.Role.OPERATOR, "teal", "●", "Turns actions into tool calls; people decide what changes.",
        "You are exact. Arguments come from the data, never from a guess.", (*LOOKING, *ASKING, *CHANGING),
    ),
    Face(
        "Executor Relay", Agent.Role.EXECUTOR, "gray", "◆", "Runs the calls through policy and ledger. No model.",
        "You run what was allowed, once.", (*LOOKING, *ASKING, *CHANGING),
    ),
    Face(
        "Expert Yuki", Agent.Role.EXPERT, "amber", "★", "Sums each round up and writes the report.",
        "You say what is known, on what it stands, and how sure you are.",
    ),
    Face(
        "Aria", Agent.Role.ASSISTANT, "green", "✦", "Answers in the room and in chats.",
        "You are Aria, the assistant of this war room. You answer from the evidence, and say when you do not know.",
        (*LOOKING, *CHANGING),
    ),
)  # fmt: skip
NEED_ONE_APPROVER = [{"role": Role.APPROVER.value, "approve": 1, "reject": 1}]


@dataclass(frozen=True)
class SeedReport:
    organizations: int
    agents: int
    incident: Incident | None


@transaction.atomic
def seed() -> SeedReport:
    """Make what is missing of it; what people changed since stays as they left it."""
    providers.ensure_shared()
    organizations = list(Organization.objects.filter(slug__in=("demo", "other")).order_by("id"))
    for organization in organizations:
        staff(organization)
    first = next((each for each in organizations if each.slug == "demo"), None)
    incident = demo.load(first, actors.SYSTEM) if first else None
    return SeedReport(len(organizations), Agent.objects.count(), incident)


def staff(organization: Organization) -> None:
    """Give an organisation its agents and the rules for what they may change."""
    for face in CREW:
        _employ(organization, face)
    _rule(organization)


def _employ(organization: Organization, face: Face) -> None:
    """No provider of its own: the organisation's default speaks, a real model as soon as one is configured."""
    Agent.objects.get_or_create(
        organization=organization,
        name=face.name,
        defaults={
            "role": face.role,
            "color": face.color,
            "symbol": face.symbol,
            "description": face.description,
            "instructions": face.instructions,
            "tools": list(face.tools),
        },
    )


def _rule(organization: Organization) -> None:
    """Blocking and unblocking need one vote of an approver or above, and never the requester's own."""
    for tool in CHANGING:
        ToolPolicy.objects.get_or_create(
            organization=organization,
            tool=tool,
            effect=ToolPolicy.Effect.APPROVE,
            defaults={
                "need": NEED_ONE_APPROVER,
                "requester_may_decide": False,
                "note": "It changes what firewalls let through",
            },
        )
