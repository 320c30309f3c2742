"""Answers of this app's doors that are nobody's resource: told to the documentation."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sessions_app.api.answers import TaskResource
from sessions_app.vocabulary import (
    ApprovalResource,
    IncidentResource,
    MessageResource,
    Resource,
    ToolCallResource,
)


class AgentResource(Resource):
    id: UUID
    organization_id: UUID
    name: str
    role: str
    description: str
    color: str
    symbol: str
    tools: list[str]
    provider: str | None
    model: str | None
    config: dict[str, Any]
    enabled: bool


class Decided(Resource):
    approval: ApprovalResource


class AuditActor(Resource):
    kind: str
    id: str
    name: str


class AuditResource(Resource):
    id: UUID
    chain: Literal["open", "private"]
    seq: int
    at: datetime
    actor: AuditActor
    action: str
    object_type: str
    object_id: str
    detail: dict[str, Any]
    previous: str
    hash: str


class Blocklist(Resource):
    name: str
    url: str


class BlockedEntry(Resource):
    """One entry of the block list. `reason` is the word of the agent that asked, and unverified."""

    id: UUID
    organization_id: UUID
    indicator: str
    kind: str
    until: datetime
    reason: str
    asked_by: str
    allowed_by: str
    incident_id: UUID | None
    created_at: datetime


class Unblocked(Resource):
    indicator: str
    entries: int


class QuotaResource(Resource):
    """How far one quota is used; `words` say it where it is near its limit."""

    id: UUID
    organization_id: UUID
    user_id: UUID | None
    quota_type: Literal["requests", "tokens"]
    period: Literal["day", "month"]
    limit: int
    used: int
    reserved: int
    resets_at: datetime
    level: Literal["free", "near", "used_up"]
    words: str


class Quotas(Resource):
    data: list[QuotaResource]
    next: None


class RunStarted(Resource):
    run_id: UUID


class Steered(Resource):
    """The words stand in the room, and the run takes them at its next step."""

    run_id: UUID
    message_id: UUID


class ReportVersion(Resource):
    version: int
    status: Literal["draft", "final"]
    # Null where the crew wrote it.
    author: dict[str, str] | None
    created_at: datetime


class ReportResource(ReportVersion):
    markdown: str
    # The files that came after this version was written.
    evidence_since: list[str]


class WrittenReport(ReportVersion):
    markdown: str


class ReportTimes(Resource):
    opened_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    to_acknowledge_s: int | None
    to_resolve_s: int | None


class ReportExport(Resource):
    incident: IncidentResource
    report: WrittenReport
    times: ReportTimes
    decisions: list[dict[str, Any]]
    follow_ups: list[TaskResource]
    evidence_since: list[str]


class Reply(MessageResource):
    """The agent's finished message, and what it took."""

    usage: dict[str, Any]
    path: str
    tier: str
    fallback_status: str | None
    error_struct: dict[str, Any] | None
    tool_calls: list[ToolCallResource]


class Waiting(Resource):
    """No reply yet: somebody must decide or answer first; ask for the run later."""

    run_id: UUID
    status: str
    waiting_for: str | None
    approval_ids: list[UUID]
    question_ids: list[UUID]


class Posted(Resource):
    """Nobody answers here, or the key may not read what is answered: the message stands."""

    message_id: UUID


class Asked(Resource):
    """The question is kept and the answer is on its way: it comes over the socket."""

    status: Literal["success"]
    ai_processing: Literal[True]
    session_id: UUID
    message_id: UUID
    run_id: UUID
    round: int
    rounds_left: int


class Opinion(Resource):
    rating: Literal["up", "down", "none"]
    comment: str


class PrivateMessage(MessageResource):
    """A message of an engineer chat as its owner has it: with what they thought of it, and whether the room has it."""

    feedback: Opinion | None
    shared: bool


class ProviderResource(Resource):
    id: UUID
    name: str
    kind: str
    model_type: str
    available: bool
    detail: str
    models: list[str]
    reachable: bool | None
    authorised: bool | None
    model_present: bool | None
    last_error: str | None
    last_error_at: datetime | None
    latency_ms: int | None
    checked_at: datetime | None
    demo: bool


class Providers(Resource):
    data: list[ProviderResource]
    next: None


class ToolPolicy(Resource):
    effect: str
    rule: str


class ToolResource(Resource):
    name: str
    description: str
    arguments: dict[str, Any]
    changes: str | None
    idempotent: bool
    destructive: bool
    risk: str
    policy: ToolPolicy | None


class ToolList(Resource):
    data: list[ToolResource]
    next: None
