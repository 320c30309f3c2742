"""How sure the demo crew may be: by what was seen beside the alert itself, and by what people said against it."""

import re
from dataclasses import dataclass
from typing import Literal

from agents_app.engine.demo import wishes
from agents_app.engine.demo.case import Case
from agents_app.engine.demo.prose import count, listed, quoted, sentence
from sessions_app.indicators.found import listed as words_of

# Names that stand in almost every log: to find one there bears out nothing.
EVERYWHERE = words_of(
    "root admin administrator system daemon nobody www-data ubuntu ec2-user centos debian user guest operator"
)
TELLING = ("hash", "url", "email", "user")
REPEATED = 3
_SPEAKS_OF_FAILURE = re.compile(r"\b(?:fail|brute|invalid|denied|wrong|lock)", re.IGNORECASE)


@dataclass(frozen=True)
class Weight:
    confidence: Literal["low", "medium", "high"]
    # Why, in a sentence or two.
    words: str


def weigh(case: Case) -> Weight:
    """Borne out by a log that is not the alert: high. The alert alone, or a log without its names: low. Always said."""
    if against := _said_against(case):
        return Weight("low", against)
    if not case.tally.logs:
        return _alert_alone(case)
    if told := next((value for value in _telling(case) if case.seen(value)), ""):
        return _borne_out(case, told)
    if place := next((value for value in case.named_by_alert if case.seen(value)), ""):
        return _place_only(case, place)
    named = "nobody whom a log could hold" if not case.named_by_alert else ""
    nothing = f"The alert names {named}" if named else "The logs attached hold nothing of what the alert names"
    return Weight("low", f"{nothing}: they do not bear it out.")


def related(case: Case) -> bool:
    """Whether the logs are about the same: they hold somebody or something that the alert names."""
    return any(case.seen(value) for value in case.named_by_alert)


def _alert_alone(case: Case) -> Weight:
    basis = (
        "A log was attached after the crew had looked, and was not read: this rests on the alert alone."
        if case.logs
        else "No log was attached: this rests on the alert alone."
    )
    if (times := int(case.incident.get("alert_count") or 0)) >= REPEATED:
        return Weight("medium", f"{basis} It has come {times} times.")
    if known := next((value for value in _telling(case) if case.known_elsewhere(value)), ""):
        return Weight("medium", f"{basis} Other incidents know {known} too.")
    return Weight("low", basis)


def _telling(case: Case) -> list[str]:
    """What the alert names and no unrelated log would hold: who is outside or acts, code, and people."""
    named = {value: str((case.known(value) or {}).get("kind")) for value in case.named_by_alert}
    outside = [each.value for each in case.suspects if each.value in named]
    acting = [value for value, kind in named.items() if kind == "ip" and case.acting(value) > 0]
    rest = [value for value, kind in named.items() if kind in TELLING and value.lower() not in EVERYWHERE]
    return list(dict.fromkeys((*outside, *acting, *rest)))


def _borne_out(case: Case, value: str) -> Weight:
    lines, tallied = count(case.seen(value), "line"), case.tally.of(value)
    words = f"{value} stands in {lines} of the logs attached, beside the alert."
    if case.kind != "access" or not tallied.lines:
        return Weight("high", words)
    if tallied.accepted and not tallied.failed and _SPEAKS_OF_FAILURE.search(case.title):
        return Weight("low", f"{words} None of them speaks of failure, as the alert does: they contradict it.")
    if not tallied.failed and not tallied.accepted:
        return Weight("medium", f"{words} None of them speaks of failure or of success.")
    return Weight("high", words)


def _place_only(case: Case, place: str) -> Weight:
    lines, tallied = count(case.seen(place), "line"), case.tally.of(place)
    if case.kind == "availability" and tallied.failed:
        return Weight("high", f"{place} stands in {lines} of the logs attached, {tallied.failed} of them of failure.")
    telling = listed(_telling(case))
    but = f", but none holds {telling}" if telling else ""
    return Weight("low" if telling else "medium", f"{place} stands in {lines} of the logs attached{but}.")


def _said_against(case: Case) -> str:
    """A person who may decide says that it is nothing: the crew has no better word."""
    for action in case.actions(tool="block_indicator"):
        decision = action.get("decision") or {}
        wish = wishes.read(str(decision.get("words") or ""))
        if action.get("status") == "rejected" and wish.benign and not wish.for_people:
            return sentence(f"Against it stands what {decision.get('by')} said: {quoted(wish.text)}")
    return ""
