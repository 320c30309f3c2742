"""The wire: one pydantic model a resource, event, frame and command (protocol.md, payloads.md)."""

import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from django.utils.translation import gettext_noop
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from sessions_app import runtime_config

# --- Resources: what REST answers, snapshots hold and events carry ----------------------------------------------------


class Resource(BaseModel):
    model_config = ConfigDict(extra="forbid")

    def wire(self) -> dict[str, Any]:
        """The JSON object of this resource; times are RFC 3339, ids strings."""
        return self.model_dump(mode="json")


class SessionResource(Resource):
    id: UUID
    session_id: UUID
    organization_id: UUID
    category: str
    title: str
    status: str
    owner_id: UUID | None
    agent_id: UUID | None
    agent_name: str | None
    incident_id: UUID | None
    config: dict[str, Any]
    metadata: dict[str, Any]
    epoch: str
    head: int
    rounds_used: int | None = None
    rounds_left: int | None = None
    purged_at: datetime | None = Field(None, description="When its texts were removed for good.")
    last_active_at: datetime
    created_at: datetime
    updated_at: datetime


class MessageResource(Resource):
    id: UUID
    message_id: UUID
    session_id: UUID
    seq: int
    category: str
    sender_type: str
    sender_id: str | None
    sender_name: str
    role: str
    message_type: str
    content: str
    truncated: bool = False
    html: str | None = None
    status: str
    run_id: UUID | None
    tool_call_id: UUID | None = None
    agent_name: str | None = None
    round: int | None = None
    attachments: list[Any]
    metadata: dict[str, Any]
    summary_version: int | None = None
    created_at: datetime


class RunResource(Resource):
    id: UUID
    session_id: UUID
    parent_run_id: UUID | None
    prompt_id: UUID | None = Field(None, description="The message it answers.")
    mode: str
    path: str
    path_reason: str
    status: str
    waiting_for: str | None
    phase: str | None
    agent_name: str
    provider: str | None
    model: str
    config: dict[str, Any]
    tier: str
    fallback_status: str | None
    error_code: str | None
    error: str | None
    usage: dict[str, Any]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class ToolCallResource(Resource):
    id: UUID
    run_id: UUID
    step: str
    tool: str
    via: str
    args: dict[str, Any]
    state: str
    result: Any = None
    error: str | None = None
    approval_id: UUID | None = None
    idempotency_key: str
    agent_name: str
    started_at: datetime | None
    ended_at: datetime | None


class ApprovalResource(Resource):
    id: UUID
    version: int
    digest: str
    level: str
    status: str
    session_id: UUID
    incident_id: UUID | None
    run_id: UUID
    tool_call_id: UUID
    tool: str
    args: dict[str, Any]
    impact: str
    agent_name: str
    agent_reason: str
    requested_by: str | None
    risk: str
    policy: dict[str, Any]
    votes: list[dict[str, Any]]
    can_decide: bool | None = None
    expires_at: datetime
    execute_by: datetime | None
    decided_by: dict[str, Any] | None
    decided_at: datetime | None
    feedback: str | None
    outcome: str | None
    created_at: datetime
    own_words: list[str] = Field([], description="Arguments in the agent's own words: they bind no grant.")


class GrantResource(Resource):
    id: UUID
    session_id: UUID
    agent_name: str
    tool: str
    constraint: dict[str, Any]
    uses_left: int
    expires_at: datetime
    by: str


class QuestionResource(Resource):
    id: UUID
    session_id: UUID
    run_id: UUID
    question: str
    options: list[str]
    asked_by: str
    status: str
    answer: str | None
    answered_by: str | None
    expires_at: datetime


class IndicatorResource(Resource):
    id: UUID
    kind: str
    value: str
    private: bool | None
    known: str | None = Field(
        None, description="What a well-known address or domain is: resolver, ...; `listed` by the organisation."
    )
    seen_count: int
    first_seen: datetime
    last_seen: datetime
    blocked_until: datetime | None


