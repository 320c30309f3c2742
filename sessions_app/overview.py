"""Where an incident stands, for who joins late: read from what a snapshot holds, and written by no model.

`static/js/models/overview.js` says the same of the same parts, so that an overview goes on with the events.
"""

from typing import Any

Parts = dict[str, Any]
UNCONTAINED = ("open", "investigating")


def of(parts: Parts, decided: list[dict[str, Any]]) -> Parts:
    """Since when, who commands, what was found, what was decided and done, and what waits for whom."""
    incident = parts["incident"]
    found = {"text": incident["summary"], "version": incident["summary_version"], "seq": incident["summary_seq"]}
    return {
        "since": incident["opened_at"],
        "severity": incident["severity"],
        "status": incident["status"],
        "commander": incident["commander"],
        "found": found if incident["summary"] else None,
        "done": decided,
        "waits": waits(parts),
        "suggests": suggests(incident),
    }


def waits(parts: Parts) -> list[dict[str, Any]]:
    """`who`: the roles that may, or the person by name."""
    approvals = (
        _waits("approval", each, each["tool"], each["policy"].get("eligible") or []) for each in parts["approvals"]
    )
    questions = (_waits("question", each, each["question"], ["responder"]) for each in parts["questions"])
    outcomes = (_waits("outcome", each, each["tool"], ["approver"]) for each in parts["unknowns"])
    tasks = (
        _waits("task", each, each["title"], [each["assignee"]] if each["assignee"] else [])
        for each in parts["tasks"]
        if each["status"] == "open"
    )
    return [*approvals, *questions, *outcomes, *tasks]


def suggests(incident: Parts) -> str | None:
    """What a person may want to say of it now: something is blocked in its name, so it may be contained."""
    blocked = any(each["blocked_until"] for each in incident["indicators"])
    return "contained" if blocked and incident["status"] in UNCONTAINED else None


def _waits(kind: str, each: Parts, what: str, who: list[str]) -> Parts:
    return {"kind": kind, "id": each["id"], "what": what, "who": who}
