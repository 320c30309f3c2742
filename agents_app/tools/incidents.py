"""Reading around an incident: its relatives, what happened when, and what the runbooks say."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from agents_app import catalogue
from agents_app.services import runbooks, timelines
from agents_app.tools.evidence import incident_of, looked
from agents_app.tools.registry import Call, ToolFailed, tool
from sessions_app.errors import Refused
from sessions_app.models import ChatSession
from sessions_app.services import related

MOST_RUNBOOKS = 2
LONGEST_RUNBOOK = 6000


@tool
def find_related_incidents(call: Call, args: catalogue.FindRelatedIncidents) -> dict[str, Any]:
    return {"incidents": [asdict(each) for each in related.of(incident_of(call))]}


@tool
def lookup_runbook(call: Call, args: catalogue.LookupRunbook) -> dict[str, Any]:
    """Also in a room without an incident: a runbook is the organisation's."""
    home = ChatSession.objects.values_list("organization_id", flat=True).get(pk=call.lease.session_id)
    found = runbooks.find(home, args.query, [args.technique] if args.technique else [])[:MOST_RUNBOOKS]
    shown = {each.guide.title for each in found}
    return {
        "runbooks": [told(each) for each in found],
        "others": [each.title for each in runbooks.of(home) if each.title not in shown],
    }


@tool
def timeline_of(call: Call, args: catalogue.TimelineOf) -> dict[str, Any]:
    before, after = timedelta(minutes=args.minutes_before), timedelta(minutes=args.minutes_after)
    incident = incident_of(call)
    try:
        found = timelines.around(incident, args.around, before=before, after=after, about=args.about, limit=args.limit)
    except Refused as refused:
        raise ToolFailed(refused.detail) from refused
    looked(call, incident, None, way="searched")
    return asdict(found)


def told(match: runbooks.Match) -> dict[str, Any]:
    guide = match.guide
    return {
        "title": guide.title,
        "origin": "the product" if guide.shipped else "the organisation",
        "why": list(match.why),
        "techniques": list(guide.techniques),
        "text": guide.body[:LONGEST_RUNBOOK],
    }
