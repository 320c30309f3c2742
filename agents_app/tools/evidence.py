"""Reading the incident's evidence: search it, count it, and say what is known of an indicator."""

from dataclasses import asdict
from typing import Any

from agents_app import catalogue
from agents_app.tools.registry import Call, ToolFailed, tool
from sessions_app.errors import Refused
from sessions_app.models import Incident
from sessions_app.services import evidence, indicators


@tool
def search_evidence(call: Call, args: catalogue.SearchEvidence) -> dict[str, Any]:
    try:
        return asdict(evidence.search(incident_of(call), args.query, args.limit))
    except Refused as refused:
        raise ToolFailed(refused.detail) from refused


@tool
def summarize_evidence(call: Call, args: catalogue.SummarizeEvidence) -> dict[str, Any]:
    return asdict(evidence.summarize(incident_of(call)))


@tool
def describe_indicator(call: Call, args: catalogue.DescribeIndicator) -> dict[str, Any]:
    return asdict(indicators.describe(incident_of(call), args.indicator))


def incident_of(call: Call) -> Incident:
    found = Incident.objects.select_related("organization").filter(sessions=call.lease.session_id).first()
    if found is None:
        raise ToolFailed("This room belongs to no incident, so there is no evidence to look at.")
    return found
