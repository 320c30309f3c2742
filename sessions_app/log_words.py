"""What an event of the log says, in one plain English line: for reports and pins, which stay as they were written."""

from collections.abc import Callable
from typing import Any

Data = dict[str, Any]
LONGEST = 400
# How a task ends: a person's, and one of a plan.
ENDED = ("done", "succeeded", "failed", "rejected", "skipped", "cancelled")


def line_of(kind: str, data: Data, by: str) -> str:
    """The line of an event; types that nobody has words for are called by their name."""
    told = LINES.get(kind) or _SAID.get(kind)
    return told(data, plain(by)) if told else kind.replace(".", " ").replace("_", " ")


def plain(text: object) -> str:
    """Text that others wrote, on one line."""
    line = " ".join(str(text).split())
    return line if len(line) <= LONGEST else line[:LONGEST] + "…"


def call_in_words(tool: str, args: Data) -> str:
    """A call with what it is aimed at; its reason is the agent's word and stands elsewhere, what is empty nowhere."""
    aimed = {name: value for name, value in args.items() if name != "reason" and value not in ("", None)}
    told = ", ".join(f"{plain(name)} {plain(value)}" for name, value in aimed.items())
    return f"{plain(tool)} ({told})" if told else plain(tool)


def _changed(data: Data, by: str) -> str:
    return _taken_out(data, by) or _altered(data, by)


def _taken_out(data: Data, by: str) -> str:
    """The undoing of a merge, as each of the two rooms hears it."""
    if went := data.get("went"):
        return f"{by} took “{plain(went['incident']['title'])}” out of this incident again"
    came = data.get("came")
    return f"{by} took this incident out of “{plain(came['incident']['title'])}” again" if came else ""


def _altered(data: Data, by: str) -> str:
    words = (_change(name, old, new) for name, (old, new) in (data.get("changes") or {}).items())
    return f"{by} changed {', '.join(words)}"


def _change(name: str, old: Any, new: Any) -> str:
    if name == "roles":
        return f"the roles to {', '.join(f'{plain(role)}: {_value(who)}' for role, who in new.items()) or 'none'}"
    return f"{plain(name).replace('_', ' ')} from {_value(old)} to {_value(new)}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_value, value)) or "nothing"
    if isinstance(value, dict):
        return plain(value.get("name") or value.get("title") or "")
    return "nobody" if value is None else plain(value)


def _merged(data: Data, by: str) -> str:
    if (went := data.get("went")) is not None:
        return f"{by} merged this incident into “{plain(went['incident']['title'])}”"
    came = data.get("came") or {"incident": {"title": "another incident"}}
    return f"{by} merged “{plain(came['incident']['title'])}” into this incident"


def _asked(data: Data, by: str) -> str:
    return f"{plain(data['agent_name'])} asked for {call_in_words(data['tool'], data['args'])}"


def _decided(verb: str) -> Callable[[Data, str], str]:
    def line(data: Data, by: str) -> str:
        words = f", saying “{plain(data['feedback'])}”" if data.get("feedback") else ""
        who = f"{plain(data['decided_by']['name'])} " if data.get("decided_by") else "the request was "
        return f"{who}{verb} {call_in_words(data['tool'], data['args'])}{words}"

    return line


def _ended(verb: str) -> Callable[[Data, str], str]:
    def line(data: Data, by: str) -> str:
        call = data["tool_call"]
        why = f": {plain(call['error'])}" if call.get("error") else ""
        return f"{call_in_words(call['tool'], call['args'])} {verb}{why}"

    return line


def _task(verb: str) -> Callable[[Data, str], str]:
    def line(data: Data, by: str) -> str:
        who = f", for {plain(data['assignee'])}" if data.get("assignee") else ""
        ended = f" as {data['status']}" if verb == "changed" and data.get("status") in ENDED else ""
        return f"{by} {'marked' if ended else verb} a task{ended}: {plain(data.get('title', ''))}{who}"

    return line


# What a report's timeline tells.
LINES: dict[str, Callable[[Data, str], str]] = {
    "incident.opened": lambda data, by: f"the incident was opened by {by}",
    "incident.alert": lambda data, by: f"an alert came: {plain((data.get('alert') or {}).get('title', ''))}",
    "incident.changed": _changed,
    "incident.merged": _merged,
    "evidence.added": lambda data, by: f"evidence was added: {plain(data['filename'])}",
    "round.started": lambda data, by: f"the crew began round {data['round']}",
    "team.intervention": lambda data, by: f"{plain(data['member'])} wrote to the crew: “{plain(data['content'])}”",
    "approval.requested": _asked,
    "approval.approved": _decided("approved"),
    "approval.rejected": _decided("rejected"),
    "approval.expired": _decided("not decided in time:"),
    "approval.cancelled": _decided("cancelled:"),
    "execution.succeeded": _ended("was done"),
    "execution.failed": _ended("failed"),
    "execution.unknown": _ended("has an unclear outcome"),
    "run.failed": lambda data, by: f"a run of {by} failed: {plain(data.get('error') or data.get('error_code') or '')}",
    "run.cancelled": lambda data, by: f"a run was cancelled by {by}",
}
# What may be pinned besides.
_SAID: dict[str, Callable[[Data, str], str]] = {
    "message.created": lambda data, by: f"{plain(data['sender_name'])}: {plain(data['content'])}",
    "message.end": lambda data, by: f"{plain(data['sender_name'])}: {plain(data['content'])}",
    "task.created": _task("added"),
    "task.updated": _task("changed"),
    "tool.called": lambda data, by: f"{plain(data['agent_name'])} called {call_in_words(data['tool'], data['args'])}",
    "tool.result": lambda data, by: (
        f"{plain(data['agent_name'])} called {call_in_words(data['tool'], data['args'])}: {data['state']}"
    ),
    "question.asked": lambda data, by: f"{plain(data['asked_by'])} asked: {plain(data['question'])}",
    "question.answered": lambda data, by: f"{by} answered “{plain(data['question'])}”: {plain(data['answer'] or '')}",
    "round.summarized": lambda data, by: f"round {data['round']} was summed up: {plain(data['summary'])}",
    "indicator.added": lambda data, by: f"an indicator was noted: {plain(data['indicator']['value'])}",
    "indicator.blocked": lambda data, by: f"{plain(data['indicator']['value'])} was blocked",
    "indicator.unblocked": lambda data, by: f"{plain(data['indicator']['value'])} was unblocked",
    "incident.closed": lambda data, by: (
        f"{by} {'resolved' if data['incident']['status'] == 'resolved' else 'closed'} the incident"
    ),
    "incident.reported": lambda data, by: f"a report was written by {by}",
    "participant.joined": lambda data, by: f"{plain(data['name'])} joined",
    "timeline.pinned": lambda data, by: f"{plain(data['by'])} pinned: {plain(data.get('text', ''))}",
}
