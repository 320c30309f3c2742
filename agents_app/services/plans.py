"""The plan tree of a crew, as everybody sees it: drawn from the crew's checkpoint, and told where it changed."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from agents_app import resources
from agents_app.models import PlanNode, Run
from sessions_app import actors
from sessions_app.actors import Actor
from sessions_app.events import log
from sessions_app.models import ChatSession
from sessions_app.vocabulary import EventData, PlanStepped, PlanUpdated, RoundStarted, TaskChanged

LONGEST_TITLE = 300
OPEN = (PlanNode.Status.PENDING, PlanNode.Status.RUNNING, PlanNode.Status.WAITING)


@dataclass(frozen=True)
class Node:
    """A node as the crew means it to be."""

    id: UUID
    kind: str
    title: str
    status: str
    parent_id: UUID | None = None
    intent: str = ""
    assignee: str = ""
    tool_call_id: UUID | None = None
    error: str = ""
    number: int = 0

    def fields(self) -> dict[str, Any]:
        return {
            "parent_id": self.parent_id,
            "kind": self.kind,
            "intent": self.intent,
            "title": self.title[:LONGEST_TITLE],
            "assignee": self.assignee[:60],
            "status": self.status,
            "tool_call_id": self.tool_call_id,
            "error": self.error,
        }


def draw(run: Run, nodes: list[Node]) -> None:
    """Make the stored tree equal to the meant one, and tell what is new or other; the run is held."""
    stored = {row.pk: row for row in run.plan_nodes.all()}
    fresh = [node for node in nodes if node.id not in stored]
    for place, node in enumerate(nodes):
        if node.id in stored:
            _place(stored[node.id], place)
            _step(run, stored[node.id], node.fields())
        else:
            _add(run, node, place)
    if fresh:
        _tell(run, PlanUpdated(event="plan.updated", run_id=run.pk, nodes=_tree(run)))


def close(run: Run, by: Actor) -> None:
    """What a run leaves open when it ends is cancelled; called in the transaction that ends it."""
    for row in run.plan_nodes.filter(status__in=OPEN).order_by("id"):
        _step(run, row, {"status": PlanNode.Status.CANCELLED}, by=by)


def of_session(session: ChatSession) -> list[dict[str, Any]]:
    """The plans of a room's crews, for its snapshot."""
    plans: dict[UUID, list[dict[str, Any]]] = {}
    for row in PlanNode.objects.filter(run__session=session).order_by("run_id", "position"):
        plans.setdefault(row.run_id, []).append(resources.plan_node(row).wire())
    return [{"run_id": str(run_id), "nodes": nodes} for run_id, nodes in plans.items()]


def _add(run: Run, node: Node, place: int) -> None:
    row = PlanNode.objects.create(id=node.id, run=run, position=place, **node.fields())
    if row.kind == PlanNode.Kind.TASK:
        _tell(run, _task("task.created", row))
    elif row.kind == PlanNode.Kind.ROUND:
        incident_id = run.session.incident_id
        assert incident_id is not None, "a crew works on an incident"
        _tell(run, RoundStarted(event="round.started", incident_id=incident_id, run_id=run.pk, round=node.number))


def _place(row: PlanNode, place: int) -> None:
    """A node that grew children moves the later ones down; the whole tree is told then."""
    if row.position != place:
        row.position = place
        row.save(update_fields=["position"])


def _step(run: Run, row: PlanNode, wanted: dict[str, Any], *, by: Actor | None = None) -> None:
    changed = [name for name, value in wanted.items() if getattr(row, name) != value]
    if not changed:
        return
    for name in changed:
        setattr(row, name, wanted[name])
    row.save(update_fields=changed)
    _tell(run, PlanStepped(event="plan.step", run_id=run.pk, node=resources.plan_node(row)), by=by)
    if row.kind == PlanNode.Kind.TASK:
        _tell(run, _task("task.updated", row), by=by)


def _task(event: str, row: PlanNode) -> TaskChanged:
    return TaskChanged(event=event, **resources.plan_node(row).wire())


def _tree(run: Run) -> list[Any]:
    return [resources.plan_node(row) for row in run.plan_nodes.order_by("position")]


def _tell(run: Run, told: EventData, *, by: Actor | None = None) -> None:
    actor = by or actors.agent(run.agent.name)
    log.record(told, session=run.session, actor=actor, run=run.pk, parent_run=run.parent_id)
