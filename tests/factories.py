"""Rows for tests, made the short way; behaviour itself is tested through the doors."""

from itertools import count
from typing import Any

from agents_app.models import Agent, Provider, Run, ToolCall
from sessions_app.models import ChatSession, Incident, Membership, Organization, User

PASSWORD = "correct horse battery"
_number = count(1)


def organization(slug: str = "demo", **fields: Any) -> Organization:
    return Organization.objects.get_or_create(slug=slug, defaults={"name": slug.title(), **fields})[0]


def user(username: str = "", *, role: str = "responder", org: Organization | None = None, **fields: Any) -> User:
    name = username or f"{role}{next(_number)}"
    made = User.objects.create_user(name, password=PASSWORD, **fields)
    Membership.objects.create(organization=org or organization(), user=made, role=role)
    return made


def agent(org: Organization | None = None, *, role: str = "assistant", **fields: Any) -> Agent:
    home = org or organization()
    provider, _ = Provider.objects.get_or_create(
        organization=home, name="offline-demo", defaults={"kind": "demo", "default_model": "offline-demo"}
    )
    name = fields.pop("name", role.title())
    return Agent.objects.get_or_create(
        organization=home, name=name, defaults={"role": role, "provider": provider, "model": "offline-demo", **fields}
    )[0]


def room(org: Organization | None = None, *, incident: Incident | None = None, **fields: Any) -> ChatSession:
    home = org or organization()
    return ChatSession.objects.create(
        organization=home, incident=incident, agent=fields.pop("agent", None) or agent(home), title="A room",
        status=fields.pop("status", "active"), **fields,
    )  # fmt: skip


def incident(org: Organization | None = None, **fields: Any) -> Incident:
    home = org or organization()
    made = Incident.objects.create(
        organization=home, title=fields.pop("title", "SSH brute force"), severity=fields.pop("severity", "high"),
        **fields,
    )  # fmt: skip
    made.room = room(home, incident=made)
    made.save(update_fields=["room"])
    return made


def run(session: ChatSession | None = None, **fields: Any) -> Run:
    place = session or room()
    return Run.objects.create(session=place, agent=place.agent, mode=fields.pop("mode", "react"), **fields)


def tool_call(of: Run | None = None, **fields: Any) -> ToolCall:
    number = next(_number)
    return ToolCall.objects.create(
        run=of or run(), ordinal=fields.pop("ordinal", number), call_id=fields.pop("call_id", f"call-{number}"),
        tool=fields.pop("tool", "block_indicator"), args=fields.pop("args", {}), agent_name="Operator",
        idempotency_key=fields.pop("idempotency_key", f"key-{number}"), **fields,
    )  # fmt: skip
