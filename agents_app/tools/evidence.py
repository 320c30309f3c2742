"""Reading the incident's evidence: search it, count it, and say what is known of an indicator."""

from dataclasses import asdict
from typing import Any

from agents_app import catalogue
from agents_app.tools.registry import Call, ToolFailed, tool
from sessions_app import actors, permissions
from sessions_app.errors import Refused
from sessions_app.models import ChatSession, Evidence, Incident
from sessions_app.services import evidence, evidence_custody, indicators
from sessions_app.services.evidence import Query

# Of the files that are there, so many are named to who asked for another.
NAMES = 20
MOST_WITH_CONTEXT = 20


@tool
def search_evidence(call: Call, args: catalogue.SearchEvidence) -> dict[str, Any]:
    incident = incident_of(call)
    try:
        rows = named(incident, args.file)
        found = _found(incident, rows, args)
    except Refused as refused:
        raise ToolFailed(refused.detail) from refused
    looked(call, incident, rows, way="searched")
    return found


@tool
def summarize_evidence(call: Call, args: catalogue.SummarizeEvidence) -> dict[str, Any]:
    incident = incident_of(call)
    rows = named(incident, args.file)
    looked(call, incident, rows, way="searched")
    return asdict(evidence.summarize(incident, rows))


@tool
def describe_indicator(call: Call, args: catalogue.DescribeIndicator) -> dict[str, Any]:
    incident = incident_of(call)
    looked(call, incident, None, way="searched")
    return asdict(indicators.describe(incident, args.indicator))


def incident_of(call: Call) -> Incident:
    found = Incident.objects.select_related("organization").filter(sessions=call.lease.session_id).first()
    if found is None:
        raise ToolFailed("This room belongs to no incident, so there is no evidence to look at.")
    return found


def named(incident: Incident, filename: str) -> list[Evidence] | None:
    """The files of that name, in any case and whatever folder was said before it; None means all."""
    name = filename.strip().replace("\\", "/").rpartition("/")[2]
    if not name:
        return None
    if rows := list(incident.evidence.filter(filename__iexact=name).order_by("id")):
        return rows
    there = ", ".join(incident.evidence.order_by("-id").values_list("filename", flat=True)[:NAMES])
    raise ToolFailed(f"There is no file {name} in the evidence. There are: {there or 'none'}.")


def looked(call: Call, incident: Incident, rows: list[Evidence] | None, *, way: str) -> None:
    """Agents look too, and stand in the chain of custody by their names.

    In an engineer chat it is the engineer who looks: that an agent did, while none is at work in the open, would tell
    everybody who reads the chain that somebody asks in private.
    """
    room = ChatSession.objects.select_related("owner").get(pk=call.lease.session_id)
    by = actors.person(room.owner) if permissions.private(room) and room.owner else actors.agent(call.agent_name)
    evidence_custody.note(incident.evidence.all() if rows is None else rows, way=way, by=by)


def _found(incident: Incident, rows: list[Evidence] | None, args: catalogue.SearchEvidence) -> dict[str, Any]:
    if not (args.query.strip() or args.regex or args.indicator):
        return _beginning(rows, args.limit)
    query = Query(args.query, regex=args.regex, indicator=args.indicator)
    found = evidence.search(incident, query, args.limit, among=rows)
    told = asdict(found)
    if args.context:
        by_id = {row.pk: row for row in incident.evidence.all()}
        for hit in told["hits"][:MOST_WITH_CONTEXT]:
            near = evidence.Surroundings(by_id[hit["evidence_id"]], [hit["line"]], args.context)
            hit["before"], hit["after"] = near.of(hit["line"])
    return told


def _beginning(rows: list[Evidence] | None, limit: int) -> dict[str, Any]:
    """What is asked for by name alone is shown from its first line on."""
    if not rows:
        raise ToolFailed("Say what to look for: words, a regular expression, an indicator, or the name of a file.")
    row = rows[-1]
    hits = [
        asdict(evidence.Hit(row.pk, row.filename, line.number, line.text)) for line in evidence.lines(row, 1, limit)
    ]
    return {"query": "", "total": row.lines or 0, "hits": hits, "of_alert": False, "cut": False}
