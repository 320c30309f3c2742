"""What a tool did, in the words of the demo model's chat."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agents_app.engine.demo.expert import PLACES
from agents_app.engine.demo.prose import count, quoted, sentence
from agents_app.engine.demo.results import described, hits, moments, noted, tally

LOOKS = frozenset(
    {"search_evidence", "summarize_evidence", "describe_indicator", "find_related_incidents", "lookup_runbook",
     "timeline_of"}
)  # fmt: skip
MOST_TOLD = 12


@dataclass(frozen=True)
class Returned:
    """A tool's answer to this turn's call."""

    tool: str
    args: dict[str, Any]
    content: Any


def told(returned: Returned) -> str:
    """Put a tool's outcome into words: {outcome, result, error} as the ledger tells it."""
    content = returned.content
    ledger = content if isinstance(content, dict) else {"outcome": "failed", "error": str(content)}
    if ledger.get("outcome") != "succeeded":
        return _not_done(returned, ledger)
    answer = ANSWERS.get(returned.tool)
    if answer is None:
        return str(ledger.get("result"))
    return answer(_object(ledger.get("arguments")) or returned.args, _object(ledger.get("result")))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _not_done(returned: Returned, told: dict[str, Any]) -> str:
    if returned.tool in LOOKS and told.get("outcome") == "failed":
        return f"I could not look. {str(told.get('error') or '').partition(': ')[2]}".strip()
    result = _object(told.get("result"))
    words = str(result.get("feedback") or "")
    saying = f" {sentence(f'The words were: {quoted(words)}')}" if words else ""
    what = f"{returned.tool} for {returned.args['indicator']}" if "indicator" in returned.args else returned.tool
    return f"It was not done ({what}: {told.get('outcome')}). {told.get('error') or ''}{saying}".strip()


def _found(args: dict[str, Any], result: dict[str, Any]) -> str:
    found = hits(args, result)
    if found.of_alert:
        return f"Only the alert itself holds {quoted(found.query)}; no log does."
    if not found.total:
        return f"No line of the evidence holds {quoted(found.query)}."
    lines = "\n".join(f"    {line[:300]}" for line in found.lines[:5])
    verb = "holds" if found.total == 1 else "hold"
    return f"{count(found.total, 'line')} of the evidence {verb} {quoted(found.query)}:\n\n{lines}"


def _counted(args: dict[str, Any], result: dict[str, Any]) -> str:
    counted = tally(result)
    if not counted.logs:
        return "There is no log among the evidence yet, only the alert itself."
    tops = [
        f"{kind}: {', '.join(f'{each.value} ({each.lines})' for each in top[:3])}"
        for kind, top in counted.counts.items()
        if top
    ]
    most = f" Seen most: {'; '.join(tops)}." if tops else ""
    return f"The evidence holds {count(counted.lines, 'line')}{f', {counted.span}' if counted.span else ''}.{most}"


def _described(args: dict[str, Any], result: dict[str, Any]) -> str:
    own = PLACES.get(str(result.get("private")), "")
    others = len(result.get("other_incidents") or [])
    seen = count(described(result), "line")
    told = f"{args['indicator']} is of kind {result.get('kind') or 'unknown'}{own}."
    alerts = f" (with the alerts it was seen {count(noted(result), 'time')})" if noted(result) else ""
    return f"{told} {seen} of the logs hold it{alerts}; other incidents that saw it: {others}."


def _related(args: dict[str, Any], result: dict[str, Any]) -> str:
    found = [each for each in result.get("incidents") or [] if isinstance(each, dict)]
    if not found:
        return "No other incident of this organisation is related to this one."
    lines = [
        f"- {each['title']} ({each['severity']}, {each['status']}): {', '.join(each['why'][:3])}" for each in found
    ]
    return "Related incidents, the nearest first:\n\n" + "\n".join(lines)


def _guided(args: dict[str, Any], result: dict[str, Any]) -> str:
    found = [each for each in result.get("runbooks") or [] if isinstance(each, dict)]
    if not found:
        others = "; ".join(str(each) for each in result.get("others") or [])
        return f"No runbook fits these words. There are: {others}." if others else "There are no runbooks."
    best = found[0]
    why = ", ".join(str(each) for each in best.get("why") or [])
    return f"From {best.get('origin')}'s runbook {quoted(str(best['title']))} (found by {why}):\n\n{best.get('text')}"


def _ordered(args: dict[str, Any], result: dict[str, Any]) -> str:
    found = moments(result)
    if not found:
        return "Nothing with a time lies there."
    lines = "\n".join(f"    {each.at:%H:%M:%S} {each.text[:300]}" for each in found[:MOST_TOLD])
    total = int(result.get("total") or 0)
    head = f"{count(total, 'entry') if total == 1 else f'{total} entries'} lie there"
    cut = f", the first {MOST_TOLD} of them" if total > MOST_TOLD else ""
    return f"{head}{cut}:\n\n{lines}"


def _blocked(args: dict[str, Any], result: dict[str, Any]) -> str:
    return f"{result.get('blocked')} is blocked until {result.get('until')}."


ANSWERS: dict[str, Callable[[dict[str, Any], dict[str, Any]], str]] = {
    "search_evidence": _found,
    "summarize_evidence": _counted,
    "describe_indicator": _described,
    "find_related_incidents": _related,
    "lookup_runbook": _guided,
    "timeline_of": _ordered,
    "calculator": lambda args, result: f"{args['expression']} = {result.get('value')}",
    "current_time": lambda args, result: f"It is {result.get('weekday')}, {result.get('utc')}.",
    "block_indicator": _blocked,
    "unblock_indicator": lambda args, result: f"{result.get('unblocked')} is no longer blocked.",
}
