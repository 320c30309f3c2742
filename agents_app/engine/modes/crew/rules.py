"""The rules of the crew that no prompt can bend: they are applied to what a model gave, before anything is done."""

from agents_app import catalogue
from agents_app.catalogue import ToolSpec
from agents_app.engine.crew_outputs import Action, CaptainOrders, ManagerActions, Task
from agents_app.engine.modes.crew.state import ActionState, RoundState, Status, TaskState

MOST_TASKS = 5
MOST_ACTIONS = 3
LONGEST_GOAL = 300
TOO_EARLY = "A change waits for what the queries of this round find; it can be asked for in the next."
WRONG_INTENT = "A task has one intent: this action does not have its task's."


def tasks(orders: CaptainOrders, *, number: int, names: dict[str, str]) -> list[TaskState]:
    """The tasks of a round; a write in the first is put off, since nothing has been found yet.

    `names` says who is in the crew by role: a task given to nobody of it goes to whoever does such tasks.
    """
    given = [each for each in orders.tasks if each.goal.strip()][:MOST_TASKS]
    made = [TaskState(kind=each.kind, goal=_line(each.goal), assignee=_assignee(each, names)) for each in given]
    for task in made:
        if task.kind == "write" and number == 1:
            task.status, task.error = Status.SKIPPED, TOO_EARLY
    return made


def share_out(round_: RoundState, wanted: ManagerActions | None) -> None:
    """Give each task its actions; one that got none (or no manager) is one action by itself."""
    for number, task in enumerate(round_.tasks, start=1):
        if not task.open or task.kind == "notify":
            continue
        given = [each for each in wanted.actions if each.task == number][:MOST_ACTIONS] if wanted else []
        task.actions = [_action(task, each) for each in given] or [ActionState(what=task.goal)]
        task.roll_up()


def tools_for(task: TaskState, allowed: list[str]) -> list[ToolSpec]:
    """A query gets tools that change nothing, a write those that do; none outside the catalogue."""
    specs = [catalogue.TOOLS[name] for name in allowed if name in catalogue.TOOLS]
    return [spec for spec in specs if spec.harmless == (task.kind == "query")]


def _assignee(task: Task, names: dict[str, str]) -> str:
    usual = "captain" if task.kind == "notify" else "operator"
    return task.assignee if task.assignee in names.values() else names.get(usual, "")


def _action(task: TaskState, given: Action) -> ActionState:
    action = ActionState(what=_line(given.what) or task.goal)
    if given.intent != task.kind:
        action.status, action.error = Status.SKIPPED, WRONG_INTENT
    return action


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_GOAL]