class IncidentResource(Resource):
    id: UUID
    title: str
    description: str
    severity: str
    status: str
    source: str
    fingerprint: str
    alert_count: int
    session_id: UUID | None
    indicators: list[IndicatorResource]
    summary: str | None
    summary_version: int
    summary_seq: int | None = Field(None, description="The event of its war room that told the summary.")
    opened_at: datetime
    closed_at: datetime | None
    commander: dict[str, Any] | None
    roles: dict[str, dict[str, str]] = Field({}, description="Role to {id, name}; the commander stands apart.")
    merged_into: dict[str, str] | None = Field(
        None, description="{id, title} of the incident that goes on in its place; this one has no indicators then."
    )
    merged: list[dict[str, str]] = Field([], description="{id, title} of those that were merged into this one.")
    techniques: list[str] = Field([], description="Of MITRE ATT&CK, as its sources name them.")
    truncated: bool = Field(False, description="Told in part: its indicators are to be put into those that are known.")


class EvidenceResource(Resource):
    id: UUID
    filename: str
    stored_name: str
    content_type: str
    size: int
    sha256: str
    lines: int | None
    uploaded_by: str | None
    created_at: datetime
    download_url: str


class UploadResource(EvidenceResource):
    """A file of a session; a text that was said in a war room is also evidence of its incident."""

    evidence_id: UUID | None


class PlanNodeResource(Resource):
    id: UUID
    parent_id: UUID | None
    kind: str
    title: str
    assignee: str
    status: str
    intent: str | None = None
    tool_call_id: UUID | None = None
    error: str | None = None
    outcome: str | None = None


# --- Events: the `data` of each type ----------------------------------------------------------------------------------


class EventData(BaseModel):
    """What an event tells. A subclass lists its types; the instance says which one it is."""

    model_config = ConfigDict(extra="forbid")
    types: ClassVar[tuple[str, ...]] = ()
    event: str = Field(exclude=True)

    def model_post_init(self, context: Any) -> None:
        if self.event not in self.types:
            raise ValueError(f"{type(self).__name__} does not tell of {self.event!r}")

    def wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


def _types(noun: str, *verbs: str) -> tuple[str, ...]:
    return tuple(f"{noun}.{verb}" for verb in verbs)


class SessionChanged(EventData):
    """Session fields that changed."""

    model_config = ConfigDict(extra="allow")
    types = _types("session", "created", "activated", "config_changed", "ended", "expired")
    reason: str | None = None


class ParticipantMoved(EventData):
    types = _types("participant", "joined", "left")
    user_id: UUID
    name: str
    role: str


class MessageTold(EventData):
    """A whole message: the fields of MessageResource."""

    types = ("message.created", "message.end")
    message: MessageResource

    def wire(self) -> dict[str, Any]:
        return self.message.wire()


class MessageStarted(EventData):
    types = ("message.start",)
    message_id: UUID
    run_id: UUID
    sender_type: str
    sender_name: str
    message_type: str
    off: Literal[0] = 0


class MessageReset(EventData):
    types = ("message.reset",)
    message_id: UUID
    next_message_id: UUID | None = None
    reason: str


class ErrorObject(BaseModel):
    error_code: str
    detail: Annotated[str, Field(max_length=2000)]
    message: str = ""
    recoverable: bool
    retry_after_ms: int | None = None
    details: dict[str, Any] = {}
    request_id: str | None = None
    timestamp: datetime | None = None


class MessageFailed(EventData):
    types = ("message.error",)
    message_id: UUID | None = None
    run_id: UUID
    error: ErrorObject


class MessageThinking(EventData):
    types = ("message.thinking",)
    message_id: UUID
    run_id: UUID
    content: str


class RunChanged(EventData):
    types = _types("run", "queued", "started", "waiting", "paused", "resumed", "cancelled", "succeeded", "failed")
    run: RunResource

    def wire(self) -> dict[str, Any]:
        return self.run.wire()


class RunFellBack(EventData):
    types = ("run.fallback",)
    run_id: UUID
    from_: str = Field(serialization_alias="from")
    to: str
    tier: str
    reason: str
    error_code: str

    def wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)


class PhaseChanged(EventData):
    types = ("phase.changed",)
    run_id: UUID
    phase: str
    previous: str | None


class PhaseViolated(EventData):
    types = ("phase.violation",)
    run_id: UUID
    phase: str
    tool: str
    allowed: list[str]


class PlanUpdated(EventData):
    types = ("plan.updated",)
    run_id: UUID
    nodes: list[PlanNodeResource]


class PlanStepped(EventData):
    types = ("plan.step",)
    run_id: UUID
    node: PlanNodeResource


class SkillMatched(EventData):
    types = ("skill.matched",)
    run_id: UUID
    skill: str
    method: str
    confidence: float


