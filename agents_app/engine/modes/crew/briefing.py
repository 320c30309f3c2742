"""What the crew knows, read fresh from the rows before each question to a model: the data blocks of its prompts."""

from typing import Any
from uuid import UUID

from agents_app import catalogue
from agents_app.engine.modes.crew.state import ActionState, CrewState, RoundState, TaskState
from agents_app.models import Approval, BlockedIndicator, ToolCall
from agents_app.services import runbooks
from sessions_app.models import Incident
from sessions_app.services import evidence_files

MOST_ALERTS = 5
MOST_INDICATORS = 60
MOST_RUNBOOKS, LONGEST_RUNBOOK = 3, 5000
# Bounds on what one result or alert may take of a model's attention.
MOST_ITEMS = 20
LONGEST_TEXT = 600
DEEPEST = 8
# Results hold examples inside of counts: the first few say enough.
MOST_RESULT_ITEMS = 10
MOST_EXAMPLES = 2
LONGEST_EXAMPLE = 200
# Where the order of many short lines is the result, they are told.
MOST_ENTRIES = {"timeline_of": 40}


def brief(incident_id: UUID, state: CrewState, *, max_rounds: int) -> dict[str, Any]:
    """Everything the crew knows of the incident, as JSON."""
    incident = Incident.objects.select_related("organization").get(pk=incident_id)
    calls = _calls(state)
    number = state.round.number if state.stage in ("manager", "work", "expert") else state.next_round
    return {
        "incident": _incident(incident),
        "alerts": _alerts(incident),
        "indicators": _indicators(incident),
        "evidence": _evidence(incident),
        "blocked": _blocked(incident),
        "decided_before": _decided_before(incident, state),
        "rounds": [_round(each, calls) for each in state.rounds],
        "people": [{**each.model_dump(), "new": each.round == number} for each in state.people],
        "runbooks": _runbooks(incident),
        "limits": {"round": number, "max_rounds": max_rounds, "writes_allowed": number > 1},
        "tools": tools(),
    }


def tools() -> list[dict[str, Any]]:
    return [
        {"name": each.name, "description": each.description, "kind": "query" if each.harmless else "write"}
        for each in catalogue.TOOLS.values()
    ]


def trimmed(value: Any, depth: int = 0) -> Any:
    """A JSON value with its long lists and texts cut, so that no alert crowds out the rest."""
    if depth > DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {key[:80]: trimmed(inner, depth + 1) for key, inner in list(value.items())[:80]}
    if isinstance(value, list):
        return [trimmed(inner, depth + 1) for inner in value[:MOST_ITEMS]]
    return cut(value, LONGEST_TEXT)


def gist(value: Any, depth: int = 0, most: int = MOST_RESULT_ITEMS) -> Any:
    """A tool's result, cut harder the deeper it goes."""
    if isinstance(value, dict):
        return {key: gist(inner, depth + 1, most) for key, inner in value.items()} if depth <= DEEPEST else "…"
    if isinstance(value, list):
        return [gist(inner, depth + 1, most) for inner in value[: most if depth < 2 else MOST_EXAMPLES]]
    return cut(value, LONGEST_TEXT if depth < 4 else LONGEST_EXAMPLE)


def cut(value: Any, longest: int) -> Any:
    return value[:longest] + "…" if isinstance(value, str) and len(value) > longest else value


# --- The incident ---------------------------------------------------------------------------------------------------
def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "title": incident.title,
        "description": trimmed(incident.description),
        "severity": incident.severity,
        "status": incident.status,
        "source": incident.source,
        "alert_count": incident.alert_count,
        "techniques": incident.techniques,
        "opened_at": incident.opened_at.isoformat(),
        "summary": trimmed(incident.summary),
        "own_networks": incident.organization.own_networks,
        "known_names": incident.organization.known_names,
    }


def _alerts(incident: Incident) -> list[dict[str, Any]]:
    rows = incident.alerts.order_by("id")[:MOST_ALERTS]
    names = ("title", "severity", "source", "status", "count", "occurred_at")
    return [{**{name: getattr(row, name) for name in names}, "raw": trimmed(row.raw)} for row in rows]


