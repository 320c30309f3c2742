"""Whether to block, whom, and for how long: the one decision of the demo model that touches a system."""

from dataclasses import dataclass
from typing import Any

from agents_app.engine.demo import weighing
from agents_app.engine.demo.case import Case, Suspect
from agents_app.engine.demo.prose import count, quoted

MINUTES = {"critical": 240, "high": 60, "medium": 30, "low": 15, "info": 15}
HOSTILE = ("access", "network", "malware", "phishing", "leak")
# Where the name, and not only the address, is what does harm.
BY_NAME = ("malware", "phishing")
# What is less than urgent wants to be seen more than once before anyone is cut off.
ENOUGH_LINES = 3
# Of whom no alert speaks, more than somebody's mistyped password.
ENOUGH_FAILURES = 5


@dataclass(frozen=True)
class Refusal:
    """A block that was asked for and not done, and why."""

    indicator: str
    minutes: int
    status: str
    by: str
    words: str
    error: str


def wanted(case: Case) -> Suspect | None:
    """The worst suspect that the evidence supports blocking; after one request it is for people to say what more."""
    if any(case.actions(tool="block_indicator")):
        return None
    refused = {each.indicator for each in refused_before(case)}
    return next(
        (
            each
            for each in case.suspects
            if not each.blocked_until and each.value not in refused and supported(case, each)
        ),
        None,
    )


def supported(case: Case, suspect: Suspect) -> bool:
    """Whether what was seen carries a block; for who is only in a log, and where no word tells, failures must."""
    if suspect.acting < 0 or case.kind not in (*HOSTILE, "contact"):
        return False
    if suspect.kind == "domain" and case.kind not in BY_NAME:
        return False
    if not suspect.in_alert:
        return weighing.related(case) and case.tally.of(suspect.value).failed >= ENOUGH_FAILURES
    if case.kind == "contact":
        return case.tally.of(suspect.value).failed >= ENOUGH_FAILURES
    return suspect.seen >= ENOUGH_LINES or case.severity in ("critical", "high", "medium")


def goal(indicator: str, minutes: int) -> str:
    return f"Block {indicator} for {minutes} minutes"


def minutes(case: Case) -> int:
    return MINUTES.get(case.severity, 30)


def ground(case: Case, indicator: str) -> str:
    """Why, with nothing in it that is not in the alert or its evidence."""
    seen = case.seen(indicator)
    lines = (
        f"{count(seen, 'line')} of the logs name {indicator}" if seen != 1 else f"1 line of the logs names {indicator}"
    )
    return f"{quoted(case.title)}: {lines if seen else f'only the alert names {indicator}'}."


def refused_before(case: Case) -> list[Refusal]:
    """Blocks that people said no to in earlier work on this incident."""
    before = (each for each in case.decided_before if each.get("tool") == "block_indicator")
    return [_refusal({**each, "status": "rejected"}) for each in before]


def refusals(case: Case) -> list[Refusal]:
    """Every block that did not happen, oldest first."""
    return [
        _refusal(each)
        for each in case.actions(tool="block_indicator")
        if each.get("status") not in ("succeeded", "pending")
    ]


def _refusal(action: dict[str, Any]) -> Refusal:
    args, decision = action.get("args", {}), action.get("decision") or {}
    return Refusal(
        indicator=str(args.get("indicator", "")),
        minutes=int(args.get("minutes") or 0),
        status=str(action.get("status")),
        by=str(decision.get("by") or ""),
        words=str(decision.get("words") or ""),
        error=str(action.get("error") or ""),
    )
