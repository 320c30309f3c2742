"""The manager and the operator of the demo crew: tasks to actions, an action to one tool call."""

import re
from typing import Any

from agents_app.engine.demo import aftermath, containing, wishes
from agents_app.engine.demo.case import Case

SUMMARIZE = "Summarize the evidence by address, user, host and time"
_SEARCH = re.compile(r"search\b.*?“(.+?)”", re.IGNORECASE)
_RUNBOOK = re.compile(r"look up the runbook “(.+?)”", re.IGNORECASE)
_TIMELINE = re.compile(r"put in order what came after “(.+?)” about “(.+?)”", re.IGNORECASE)
_RELATED = re.compile(r"find related incidents", re.IGNORECASE)
_DESCRIBE = re.compile(r"describe\b.*?“(.+?)”", re.IGNORECASE)


def actions(data: dict[str, Any]) -> dict[str, Any]:
    """One action a task: the captain's tasks are small already. With the count comes the runbook that applies."""
    tasks = [task for task in data.get("tasks", []) if task["kind"] in ("query", "write")]
    steps = [(task, what) for task in tasks for what in (task["goal"], *_beside(task, data))]
    return {"actions": [{"task": task["number"], "what": what, "intent": task["kind"]} for task, what in steps]}


def _beside(task: dict[str, Any], data: dict[str, Any]) -> list[str]:
    named = [f"Look up the runbook “{each['title']}”" for each in data.get("runbooks", [])[:1]]
    return named if task["goal"] == SUMMARIZE else []


def call(data: dict[str, Any], offered: frozenset[str]) -> tuple[str, dict[str, Any]] | None:
    """The tool call for an action, if it can be told from its words and the tool is offered."""
    what = str(data.get("action", {}).get("what", ""))
    wanted = _wanted(what, Case.read(data))
    return wanted if wanted and wanted[0] in offered else None


def _wanted(what: str, case: Case) -> tuple[str, dict[str, Any]] | None:
    wish = wishes.read(what)
    if match := _RUNBOOK.search(what):
        return "lookup_runbook", {"query": match[1]}
    if match := _TIMELINE.search(what):
        return "timeline_of", {
            "around": match[1], "about": match[2], "minutes_before": 0, "minutes_after": aftermath.MINUTES,
        }  # fmt: skip
    if _RELATED.search(what):
        return "find_related_incidents", {}
    if match := _SEARCH.search(what):
        return "search_evidence", {"query": match[1]}
    if match := _DESCRIBE.search(what):
        return "describe_indicator", {"indicator": match[1]}
    if what.lower().startswith("summarize"):
        return "summarize_evidence", {}
    if wish.unblocks and not wish.blocks and wish.addresses:
        return "unblock_indicator", {"indicator": wish.addresses[0], "reason": what}
    if wish.blocks and wish.addresses:
        indicator = wish.addresses[0]
        minutes = wish.minutes or containing.minutes(case)
        return "block_indicator", {
            "indicator": indicator,
            "minutes": minutes,
            "reason": containing.ground(case, indicator),
        }
    return None
