"""Whether to block, whom, and for how long: the one decision of the demo model that touches a system."""

from dataclasses import dataclass
from typing import Any

from agents_app.engine.demo import wishes
from agents_app.engine.demo.case import Case, Suspect
from agents_app.engine.demo.prose import count, quoted

MINUTES = {"critical": 240, "high": 60, "medium": 30, "low": 15, "info": 15}
HOSTILE = ("access", "network", "malware", "phishing")
# Where the name, and not only the address, is what does harm.
BY_NAME = ("malware", "phishing")
# What is less than urgent wants to be seen more than once before anyone is cut off.
ENOUGH_LINES = 3


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
    return next((each for each in case.suspects if not each.blocked_until and supported(case, each)), None)


def supported(case: Case, suspect: Suspect) -> bool:
    if case.kind not in HOSTILE or suspect.acting < 0:
        return False
    if suspect.kind == "domain" and case.kind not in BY_NAME:
        return False
    urgent = case.severity in ("critical", "high", "medium")
    return suspect.seen >= ENOUGH_LINES or (urgent and suspect.in_alert)


def goal(indicator: str, minutes: int) -> str:
    return f"Block {indicator} for {minutes} minutes"


def minutes(case: Case) -> int:
    return MINUTES.get(case.severity, 30)


def ground(case: Case, indicator: str) -> str:
    """Why, with nothing in it that is not in the alert or its evidence."""
    seen = case.seen(indicator)
    lines = (
        f"{count(seen, 'line')} of evidence name {indicator}" if seen != 1 else f"1 line of evidence names {indicator}"
    )
    return f"{quoted(case.title)}: {lines if seen else f'the alert names {indicator}'}."


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


@dataclass(frozen=True)
class Course:
    """What to do after a refusal: exactly one of these is set, or none: then watch."""

    block: tuple[str, int] | None = None
    look: tuple[str, ...] = ()


def other_course(case: Case, refused: Refusal) -> Course:
    """Take what the words say: another address, a shorter time, or something to look at. Else watch."""
    wish = wishes.read(refused.words)
    others = [each for each in wish.addresses if each != refused.indicator and not case.is_own(each)]
    known = [each for each in others if case.known(each) or case.seen(each)]
    if known and wish.blocks:
        return Course(block=(known[0], wish.minutes or refused.minutes))
    if others or wish.look_for:
        return Course(look=tuple(dict.fromkeys((*others, *wish.look_for))))
    same = wish.minutes and wish.minutes != refused.minutes and not wish.forbids
    return Course(block=(refused.indicator, wish.minutes or 0)) if same else Course()
