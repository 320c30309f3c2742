"""What the crew has done so far: the checkpoint of its run. The plan tree is drawn from it, never the other way."""

from collections.abc import Iterator
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from agents_app.engine.crew_outputs import Intent
from agents_app.models import PlanNode
from agents_app.services.plans import Node
from sessions_app.models.base import uuid7

Stage = Literal["captain", "manager", "operator", "executor", "expert", "summary", "report", "filing", "done"]
Status = PlanNode.Status
OPEN = (Status.PENDING, Status.RUNNING, Status.WAITING)
LONGEST_WORDS = 2000
# Of the actions of a task, the worst outcome is the task's.
WORST_FIRST = (
    Status.WAITING, Status.RUNNING, Status.PENDING, Status.FAILED, Status.REJECTED, Status.CANCELLED, Status.SKIPPED,
    Status.SUCCEEDED,
)  # fmt: skip


class ActionState(BaseModel):
    id: UUID = Field(default_factory=uuid7)
    what: str
    status: str = Status.PENDING
    # The call as the operator made it; the ordinal and this id name it in the ledger, whoever resumes.
    tool: str = ""
    args: dict[str, Any] = {}
    ordinal: int = 0
    call_id: str = ""
    reason: str = ""
    tool_call_id: UUID | None = None
    error: str = ""

    @property
    def open(self) -> bool:
        return self.status in OPEN


class TaskState(BaseModel):
    id: UUID = Field(default_factory=uuid7)
    kind: Intent
    goal: str
    assignee: str = ""
    status: str = Status.PENDING
    error: str = ""
    actions: list[ActionState] = []

    @property
    def open(self) -> bool:
        return self.status in OPEN

    def roll_up(self) -> None:
        """A task is as far as its actions are."""
        if self.actions:
            self.status = min((action.status for action in self.actions), key=WORST_FIRST.index)
            self.error = next((action.error for action in self.actions if action.error), "")


class RoundState(BaseModel):
    id: UUID = Field(default_factory=uuid7)
    number: int
    why: str
    status: str = Status.RUNNING
    tasks: list[TaskState] = []
    account: dict[str, Any] = {}


class PersonState(BaseModel):
    """Words a person wrote to the crew, and the round that heard them first."""

    name: str
    text: str
    round: int


class CrewState(BaseModel):
    stage: Stage = "captain"
    rounds: list[RoundState] = []
    people: list[PersonState] = []
    # Model responses so far: the ordinal of the next one.
    asked: int = 0
    # What models failed at, in words for the report.
    trouble: list[str] = []
    prose: dict[str, Any] = {}

    @classmethod
    def load(cls, checkpoint: dict[str, Any]) -> "CrewState":
        return cls.model_validate(checkpoint)

    def dump(self) -> dict[str, Any]:
        return self.model_dump(mode="json")

    @property
    def round(self) -> RoundState:
        return self.rounds[-1]

    @property
    def next_round(self) -> int:
        return len(self.rounds) + 1

    def find(self, action_id: UUID) -> tuple[TaskState, ActionState]:
        found = ((task, action) for task in self.round.tasks for action in task.actions)
        return next(pair for pair in found if pair[1].id == action_id)

    def hear(self, words: list[tuple[str, str]], *, max_rounds: int) -> None:
        """Take up what people wrote; if the crew was about to close, it looks once more while rounds are left."""
        self.people += [
            PersonState(name=name, text=text[:LONGEST_WORDS], round=self.next_round) for name, text in words
        ]
        if words and self.stage == "report" and self.next_round <= max_rounds:
            self.stage = "captain"

    def open_actions(self, kind: Intent) -> list[UUID]:
        """Actions of the newest round that are not done with, of one intent."""
        return [action.id for task in self.round.tasks if task.kind == kind for action in task.actions if action.open]

    def nodes(self) -> list[Node]:
        """The plan tree: round > task > action."""
        return [node for each in self.rounds for node in _nodes(each)]


def _nodes(round_: RoundState) -> Iterator[Node]:
    yield Node(id=round_.id, kind="round", title=f"Round {round_.number}", status=round_.status, number=round_.number)
    for task in round_.tasks:
        yield Node(
            id=task.id, parent_id=round_.id, kind="task", intent=task.kind, title=task.goal, assignee=task.assignee,
            status=task.status, error=task.error,
        )  # fmt: skip
        for action in task.actions:
            yield Node(
                id=action.id, parent_id=task.id, kind="action", intent=task.kind, title=action.what,
                assignee=task.assignee, status=action.status, error=action.error, tool_call_id=action.tool_call_id,
            )  # fmt: skip
