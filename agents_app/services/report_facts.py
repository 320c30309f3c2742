"""The facts of a report, in Markdown: read from the log and the rows, in nobody's words but people's own."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from agents_app.models import Approval, BlockedIndicator, PlanNode, Run, ToolCall
from agents_app.services import report_times
from sessions_app import log_words
from sessions_app.models import Alert, FollowUp, Incident, IncidentRole, Indicator, RoundSummary

MOST_ROWS = 50
LONGEST = 400
_INDENT = {PlanNode.Kind.ROUND: "", PlanNode.Kind.TASK: "  ", PlanNode.Kind.ACTION: "    "}
# Only what would have an effect: a name such as web_01 or sshd[24200] has to stay as it is, also in the source.
_SPECIAL = re.compile(r"[`*|]|~(?=~)|<(?=[A-Za-z/!?])|\](?=\()|\\(?=[!-/:-@\[-`{-~])|(?<!\w)_|_(?!\w)")
# What makes of a line a heading, a list, a quotation, a rule, or the target of links elsewhere.
_OPENING = re.compile(r"^(?:(\d{1,9})(?=[.)](?:\s|$))|(?=#{1,6}(?:\s|$)|>|[-+](?:\s|$)|(?:-\s*){3,}$|\[[^\]]*\]:))")


def inline(text: object) -> str:
    """Text that others wrote, on one line and without any meaning as Markdown."""
    line = " ".join(str(text).split())
    return _plain(line if len(line) <= LONGEST else line[:LONGEST] + "…")


def moment(when: datetime | str | None) -> str:
    if when is None:
        return "unknown"
    at = datetime.fromisoformat(when) if isinstance(when, str) else when
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def section(title: str, lines: Iterable[str], *, empty: str = "") -> str:
    body = "\n".join(lines) or empty
    return f"## {title}\n\n{body}" if body else ""


def call_in_words(tool: str, args: dict[str, Any]) -> str:
    return inline_long(log_words.call_in_words(tool, args))


# --- The incident ---------------------------------------------------------------------------------------------------
def head(incident: Incident, family: list[Incident]) -> str:
    times = report_times.of(incident)
    commander = inline(incident.commander.display_name) if incident.commander else "nobody"
    lines = (
        f"# {inline(incident.title)}",
        "",
        f"- Severity: {incident.severity}",
        f"- Status: {incident.status}",
        f"- Source: {_source(incident)}",
        *_techniques(incident),
        f"- Opened: {moment(incident.opened_at)}",
        *_milestone("Acknowledged", times.acknowledged_at, times.to_acknowledge),
        *_milestone("Resolved", times.resolved_at, times.to_resolve),
        f"- Commander: {commander}",
        *(f"- {_role(row.role)}: {inline(row.user.display_name)}" for row in _roles(incident)),
        *(f"- Merged into this: {inline(each.title)}" for each in family if each != incident),
    )
    return "\n".join(lines)


def _source(row: Incident | Alert) -> str:
    """As the room calls it."""
    return {"": "a person", "generic": "a webhook"}.get(row.source, inline(row.source))


def _roles(incident: Incident) -> Iterable[IncidentRole]:
    return incident.roles.select_related("user").order_by("role")


def _role(name: str) -> str:
    return inline(name.replace("_", " ").title())


def _milestone(name: str, at: datetime | None, took: timedelta | None) -> list[str]:
    return [f"- {name}: {moment(at)}, after {report_times.in_words(took)}"] if at and took is not None else []


def _techniques(incident: Incident) -> list[str]:
    told = ", ".join(inline(each) for each in incident.techniques[:20])
    return [f"- Techniques (MITRE ATT&CK): {told}"] if told else []


def alerts(incident: Incident) -> Iterator[str]:
    for row in incident.alerts.defer("raw").order_by("id")[:MOST_ROWS]:
        yield f"- {inline(row.title)}, severity {row.severity}, from {_source(row)}, {_times(row)}"


def _times(row: Alert) -> str:
    said = f"said to have happened {moment(row.occurred_at)}, " if row.occurred_at else ""
    count = "once" if row.count == 1 else f"{row.count} times, last {moment(row.last_received_at)}"
    return f"{said}received {moment(row.received_at)}, {count}"


def indicators(incident: Incident) -> Iterator[str]:
    rows = incident.indicators.order_by("-seen_count", "id")[:MOST_ROWS]
    if rows:
        yield "| Kind | Value | Where | Seen | Blocked until |"
        yield "|---|---|---|---|---|"
    for row in rows:
        yield f"| {row.kind} | {inline(row.value)} | {_place(row)} | {row.seen_count} | {_until(row.blocked_until)} |"


def _place(row: Indicator) -> str:
    return "" if row.private is None else "our networks" if row.private else "outside"


def _until(when: datetime | None) -> str:
    return moment(when) if when else ""


def evidence(incident: Incident) -> Iterator[str]:
    for row in incident.evidence.order_by("id")[:MOST_ROWS]:
        lines = f", {row.lines} lines" if row.lines is not None else ""
        yield f"- {inline(row.filename)}{lines}, SHA-256 `{row.sha256}`, added {moment(row.created_at)}"


# --- What the crew did ----------------------------------------------------------------------------------------------
def tried(run: Run | None) -> Iterator[str]:
    """The plan tree, with what became of each part; a task that is one action of the same name is told once."""
    if run is None:
        return
    nodes = list(run.plan_nodes.select_related("tool_call").order_by("position"))
    same = _same_as_their_task(nodes)
    for node in nodes:
        if node.kind == PlanNode.Kind.ROUND:
            yield f"- {inline(node.title)}"
        elif node.pk not in same.values():
            told = next((each for each in nodes if each.pk == same.get(node.pk)), node)
            yield f"{_INDENT[PlanNode.Kind(node.kind)]}- {_part(told)}"


def _same_as_their_task(nodes: list[PlanNode]) -> dict[UUID, UUID]:
    """Of each task whose only action has its very name, that action."""
    tasks = {node.pk: node.title for node in nodes if node.kind == PlanNode.Kind.TASK}
    actions = [node for node in nodes if node.kind == PlanNode.Kind.ACTION and node.parent_id in tasks]
    how_many = Counter(node.parent_id for node in actions)
    return {
        node.parent_id: node.pk
        for node in actions
        if node.parent_id and how_many[node.parent_id] == 1 and node.title == tasks[node.parent_id]
    }


def _part(node: PlanNode) -> str:
    call = f", by {call_in_words(node.tool_call.tool, node.tool_call.args)}" if node.tool_call else ""
    why = f": {inline(node.error)}" if node.error and node.kind == PlanNode.Kind.ACTION else ""
    return f"{inline(node.title)}: {node.status}{call}{why}"


def found(incident: Incident, run: Run | None) -> Iterator[str]:
    if run is None:
        return
    for row in RoundSummary.objects.filter(incident=incident, run=run).order_by("round"):
        told = inline_long(row.summary).removeprefix(f"Round {row.round}. ")
        yield f"- Round {row.round}, confidence {row.confidence or 'not given'}: {told}"


def inline_long(text: str) -> str:
    """A summary may be longer than a value, but it is one line too."""
    return _plain(" ".join(text.split()))


def _plain(line: str) -> str:
    return _OPENING.sub(r"\1\\", _SPECIAL.sub(r"\\\g<0>", line))


def decisions(family: list[Incident]) -> Iterator[str]:
    rows = Approval.objects.filter(incident__in=family).exclude(status=Approval.Status.PENDING)
    for row in rows.select_related("decided_by", "tool_call").order_by("id")[:MOST_ROWS]:
        who = f" by {inline(row.decided_by.display_name)}" if row.decided_by else ""
        words = f", saying “{inline(row.feedback)}”" if row.feedback else ""
        became = f"; the call: {row.tool_call.state}" if row.status == Approval.Status.APPROVED else ""
        yield f"- {call_in_words(row.tool, row.args)}: {row.status}{who} {moment(row.decided_at)}{words}{became}"


def blocked(family: list[Incident]) -> Iterator[str]:
    for row in BlockedIndicator.objects.filter(incident__in=family).order_by("id")[:MOST_ROWS]:
        ended = f", unblocked {moment(row.unblocked_at)}" if row.unblocked_at else ""
        yield f"- {inline(row.indicator)} until {moment(row.until)}{ended}"


def failures(run: Run | None, trouble: Iterable[str]) -> Iterator[str]:
    for words in dict.fromkeys(trouble):
        yield f"- {inline(words)}"
    if run is None:
        return
    # What people said no to stands under the decisions.
    fine = (PlanNode.Status.SUCCEEDED, PlanNode.Status.REJECTED)
    for node in run.plan_nodes.filter(kind=PlanNode.Kind.TASK).exclude(status__in=fine).order_by("position"):
        yield f"- {inline(node.title)}: {node.status}{f' ({inline(node.error)})' if node.error else ''}"
    for call in run.tool_calls.filter(state=ToolCall.State.UNKNOWN):
        yield f"- {call_in_words(call.tool, call.args)}: the outcome is unclear"


def follow_ups(incident: Incident, suggested: Iterable[str]) -> Iterator[str]:
    for row in FollowUp.objects.filter(incident=incident).select_related("assignee").order_by("id"):
        who = f" ({inline(row.assignee.display_name)})" if row.assignee else ""
        yield f"- [{'x' if row.status == FollowUp.Status.DONE else ' '}] {inline(row.title)}{who}"
    for words in suggested:
        yield f"- [ ] {inline(words)}"
