"""A report to take along: the words as people left them, and beside them the facts as rows."""

import difflib
from collections import Counter
from datetime import datetime
from typing import Any

from django.db import transaction

from agents_app.models import Approval
from agents_app.services import report_times, reports
from sessions_app import permissions, resources
from sessions_app.actors import Actor
from sessions_app.models import Incident, Merge, Report
from sessions_app.services import audit, masks, merging

MOST_DECISIONS = 500
# The time to align two texts grows with the product of their lines and of those that are equal, and who wants to can
# write a report of a hundred thousand short ones. Beyond these the one is shown whole in place of the other.
MOST_LINES, MOST_PAIRS = 5000, 10_000


@transaction.atomic
def take(incident: Incident, *, form: str, by: Actor) -> tuple[Report, dict[str, Any] | str]:
    """The newest version as Markdown, or with its facts as an object; who took a copy is audited."""
    permissions.require(by, "see", incident)
    report = reports.newest(incident)
    mask = masks.of(incident.organization_id)
    copy: dict[str, Any] | str = report.markdown if form == "md" else mask.value(_whole(incident, report))[0]
    audit.append(
        organization_id=incident.organization_id, actor=by, action="report.exported", thing=report,
        detail={"format": form, "version": report.version},
    )  # fmt: skip
    return report, copy


def version(row: Report) -> dict[str, Any]:
    """One version without its text."""
    return {
        "version": row.version,
        "status": row.status,
        "author": resources.person(row.author),
        "created_at": _time(row.created_at),
    }


def since(incident: Incident, report: Report) -> list[str]:
    """The files that came after a version was written, or with an incident that was merged in after it."""
    merges = Merge.objects.filter(target=incident, undone_at=None, at__gt=report.created_at)
    brought = {pk for moved in merges.values_list("moved", flat=True) for pk in moved["evidence"]}
    rows = incident.evidence.order_by("id")
    return [row.filename for row in rows if row.created_at > report.created_at or str(row.pk) in brought]


def difference(before: Report, after: Report) -> list[dict[str, str]]:
    """What a version changed, line by line: {kind: kept, added, removed or place, text}."""
    old, new = before.markdown.splitlines(), after.markdown.splitlines()
    if old == new:
        return []
    if not _alignable(old, new):
        return [
            *({"kind": "removed", "text": line} for line in old), *({"kind": "added", "text": line} for line in new)
        ]  # fmt: skip
    kinds = {"+": "added", "-": "removed", "@": "place", " ": "kept"}
    lines = list(difflib.unified_diff(old, new, lineterm="", n=2))[2:]
    return [{"kind": kinds[line[0]], "text": line if line[0] == "@" else line[1:]} for line in lines]


def _alignable(old: list[str], new: list[str]) -> bool:
    """Whether it takes no longer than a page may. Of long texts difflib leaves out what is a hundredth of them."""
    times, common = Counter(new), len(new) // 100 + 1 if len(new) >= 200 else len(new)
    pairs = sum(times[line] for line in old if times[line] <= common)
    return max(len(old), len(new)) <= MOST_LINES and pairs <= MOST_PAIRS


def _whole(incident: Incident, report: Report) -> dict[str, Any]:
    times = report_times.of(incident)
    took = {"to_acknowledge_s": times.to_acknowledge, "to_resolve_s": times.to_resolve}
    return {
        "incident": resources.incident(incident).wire(),
        "report": {**version(report), "markdown": report.markdown},
        "times": {
            "opened_at": _time(times.opened_at),
            "acknowledged_at": _time(times.acknowledged_at),
            "resolved_at": _time(times.resolved_at),
            **{name: int(value.total_seconds()) if value is not None else None for name, value in took.items()},
        },
        "decisions": [_decision(row) for row in _decided(incident)],
        "follow_ups": [resources.task(row) for row in incident.follow_ups.select_related("assignee").order_by("id")],
        "evidence_since": since(incident, report),
    }


def _decided(incident: Incident) -> list[Approval]:
    rows = Approval.objects.filter(incident__in=merging.family(incident)).exclude(status=Approval.Status.PENDING)
    return list(rows.select_related("decided_by", "tool_call").order_by("id")[:MOST_DECISIONS])


def _decision(row: Approval) -> dict[str, Any]:
    return {
        "approval_id": str(row.pk),
        "tool": row.tool,
        "args": row.args,
        "agent_name": row.agent_name,
        "status": row.status,
        "decided_by": resources.person(row.decided_by),
        "decided_at": _time(row.decided_at),
        "feedback": row.feedback or None,
        "outcome": row.tool_call.state,
    }


def _time(at: datetime | None) -> str | None:
    return resources.moment(at) if at else None
