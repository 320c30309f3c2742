"""What is blocked now and why: each entry with who asked for it and who allowed it."""

from dataclasses import dataclass
from uuid import UUID

from agents_app.models import BlockedIndicator, ToolCall
from agents_app.services import containment

MOST_ROWS = 500


@dataclass(frozen=True)
class Entry:
    row: BlockedIndicator
    asked_by: str
    allowed_by: str


def entries(organization_id: UUID) -> list[Entry]:
    """The newest first; an entry and the call that made it share their key."""
    rows = list(containment.live(organization_id).select_related("incident").order_by("-id")[:MOST_ROWS])
    calls = ToolCall.objects.filter(idempotency_key__in=[row.idempotency_key for row in rows])
    made = {call.idempotency_key: call for call in calls.select_related("approval__decided_by", "grant__given_by")}
    return [_entry(row, made.get(row.idempotency_key)) for row in rows]


def _entry(row: BlockedIndicator, call: ToolCall | None) -> Entry:
    if call is None:
        return Entry(row, "", "")
    decider = (call.approval.decided_by if call.approval else None) or (call.grant.given_by if call.grant else None)
    return Entry(row, call.agent_name, decider.display_name if decider else "")
