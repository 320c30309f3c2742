"""A room with an agent at work in it, for tests of what it may do."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync

from agents_app import clock
from agents_app.engine import dispatcher
from agents_app.engine.dispatcher import Settled, ToolRequest, Waiting
from agents_app.models import Approval, BlockedIndicator, Run, ToolCall
from agents_app.services import approvals, leases, runs
from agents_app.services.runs import Lease
from sessions_app import actors
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
        runs.park(self.lease, waiting_for)

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


def missing_id() -> UUID:
    return UUID("01890000-0000-7000-8000-000000000000")