def _indicators(incident: Incident) -> list[dict[str, Any]]:
    names = ("kind", "value", "private", "known", "seen_count", "blocked_until")
    return list(incident.indicators.order_by("-seen_count", "id").values(*names)[:MOST_INDICATORS])


def _evidence(incident: Incident) -> list[dict[str, Any]]:
    """What was attached; the raw alerts among it are marked, since they bear out nothing."""
    files, alerts = evidence_files.files_and_alerts(incident)
    rows = sorted((*files, *alerts), key=lambda row: row.pk)
    return [{"filename": row.filename, "lines": row.lines, "size": row.size, "alert": row in alerts} for row in rows]


def _decided_before(incident: Incident, state: CrewState) -> list[dict[str, Any]]:
    """What people said no to in earlier work on this incident: it is not asked again by itself."""
    now = [action.tool_call_id for each in state.rounds for task in each.tasks for action in task.actions]
    rows = Approval.objects.filter(incident=incident, status=Approval.Status.REJECTED).exclude(
        tool_call__in=[each for each in now if each]
    )
    found = rows.select_related("decided_by").order_by("-id")[:MOST_ITEMS]
    return [{"tool": row.tool, "args": trimmed(row.args), "decision": _decision(row)} for row in found]


def _blocked(incident: Incident) -> list[dict[str, Any]]:
    rows = BlockedIndicator.objects.filter(incident=incident, unblocked_at=None).order_by("id")
    return [{"indicator": row.indicator, "until": row.until.isoformat(), "reason": row.reason} for row in rows]


def _runbooks(incident: Incident) -> list[dict[str, Any]]:
    """Those that fit what the alerts say, the best one whole; `lookup_runbook` finds the rest."""
    found = runbooks.applying(incident)[:MOST_RUNBOOKS]
    bodies = [each.guide.body[:LONGEST_RUNBOOK] for each in found[:1]] + [""] * len(found)
    return [
        {"title": each.guide.title, "why": list(each.why), "techniques": list(each.guide.techniques), "text": body}
        for each, body in zip(found, bodies, strict=False)
    ]


# --- What the crew did ----------------------------------------------------------------------------------------------
def _calls(state: CrewState) -> dict[UUID, ToolCall]:
    ids = [action.tool_call_id for each in state.rounds for task in each.tasks for action in task.actions]
    rows = ToolCall.objects.select_related("approval__decided_by").filter(pk__in=[each for each in ids if each])
    return {row.pk: row for row in rows}


def _round(round_: RoundState, calls: dict[UUID, ToolCall]) -> dict[str, Any]:
    return {
        "round": round_.number,
        "why": round_.why,
        "summary": round_.account.get("summary", ""),
        "tasks": [_task(task, calls) for task in round_.tasks],
    }


def _task(task: TaskState, calls: dict[UUID, ToolCall]) -> dict[str, Any]:
    told = {"kind": task.kind, "goal": task.goal, "status": task.status, "error": task.error}
    return {**told, "actions": [_action(action, calls) for action in task.actions]}


def _action(action: ActionState, calls: dict[UUID, ToolCall]) -> dict[str, Any]:
    call = calls.get(action.tool_call_id) if action.tool_call_id else None
    told: dict[str, Any] = {"what": action.what, "status": action.status, "error": action.error}
    if call is None:
        return {**told, "tool": action.tool, "args": action.args}
    status = call.state if call.settled else "pending"
    return {
        **told, "status": status, "error": call.error or action.error, "tool": call.tool, "args": call.args,
        "result": gist(call.result, most=MOST_ENTRIES.get(call.tool, MOST_RESULT_ITEMS)),
        "decision": _decision(call.approval) if call.approval else None,
    }  # fmt: skip


def _decision(approval: Approval) -> dict[str, Any]:
    return {
        "status": approval.status,
        "by": approval.decided_by.display_name if approval.decided_by else "",
        "at": approval.decided_at.isoformat() if approval.decided_at else "",
        "words": trimmed(approval.feedback),
    }
