"""The manager and the operator of the demo crew: tasks to actions, an action to one tool call."""

import re
from typing import Any

from agents_app.engine.demo import containing, wishes
from agents_app.engine.demo.case import Case

_SEARCH = re.compile(r"search\b.*?“(.+?)”", re.IGNORECASE)
_DESCRIBE = re.compile(r"describe\b.*?“(.+?)”", re.IGNORECASE)


def actions(data: dict[str, Any]) -> dict[str, Any]:
    """One action a task: the captain's tasks are small already."""
    return {
        "actions": [
            {"task": task["number"], "what": task["goal"], "intent": task["kind"]}
            for task in data.get("tasks", [])
            if task["kind"] in ("query", "write")
        ]
    }


def call(data: dict[str, Any], offered: frozenset[str]) -> tuple[str, dict[str, Any]] | None:
    """The tool call for an action, if it can be told from its words and the tool is offered."""
    what = str(data.get("action", {}).get("what", ""))
    wanted = _wanted(what, Case.read(data))
    return wanted if wanted and wanted[0] in offered else None


def _wanted(what: str, case: Case) -> tuple[str, dict[str, Any]] | None:
    wish = wishes.read(what)
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
