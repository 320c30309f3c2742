"""What happened, line by line, read from the log of the incident's room."""

from collections.abc import Callable, Iterator
from typing import Any

from agents_app.services.report_facts import call_in_words, inline, moment
from sessions_app.models import Event, Incident

MOST_EVENTS = 300


def lines(incident: Incident) -> Iterator[str]:
    told = Event.objects.filter(session=incident.room_id, type__in=LINES).order_by("seq")[:MOST_EVENTS]
    for event in told:
        yield f"- {moment(event.ts)}: {LINES[event.type](event.data, inline(event.actor_name))}"


def _changed(data: dict[str, Any], by: str) -> str:
    changes = data.get("changes") or {}
    words = (f"{inline(name)} from {_plain(old)} to {_plain(new)}" for name, (old, new) in changes.items())
    return f"{by} changed {', '.join(words)}"


def _plain(value: Any) -> str:
    return inline(value.get("name", "")) if isinstance(value, dict) else inline("nobody" if value is None else value)


def _asked(data: dict[str, Any], by: str) -> str:
    return f"{inline(data['agent_name'])} asked for {call_in_words(data['tool'], data['args'])}"


def _decided(verb: str) -> Callable[[dict[str, Any], str], str]:
    def line(data: dict[str, Any], by: str) -> str:
        words = f", saying “{inline(data['feedback'])}”" if data.get("feedback") else ""
        who = f"{inline(data['decided_by']['name'])} " if data.get("decided_by") else "the request was "
        return f"{who}{verb} {call_in_words(data['tool'], data['args'])}{words}"

    return line


def _ended(verb: str) -> Callable[[dict[str, Any], str], str]:
    def line(data: dict[str, Any], by: str) -> str:
        call = data["tool_call"]
        why = f": {inline(call['error'])}" if call.get("error") else ""
        return f"{call_in_words(call['tool'], call['args'])} {verb}{why}"

    return line


LINES: dict[str, Callable[[dict[str, Any], str], str]] = {
    "incident.opened": lambda data, by: f"the incident was opened by {by}",
    "incident.alert": lambda data, by: f"an alert came: {inline((data.get('alert') or {}).get('title', ''))}",
    "incident.changed": _changed,
    "evidence.added": lambda data, by: f"evidence was added: {inline(data['filename'])}",
    "round.started": lambda data, by: f"the crew began round {data['round']}",
    "team.intervention": lambda data, by: f"{inline(data['member'])} wrote to the crew: “{inline(data['content'])}”",
    "approval.requested": _asked,
    "approval.approved": _decided("approved"),
    "approval.rejected": _decided("rejected"),
    "approval.expired": _decided("not decided in time:"),
    "approval.cancelled": _decided("cancelled:"),
    "execution.succeeded": _ended("was done"),
    "execution.failed": _ended("failed"),
    "execution.unknown": _ended("has an unclear outcome"),
    "run.failed": lambda data, by: f"a run of {by} failed: {inline(data.get('error') or data.get('error_code') or '')}",
    "run.cancelled": lambda data, by: f"a run was cancelled by {by}",
}
