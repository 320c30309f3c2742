"""What a round of the crew found: a version of the incident's summary."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from agents_app.models import Run
from agents_app.services import working
from agents_app.services.leases import Lease, held
from sessions_app import actors
from sessions_app.events import log
from sessions_app.models import RoundSummary
from sessions_app.services import incidents
from sessions_app.vocabulary import Finding, RoundSummarized


@dataclass(frozen=True)
class Account:
    round: int
    summary: str
    findings: list[dict[str, Any]]
    suggestions: list[str]
    confidence: str


@transaction.atomic
def summarize(*, lease: Lease, incident_id: UUID, account: Account, checkpoint: dict[str, Any]) -> RoundSummary:
    """Make the account the incident's newest summary; the crew's checkpoint moves on in the same transaction."""
    incident = incidents.lock(incident_id)
    run = held(lease)
    row = RoundSummary.objects.create(
        incident=incident, run=run, round=account.round, version=incident.summary_version + 1,
        summary=account.summary, findings=account.findings, suggestions=account.suggestions,
        confidence=account.confidence,
    )  # fmt: skip
    incident.summary, incident.summary_version = row.summary, row.version
    incident.summary_seq = run.session.head + 1  # the event that tells it is the next
    incident.save(update_fields=["summary", "summary_version", "summary_seq"])
    working.keep(run, checkpoint)
    _tell(run, row)
    return row


def _tell(run: Run, row: RoundSummary) -> None:
    told = RoundSummarized(
        event="round.summarized", incident_id=row.incident_id, run_id=run.pk, round=row.round, summary=row.summary,
        findings=[Finding(**each) for each in row.findings], suggestions=row.suggestions, confidence=row.confidence,
        version=row.version,
    )  # fmt: skip
    log.record(told, session=run.session, actor=actors.agent(run.agent.name), run=run.pk)
