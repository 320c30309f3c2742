"""What each role of the crew gives back, typed: never cut out of prose."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Intent = Literal["query", "write", "notify"]
Confidence = Literal["low", "medium", "high"]
Words = Annotated[str, Field(max_length=4000)]


class Task(BaseModel):
    """One intent: find something out, change something, or tell people."""

    kind: Intent
    goal: Words
    assignee: str = ""


class CaptainOrders(BaseModel):
    """Why this round, and its tasks; or `done`, when nothing is left that the crew can do."""

    why: Words
    tasks: list[Task] = []
    done: bool = False


class Action(BaseModel):
    """One step of a task, small enough for one tool call; `task` is the task's number."""

    task: int
    what: Words
    intent: Literal["query", "write"]


class ManagerActions(BaseModel):
    """The tasks of the round, split into actions."""

    actions: list[Action]


class Found(BaseModel):
    """A finding, and the lines, counts or results it stands on."""

    text: Words
    evidence: list[Words] = []


class ExpertAccount(BaseModel):
    """What a round did, its failures included."""

    summary: Words
    findings: list[Found] = []
    suggestions: list[Words] = []
    confidence: Confidence = "low"


class ReportProse(BaseModel):
    """The words around the facts of a report; the facts themselves come from the log."""

    overview: Words
    assessment: Words
    follow_ups: list[Words] = []
