"""The words of the demo crew around the facts of a report."""

from typing import Any

from agents_app.engine.demo import aftermath, containing, expert, weighing
from agents_app.engine.demo.case import Case
from agents_app.engine.demo.prose import count, listed, quoted, sentences

ASSESSMENTS = {
    "access": "Somebody tried to get in.",
    "phishing": "Somebody tried to make people act on a message.",
    "malware": "The alert speaks of hostile code or of somebody's hands on a machine.",
    "availability": "This is a fault of a service or machine; the alert gives no sign of an attack.",
    "network": "The alert speaks of traffic that should not be there.",
    "privilege": "Rights were changed or used; whether that was meant is for people to say.",
    "leak": "Something may have got out that should have stayed inside.",
    "contact": "The alert fits no kind this model knows; whether whoever it names outside means harm, people must say.",
    "generic": "The alert fits none of the kinds this model knows, so it says only what was counted.",
}


def prose(data: dict[str, Any]) -> dict[str, Any]:
    case = Case.read(data)
    return {"overview": _overview(case), "assessment": _assessment(case), "follow_ups": expert.suggestions(case)}


def _overview(case: Case) -> str:
    names = listed(case.named_by_alert, most=4)
    return sentences(
        (
            _verdict(case),
            f"{quoted(case.title)} came from {case.source} with severity {case.severity}.",
            f"It names {names}." if names else "",
            f"The crew worked {count(len(case.rounds), 'round')}.",
            *_outcome(case),
        )
    )


def _verdict(case: Case) -> str:
    """What nobody may have to read to the end for."""
    return f"Somebody got in: {aftermath.told(case)}" if case.kind == "access" and aftermath.entry(case) else ""


def _outcome(case: Case) -> list[str]:
    refused = [expert.told(each) for each in containing.refusals(case)]
    blocked = [_blocked(each) for each in case.done("block_indicator")]
    if not blocked and not refused:
        before = [expert.told(each) for each in containing.refused_before(case)[:1]]
        return [*before, "It was not asked again; nothing was blocked." if before else "Nothing was blocked."]
    if refused and not blocked:
        return [*refused, _instead(case)]
    return [*refused, *blocked]


def _blocked(action: dict[str, Any]) -> str:
    args, decision = action.get("args", {}), action.get("decision") or {}
    by = f" after {decision['by']} allowed it" if decision.get("by") else ""
    return f"{args.get('indicator')} was blocked for {args.get('minutes')} minutes{by}."


def _instead(case: Case) -> str:
    """What was done in place of the refused block."""
    first = next((each for each in case.rounds if any(_refused(action) for action in _actions(each))), None)
    later = [task for each in case.rounds if first and each["round"] > first["round"] for task in each.get("tasks", [])]
    goals = [str(task["goal"]).rstrip(".") for task in later]
    return f"Instead: {'; '.join(goals)}." if goals else "Nothing was done in its place."


def _actions(round_: dict[str, Any]) -> list[dict[str, Any]]:
    return [action for task in round_.get("tasks", []) for action in task.get("actions", [])]


def _refused(action: dict[str, Any]) -> bool:
    return action.get("tool") == "block_indicator" and action.get("status") not in ("succeeded", "pending")


def _assessment(case: Case) -> str:
    weight = weighing.weigh(case)
    inside = aftermath.told(case) or _inside(case)
    opening = "Somebody got in." if case.kind == "access" and aftermath.entry(case) else ASSESSMENTS[case.kind]
    return sentences((opening, weight.words, inside, f"Confidence: {weight.confidence}."))


def _inside(case: Case) -> str:
    worst = next((each for each in case.suspects if each.in_alert and each.seen), None)
    lines = case.tally.of(worst.value).accepted if worst else 0
    if not worst or not lines:
        return ""
    looks = "line of it looks" if lines == 1 else "lines of it look"
    return f"{lines} {looks} like success: somebody may be in."
