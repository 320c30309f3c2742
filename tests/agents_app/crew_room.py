"""An incident with its crew, driven in the test's own process: what people see is read from the rows and the log."""

import io
from dataclasses import dataclass
from typing import Any

import orjson
from asgiref.sync import async_to_sync

from agents_app import seed
from agents_app.engine.advance import advance
from agents_app.models import Agent, Approval, Run, ToolCall
from agents_app.services import approvals, providers
from sessions_app import actors
from sessions_app.models import Event, Incident, Message, User
from sessions_app.services import alerts, evidence, messages
from sessions_app.vocabulary import Decision, MessageSend
from tests import factories


@dataclass
class CrewRoom:
    incident: Incident
    approver: User

    @classmethod
    def open(
        cls, alert: dict[str, Any], *, source: str = "", log: str = "", filename: str = "auth.log", severity: str = ""
    ) -> "CrewRoom":
        """Let an alert in by the door of all alerts; its log is attached before the crew begins."""
        organization = factories.organization()
        providers.ensure_shared()
        seed.staff(organization)
        got = alerts.receive(organization=organization, source=source, body=orjson.dumps(alert), by=actors.SYSTEM)
        incident = got.incidents[0]
        if severity:
            Incident.objects.filter(pk=incident.pk).update(severity=severity)
        if log:
            stream = io.BytesIO(log.encode())
            evidence.attach(incident=incident, filename=filename, stream=stream, by=actors.SYSTEM)
        approver = User.objects.filter(username="approver").first() or factories.user("approver", role="approver")
        return cls(Incident.objects.get(pk=incident.pk), approver)

    # --- What goes on ------------------------------------------------------------------------------------------------
    @property
    def run(self) -> Run:
        return Run.objects.filter(session_id=self.incident.room_id, mode="crew").latest("id")

    def work(self) -> Run:
        """Let the crew work until it ends or waits."""
        async_to_sync(advance)(self.run.pk, owner="test")
        return self.run

    def pending(self) -> list[Approval]:
        return list(Approval.objects.filter(incident=self.incident, status="pending").order_by("id"))

    def decide(self, approval: Approval, decision: str, feedback: str = "") -> Approval:
        told = Decision.model_validate(
            {"version": approval.version, "digest": approval.digest, "decision": decision, "feedback": feedback}
        )
        return approvals.decide(approval_id=approval.pk, decision=told, by=actors.person(self.approver))

    def write(self, text: str) -> None:
        """A person posts in the war room."""
        assert self.incident.room_id is not None
        messages.post(session_id=self.incident.room_id, body=MessageSend(content=text), by=actors.person(self.approver))

    def work_to_the_end(self, decision: str = "approve", feedback: str = "") -> Run:
        """Decide everything the crew asks for in one way, until it is done."""
        for _ in range(6):
            if self.work().finished:
                return self.run
            for approval in self.pending():
                self.decide(approval, decision, feedback)
        raise AssertionError(f"the crew is {self.run.status}, waiting for {self.run.waiting_for!r}")

    # --- What people see ---------------------------------------------------------------------------------------------
    def events(self, *types: str) -> list[Event]:
        told = Event.objects.filter(session_id=self.incident.room_id).order_by("seq")
        return list(told.filter(type__in=types) if types else told)

    def messages(self, *types: str) -> list[Message]:
        said = Message.objects.filter(session_id=self.incident.room_id, run=self.run).order_by("seq")
        return list(said.filter(message_type__in=types) if types else said)

    def calls(self, tool: str = "") -> list[ToolCall]:
        made = ToolCall.objects.filter(run=self.run).order_by("id")
        return list(made.filter(tool=tool) if tool else made)

    def plan(self) -> list[tuple[str, str, str]]:
        return list(self.run.plan_nodes.order_by("position").values_list("kind", "title", "status"))

    @property
    def report(self) -> str:
        row = self.incident.reports.order_by("-version").first()
        assert row is not None, "there is no report"
        return row.markdown

    def agent(self, role: str) -> Agent:
        return Agent.objects.get(organization=self.incident.organization, role=role)
