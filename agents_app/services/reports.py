"""The post-incident report: drafted from the log, facts first; people edit it, and each change is a new version."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agents_app.models import Run
from agents_app.services import report_facts as facts
from agents_app.services import report_timeline, working
from agents_app.services.leases import Lease, held
from sessions_app import actors, resources
from sessions_app.actors import Actor
from sessions_app.errors import Conflict, NotFound
from sessions_app.events import log
from sessions_app.models import ChatSession, Incident, Report
from sessions_app.services import incidents, masks, merging, messages
from sessions_app.vocabulary import IncidentChanged

LONGEST = 200_000
NO_WORDS = "The crew's model gave no words for this report; what follows comes from the log and the data alone."
FROM_THE_LOG = "Drafted from the log at a person's wish, without the words of a crew: an earlier version may have them."


@dataclass(frozen=True)
class Prose:
    """The words around the facts, and what models failed at on the way."""

    overview: str = ""
    assessment: str = ""
    follow_ups: list[str] | tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()


@transaction.atomic
def file(*, lease: Lease, incident_id: UUID, author: str, prose: Prose, checkpoint: dict[str, Any]) -> Report:
    """File the crew's report and show it in the room; its checkpoint moves on in the same transaction."""
    incident = incidents.lock(incident_id)
    run = held(lease)
    report = _file(incident, run, author=author, prose=prose)
    working.keep(run, checkpoint)
    return report


@transaction.atomic
def edit(*, incident_id: UUID, markdown: str, status: str, version: int | None = None, by: Actor) -> Report:
    """A person's text becomes the newest version; the earlier ones stay.

    `version` is the one they began from: if another has come since, nothing is written. Without it theirs counts.
    """
    incident = incidents.workable(incident_id, verb="write_report", by=by)
    require_current(incident, version)
    return _write(incident, markdown, status=status, by=by)


@transaction.atomic
def redraft(*, incident_id: UUID, version: int | None = None, by: Actor) -> Report:
    """Draft it anew from the log as it is now; what people wrote stays in the earlier versions."""
    incident = incidents.workable(incident_id, verb="write_report", by=by)
    require_current(incident, version)
    run = Run.objects.filter(session=incident.room_id, mode=Run.Mode.CREW).order_by("-pk").first()
    return _write(incident, draft(incident, run, Prose(overview=FROM_THE_LOG)), status="draft", by=by)


def require_current(incident: Incident, version: int | None) -> None:
    last = incident.reports.select_related("author").order_by("-version").first()
    newest = last.version if last else 0
    if version is None or version == newest:
        return
    raise Conflict(
        _("Somebody has written version {newest} meanwhile; yours begins from {version}.").format(
            newest=newest, version=version
        ),
        details={
            "version": newest,
            "author": resources.person(last.author) if last else None,
            "created_at": resources.moment(last.created_at) if last else None,
        },
    )


def newest(incident: Incident) -> Report:
    report = incident.reports.select_related("author").order_by("-version").first()
    if report is None:
        raise NotFound(_("There is no report of this incident yet."))
    return report


def numbered(incident: Incident, version: int) -> Report:
    report = incident.reports.select_related("author").filter(version=version).first()
    if report is None:
        raise NotFound(_("There is no such version of the report."))
    return report


def after_a_broken_end(run: Run, by: Actor) -> None:
    """A crew that was cancelled or failed leaves a report too; called in the transaction that ends it."""
    if run.mode != Run.Mode.CREW or run.status == Run.Status.SUCCEEDED or (incident := run.session.incident) is None:
        return
    if incident.merged_into_id:  # it stopped because its incident goes on elsewhere
        return
    why = (
        f"The crew was cancelled by {by.name}."
        if run.status == Run.Status.CANCELLED
        else f"The crew failed: {run.error}"
    )
    state = run.checkpoint or {}
    if state.get("stage") != "done":
        prose = Prose(trouble=(why, *state.get("trouble", ())))
        _file(incident, run, author=run.agent.name, prose=prose)


def draft(incident: Incident, run: Run | None, prose: Prose) -> str:
    """The report as Markdown."""
    overview = facts.inline_long(prose.overview) or NO_WORDS
    family = merging.family(incident)
    parts = (
        facts.head(incident, family),
        facts.section("Summary", [overview]),
        facts.section("What happened", report_timeline.lines(incident, family)),
        facts.section("Alerts", facts.alerts(incident), empty="No alert: a person declared this incident."),
        facts.section("Indicators", facts.indicators(incident), empty="None were named."),
        facts.section("Evidence", facts.evidence(incident), empty="None was attached."),
        facts.section("What was tried", facts.tried(run), empty="Nothing: the crew gave no orders."),
        facts.section("What was found", facts.found(incident, run)),
        facts.section("Decisions", facts.decisions(family), empty="Nobody was asked to decide anything."),
        facts.section("Blocked", facts.blocked(family), empty="Nothing was blocked."),
        facts.section("What failed", facts.failures(run, prose.trouble), empty="Nothing failed."),
        facts.section("Assessment", [facts.inline_long(prose.assessment)] if prose.assessment else []),
        facts.section("Follow-ups", facts.follow_ups(incident, prose.follow_ups), empty="None yet."),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _file(incident: Incident, run: Run, *, author: str, prose: Prose) -> Report:
    speaker = actors.agent(author)
    masked = masks.of(incident.organization_id).text(draft(incident, run, prose))
    report = _new_version(incident, markdown=masked.text, status="draft", by=speaker)
    caught = {"masked": dict(masked.counts)} if masked.counts else {}
    messages.say(
        session=run.session, speaker=speaker, content=report.markdown, message_type="report", run_id=run.pk,
        metadata={"report_id": str(report.pk), "version": report.version, **caught},
    )  # fmt: skip
    _tell(incident, report, run.session, by=speaker, run=run)
    masks.note(masked.counts, organization_id=incident.organization_id, thing=report, where="report", by=speaker)
    return report


def _write(incident: Incident, markdown: str, *, status: str, by: Actor) -> Report:
    assert incident.room_id is not None
    room = log.lock(incident.room_id)
    masked = masks.of(incident.organization_id).text(markdown)
    report = _new_version(incident, markdown=masked.text, status=status, by=by)
    _tell(incident, report, room, by=by)
    masks.note(masked.counts, organization_id=incident.organization_id, thing=report, where="report", by=by)
    incidents.note("report.written", incident, by=by, version=report.version, status=status)
    return report


def _new_version(incident: Incident, *, markdown: str, status: str, by: Actor) -> Report:
    last = incident.reports.order_by("-version").values_list("version", flat=True).first() or 0
    return Report.objects.create(
        incident=incident, version=last + 1, markdown=markdown[:LONGEST], status=status, author=by.user
    )


def _tell(incident: Incident, report: Report, room: ChatSession, *, by: Actor, run: Run | None = None) -> None:
    told = IncidentChanged(event="incident.reported", incident=resources.incident(incident), report_id=report.pk)
    log.record(told, session=room, actor=by, run=run.pk if run else None)