class ToolTold(EventData):
    types = ("tool.called", "tool.result")
    tool_call: ToolCallResource

    def wire(self) -> dict[str, Any]:
        return self.tool_call.wire()


class ApprovalChanged(EventData):
    types = _types(
        "approval", "requested", "voted", "edited", "approved", "rejected", "expired", "cancelled", "superseded",
        "invalidated",
    )  # fmt: skip
    approval: ApprovalResource

    def wire(self) -> dict[str, Any]:
        return self.approval.wire()


class ExecutionChanged(EventData):
    types = _types("execution", "started", "succeeded", "failed", "unknown", "resolved")
    tool_call: ToolCallResource
    approval_id: UUID | None = None
    grant: GrantResource | None = Field(
        None, description="What allowed it unasked, as its use has left it; only where the call begins."
    )
    resolution: str | None = None


class QuestionChanged(EventData):
    types = _types("question", "asked", "answered", "expired", "cancelled")
    question: QuestionResource

    def wire(self) -> dict[str, Any]:
        return self.question.wire()


class GrantChanged(EventData):
    types = _types("grant", "created", "revoked")
    id: UUID
    session_id: UUID
    agent_name: str
    tool: str
    constraint: dict[str, Any]
    uses_left: int
    expires_at: datetime
    by: str
    reason: str | None = None


class TeamTold(EventData):
    types = _types(
        "team", "formed", "contract", "step", "result", "reviewed", "risk", "replanned", "intervention", "synthesis",
        "dissolved",
    )  # fmt: skip
    run_id: UUID
    team: dict[str, Any]
    member: str | None = None
    phase: str | None = None
    content: str | None = None
    status: str | None = None


class BoardTold(EventData):
    types = _types("board", "started", "speech", "round", "intervention", "concluded")
    run_id: UUID
    topic: str | None = None
    experts: list[str] | None = None
    speaker: str | None = None
    round: int | None = None
    content: str | None = None
    summary: str | None = None
    decision_advice: str | None = None
    consensus: list[str] | None = None
    dissent: list[str] | None = None
    rounds: int | None = None


class RoundStarted(EventData):
    types = ("round.started",)
    incident_id: UUID
    run_id: UUID
    round: int


class Finding(BaseModel):
    text: str
    evidence: list[str] = []


class RoundSummarized(EventData):
    types = ("round.summarized",)
    incident_id: UUID
    run_id: UUID
    round: int
    summary: str
    findings: list[Finding]
    suggestions: list[str]
    confidence: str
    version: int


class TaskChanged(EventData):
    """A plan node of an agent, or a person's task {id, title, assignee_id?, due?, status}."""

    model_config = ConfigDict(extra="allow")
    types = ("task.created", "task.updated")


class Passage(Resource):
    """What a merge, or its undoing, has brought to a war room or taken from it, and from or to which incident."""

    incident: dict[str, str]
    evidence: list[EvidenceResource]
    tasks: list[dict[str, Any]]


class IncidentChanged(EventData):
    types = _types("incident", "opened", "changed", "alert", "merged", "closed", "reported")
    incident: IncidentResource
    changes: dict[str, tuple[Any, Any]] | None = None
    alert: dict[str, Any] | None = None
    report_id: UUID | None = None
    came: Passage | None = Field(None, description="What a merge, or its undoing, brought here.")
    went: Passage | None = Field(None, description="What it took away: no longer this incident's.")


class IndicatorChanged(EventData):
    types = _types("indicator", "added", "blocked", "unblocked")
    indicator: IndicatorResource
    by: str
    until: datetime | None = None


class TimelinePinned(EventData):
    """The entry in one line, and when it happened: a client may not have it."""

    types = ("timeline.pinned", "timeline.unpinned")
    seq: int
    by: str
    note: str | None = None
    text: str = Field("", description="The entry in one line, in English.")
    ts: datetime | None = Field(None, description="When the entry happened.")


class EvidenceAdded(EventData):
    types = ("evidence.added",)
    evidence: EvidenceResource

    def wire(self) -> dict[str, Any]:
        return self.evidence.wire()


class UsageRecorded(EventData):
    """All that a run has used so far, and with what: told after each request to a model."""

    types = ("usage.recorded",)
    run_id: UUID
    usage: dict[str, Any]
    provider: str | None = None
    model: str = ""
    config: dict[str, Any] = {}


