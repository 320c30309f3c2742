"""A room with an agent at work in it, for tests of what it may do."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from threading import Barrier, Thread
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection

from agents_app import clock
from agents_app.catalogue import TOOLS, Arguments, ToolSpec
from agents_app.engine import data_blocks, dispatcher
from agents_app.engine.dispatcher import Settled, ToolRequest, Waiting
from agents_app.models import Approval, BlockedIndicator, Run, ToolCall
from agents_app.services import approvals, leases, pending, questions, working
from agents_app.services.leases import Lease
from agents_app.tools import Call, registry
from sessions_app import actors
from sessions_app.errors import Refused
from sessions_app.models import AuditEntry, ChatSession, Event, Incident, Membership, Organization, User
from sessions_app.vocabulary import Decision
from tests import factories

EVIL = "203.0.113.7"
_numbers = count(1)


def block(indicator: str = EVIL, minutes: int = 60, reason: str = "It guesses passwords.") -> dict[str, Any]:
    return {"indicator": indicator, "minutes": minutes, "reason": reason}


@dataclass
class Scene:
    """An incident's room, a run at work in it, and the people around."""

    session: ChatSession
    incident: Incident | None
    run: Run
    lease: Lease
    people: dict[str, User] = field(default_factory=dict)
    ordinal: int = 0
    last: ToolRequest = field(init=False)

    @property
    def organization(self) -> Organization:
        return self.session.organization

    def person(self, name: str) -> User:
        """A person by role; a digit at the end makes it another one: approver2."""
        if name not in self.people:
            self.people[name] = factories.user(
                f"{name}-{next(_numbers)}", role=name.rstrip("0123456789"), org=self.organization
            )
        return self.people[name]

    def act(
        self, tool: str = "block_indicator", args: Any = None, *, lease: Lease | None = None, **fields: Any
    ) -> Settled | Waiting:
        """A new tool call of the agent; `again` goes on with the last one."""
        self.ordinal += 1
        self.last = self.request(tool, block() if args is None else args, **fields)
        return self.again(lease=lease)

    def request(self, tool: str, args: Any, **fields: Any) -> ToolRequest:
        usual = {"ordinal": self.ordinal, "call_id": f"call-{self.ordinal}", "agent": self.run.agent}
        return ToolRequest(tool=tool, args=args, **{**usual, **fields})

    def again(self, *, lease: Lease | None = None) -> Settled | Waiting:
        return async_to_sync(dispatcher.dispatch)(lease or self.lease, self.last)

    def decide(
        self, decision: str = "approve", *, who: str = "approver", approval: Approval | None = None, **fields: Any
    ) -> Approval:
        asked = approval or self.approval
        said = {"version": asked.version, "digest": asked.digest, "decision": decision, **fields}
        return approvals.decide(approval_id=asked.pk, decision=Decision(**said), by=actors.person(self.person(who)))

    @property
    def approval(self) -> Approval:
        """The newest request."""
        found = Approval.objects.filter(session=self.session).select_related("tool_call").order_by("-id").first()
        assert found is not None
        return found

    @property
    def call(self) -> ToolCall:
        found = ToolCall.objects.filter(run__session=self.session).order_by("-id").first()
        assert found is not None
        return found

    def park(self, waiting_for: str = "approval") -> None:
        working.park(self.lease, waiting_for)

    def take_up(self, *, owner: str = "another") -> Lease:
        """The run goes to its next owner, whatever the last one was doing."""
        Run.objects.filter(pk=self.run.pk, status=Run.Status.RUNNING).update(status=Run.Status.QUEUED)
        self.run.refresh_from_db()
        lease = leases.take(self.run, owner=owner)
        assert lease
        self.lease = lease
        return lease

    def events(self, prefix: str = "") -> list[str]:
        told = Event.objects.filter(session=self.session, type__startswith=prefix)
        return list(told.order_by("seq").values_list("type", flat=True))

    def audited(self, prefix: str = "") -> list[str]:
        entries = AuditEntry.objects.filter(organization=self.organization, action__startswith=prefix)
        return list(entries.order_by("seq").values_list("action", flat=True))

    @property
    def blocked(self) -> list[str]:
        live = BlockedIndicator.objects.filter(organization=self.organization).live(clock.now())
        return sorted(live.values_list("indicator", flat=True))


def scene(
    org: Organization | None = None, *, incident: bool = True, asked_by: User | None = None, **fields: Any
) -> Scene:
    case = factories.incident(org) if incident else None
    session = case.room if case and case.room else factories.room(org)
    run = factories.run(session, requested_by=asked_by, **fields)
    lease = leases.take(run, owner="somebody")
    assert lease
    made = Scene(session=session, incident=case, run=run, lease=lease)
    for name in ("approver", "approver2", "commander"):
        made.person(name)
    return made


def leave(user: User, organization: Organization) -> None:
    Membership.objects.filter(user=user, organization=organization).update(active=False)


def said(outcome: Settled | Waiting) -> dict[str, Any]:
    """What the model is told."""
    assert isinstance(outcome, Settled), outcome
    told: dict[str, Any] = data_blocks.read(outcome.text)["tool_result"]
    return told


def expire_due() -> int:
    """What the clock does to requests and questions nobody answered."""
    return sum(pending.expire(pk) for pk in pending.due()) + sum(questions.expire(pk) for pk in questions.due())


def refused(code: str, act: Callable[[], object]) -> Refused:
    """The refusal that an act meets."""
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.code == code, caught.value
    return caught.value


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all of it in the same moment, each on a connection of its own; refusals are answers too."""
    answers: list[object] = [None] * len(acts)
    start = Barrier(len(acts))

    def do(number: int, act: Callable[[], object]) -> None:
        try:
            start.wait(30)
            answers[number] = act()
        except Refused as error:
            answers[number] = error
        finally:
            connection.close()

    threads = [Thread(target=do, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


class Reboot(Arguments):
    """A tool that only tests have: destructive, and not safe to do twice."""

    host: str
    why: str = ""

    def impact(self) -> str:
        return f"Restarts {self.host}; whoever works on it loses their work."


@dataclass
class Reboots:
    """Hosts that were really restarted, and what the tool does instead when told so."""

    done: list[str] = field(default_factory=list)
    raises: Exception | None = None
    takes: float = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def reboot_host(self, call: Call, args: Reboot) -> dict[str, str]:
        self.begun.set()
        if self.takes:
            await asyncio.sleep(self.takes)
        if self.raises:
            raise self.raises
        self.done.append(args.host)
        return {"restarted": args.host}


def offer_reboots(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> Reboots:
    """Put `reboot_host` among the tools for one test."""
    usual = {"changes": "hosts", "idempotent": False, "destructive": True, "risk": "high"}
    spec = ToolSpec("reboot_host", "Restart a host.", Reboot, **{**usual, **fields})
    reboots = Reboots()
    monkeypatch.setitem(TOOLS, "reboot_host", spec)
    monkeypatch.setitem(registry._TOOLS, "reboot_host", reboots.reboot_host)
    return reboots
