"""The overview of an incident in words, for the page the server draws; static/js/models/briefing.js says the same."""

from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sessions_app.pages import labels

ROLES = {
    "commander": gettext_lazy("Commander"),
    "scribe": gettext_lazy("Scribe"),
    "communications": gettext_lazy("Communications"),
    "liaison": gettext_lazy("Liaison"),
    "operations": gettext_lazy("Operations"),
}
DECIDED = {
    "approved": gettext_lazy("approved by {name} at {time}"),
    "rejected": gettext_lazy("rejected by {name} at {time}"),
    "expired": gettext_lazy("expired at {time}: nobody decided in time"),
    "cancelled": gettext_lazy("withdrawn at {time}: what asked for it has ended"),
    "superseded": gettext_lazy("replaced by a newer request at {time}"),
    "invalidated": gettext_lazy("void at {time}: something it rested on changed; it is asked again"),
}
WAITS = {
    "approval": gettext_lazy("approval of {what}"),
    "question": gettext_lazy("answer to: {what}"),
    "outcome": gettext_lazy("outcome of {what}"),
    "task": gettext_lazy("task: {what}"),
}


def role_name(role: str) -> str:
    """A role people have thought of themselves is called as they wrote it."""
    return str(ROLES.get(role, role.replace("_", " ")))


def decision_line(one: dict[str, Any]) -> str:
    at = parse_datetime(one["decided_at"]) if one["decided_at"] else None
    name = (one["decided_by"] or {}).get("name") or _("a person")
    decided = str(DECIDED[one["status"]]).format(name=name, time=f"{at:%H:%M} UTC" if at else "")
    target = ", ".join(str(value) for name, value in one["args"].items() if name != "reason")
    line = _("{tool} ({target}): {decided}").format(tool=one["tool"], target=target, decided=decided)
    became = one["outcome"] if one["status"] == "approved" else None
    return _("{line}; {outcome}").format(line=line, outcome=became) if became else line


def waits_line(one: dict[str, Any]) -> str:
    who = one["who"] if one["kind"] == "task" else [labels.label(role, "role").lower() for role in one["who"]]
    line = str(WAITS[one["kind"]]).format(what=one["what"])
    return _("{line} - for {who}").format(line=line, who=", ".join(who) or _("nobody yet"))