class QuotaExceeded(EventData):
    types = ("quota.exceeded",)
    organization_id: UUID
    user_id: UUID | None = None
    quota_type: str
    period: str
    limit: int
    current: int
    resets_at: datetime


EVENT_TYPES: dict[str, type[EventData]] = {name: model for model in EventData.__subclasses__() for name in model.types}

# --- Bodies shared by socket commands and REST ------------------------------------------------------------------------


# What a database can't hold: NUL (PostgreSQL) and lone surrogates (SQLite).
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any) -> Any:
    """Refuse a body with text that can't be stored."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            if UNSTORABLE.search(inner):
                raise ValueError(gettext_noop("text must not hold NUL or lone surrogates"))
        elif isinstance(inner, dict):
            waiting += [*inner.keys(), *inner.values()]
        elif isinstance(inner, list):
            waiting += inner
    return value


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)

    _storable = model_validator(mode="before")(storable)


def _unset(value: Any) -> Any:
    return {} if value is None else value


# Null is nothing said. What is in a `config` is checked by `runtime_config`, and so are its names in `metadata`.
Config = Annotated[dict[str, Any], BeforeValidator(_unset), WithJsonSchema(runtime_config.schema(only=True))]
Fields = Annotated[dict[str, Any], BeforeValidator(_unset), WithJsonSchema(runtime_config.schema(only=False))]


TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*")


def _told_as_time(value: Any) -> Any:
    """Numbers would be read as seconds since 1970, which nobody has meant."""
    if value is not None and not (isinstance(value, str) and TIME.fullmatch(value)):
        raise ValueError(gettext_noop("must be a time such as 2026-01-31T12:00:00Z"))
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_told_as_time)]


class MessageSend(Body):
    content: Annotated[str, Field(min_length=1, max_length=32_000)]
    role: Literal["user"] = "user"
    attachments: Annotated[list[UUID], Field(max_length=20)] = []
    config: Config = {}
    metadata: Fields = {}
    execution_mode: Literal["auto", "direct", "react", "plan_exec"] = "auto"
    on_busy: Literal["queue", "steer", "reject", "interrupt"] = "queue"


class GrantWish(Body):
    ttl_s: Annotated[int, Field(ge=1, le=3600, strict=True)]
    max_uses: Annotated[int, Field(ge=1, le=50, strict=True)]
    constraint: dict[str, Any] = {}


class Decision(Body):
    version: Annotated[int, Field(ge=1)]
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    decision: Literal["approve", "reject"]
    feedback: Annotated[str, Field(max_length=4000)] = ""
    edited_args: dict[str, Any] | None = None
    grant: GrantWish | None = None


class ApprovalDecide(Decision):
    approval_id: UUID


class ApprovalWithdraw(Body):
    approval_id: UUID
    version: Annotated[int, Field(ge=1)]


class QuestionAnswer(Body):
    question_id: UUID
    content: Annotated[str, Field(max_length=8000)] = ""
    option: str | None = None


class OutcomeDecide(Body):
    tool_call_id: UUID
    outcome: Literal["happened", "retry", "skip"]
    note: Annotated[str, Field(max_length=4000)] = ""


class RunNamed(Body):
    run_id: UUID


class RunRetry(Body):
    run_id: UUID
    config: Config = {}


class RunSteer(Body):
    run_id: UUID
    content: Annotated[str, Field(min_length=1, max_length=32_000)]


class GrantRevoke(Body):
    grant_id: UUID


class SessionConfig(Body):
    config: Config


class FeedbackGive(Body):
    message_id: UUID
    rating: Literal["up", "down", "none"]
    comment: Annotated[str, Field(max_length=4000)] = ""


class Typing(Body):
    pass


class AuthRefresh(Body):
    ticket: str | None = None
    token: str | None = None


COMMANDS: dict[str, type[Body]] = {
    "message.send": MessageSend,
    "approval.decide": ApprovalDecide,
    "approval.withdraw": ApprovalWithdraw,
    "question.answer": QuestionAnswer,
    "outcome.decide": OutcomeDecide,
    "run.cancel": RunNamed,
    "run.pause": RunNamed,
    "run.resume": RunNamed,
    "run.retry": RunRetry,
    "run.steer": RunSteer,
    "session.config": SessionConfig,
    "grant.revoke": GrantRevoke,
    "feedback.give": FeedbackGive,
    "typing": Typing,
    "auth.refresh": AuthRefresh,
}
