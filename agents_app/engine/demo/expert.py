"""The expert of the demo crew: what a round did, in words that hold for this alert and no other."""

from collections.abc import Iterator
from typing import Any

from agents_app.engine.demo import aftermath, containing, weighing, wishes
from agents_app.engine.demo.case import Case
from agents_app.engine.demo.prose import count, listed, quoted, sentences
from agents_app.engine.demo.results import Hits, described, noted

PLACES = {"True": ", inside our own networks", "False": ", outside our networks"}
# What to do next: about which kind of indicator, with its names, and where nobody is named.
ADVICE = {
    "access": ("user", "Check the accounts {} for sign-ins that worked.", "Check for sign-ins that worked."),
    "malware": ("host", "Take an image of {} before it is cleaned.", "Find the machine and keep an image of it."),
    "availability": ("host", "Have the people of {} look at it.", "Have the service's owners look at it."),
    "privilege": ("user", "Ask whether the change by {} was meant.", "Ask whether the change was meant."),
    "phishing": ("email", "Ask {} who else got the message.", "Find out who else got the message."),
    "network": ("host", "Compare the traffic of {} with what is usual.", "Compare the traffic with what is usual."),
    "leak": ("user", "Change the keys and passwords of {}.", "Find out what got out, and change the keys it holds."),
    "contact": ("host", "Ask the people of {} what they had to do with it.", "Ask whose machine had to do with it."),
    "generic": ("host", "Ask the people of {} what they saw.", "Ask the source of the alert for more than it says."),
}
A_KIND = {
    "ip": "an address", "domain": "a domain", "url": "a URL", "hash": "a hash", "user": "a user", "host": "a machine",
    "email": "an e-mail address", "process": "a process", "file": "a file",
}  # fmt: skip
NOUNS = {"addresses": "address", "users": "user", "hosts": "host"}


def account(data: dict[str, Any]) -> dict[str, Any]:
    case = Case.read(data)
    number = int(case.limits.get("round") or len(case.rounds))
    findings = list(_findings(case, number))
    parts = (f"Round {number}.", *[each["text"] for each in findings], *_done(case, number), *_failures(case, number))
    return {
        "summary": sentences(parts) if len(parts) > 1 else f"Round {number}. Nothing came of it.",
        "findings": findings,
        "suggestions": suggestions(case),
        "confidence": weighing.weigh(case).confidence,
    }


# --- What was found -------------------------------------------------------------------------------------------------
def _findings(case: Case, number: int) -> Iterator[dict[str, Any]]:
    for action in case.actions(round_=number):
        if action.get("status") != "succeeded":
            continue
        match action.get("tool"):
            case "summarize_evidence":
                yield from _counted(case)
            case "search_evidence":
                yield _searched(
                    next(each for each in case.hits(round_=number) if each.query == action["args"].get("query"))
                )
            case "describe_indicator":
                yield _described(action)
            case "timeline_of":
                yield aftermath.finding(action)
            case "find_related_incidents":
                yield _related(action)
            case "lookup_runbook":
                yield from _guided(action)
    if others := case.done("describe_indicator", round_=number):
        yield _elsewhere(others)


def _counted(case: Case) -> Iterator[dict[str, Any]]:
    tally, files = case.tally, listed(case.logs)
    if not tally.logs:
        yield {"text": "No log was attached; there is only the alert itself.", "evidence": []}
        return
    yield {
        "text": f"The logs ({files}) hold {count(tally.lines, 'line')}{f', {tally.span}' if tally.span else ''}.",
        "evidence": [],
    }
    if not weighing.related(case):
        yield {"text": "They hold nothing of what the alert names.", "evidence": []}
    if tally.failed or tally.accepted:
        words = f"{count(tally.failed, 'line')} of failure and {tally.accepted or 'none'} of success"
        yield {"text": f"There are {words}.", "evidence": []}
    for kind, noun in NOUNS.items():
        if top := tally.top(kind):
            others = listed([each.value for each in tally.counts[kind][1:3]])
            then = f", then {others}" if others else ""
            told = [f"{n} of {what}" for n, what in ((top.failed, "failure"), (top.accepted, "success")) if n]
            judged = f" ({listed(told)})" if told else ""
            text = f"The {noun} seen most is {top.value} with {count(top.lines, 'line')}{judged}{then}."
            yield {"text": text, "evidence": [f"{top.value}: {top.lines}"]}


def _searched(hits: Hits) -> dict[str, Any]:
    if hits.of_alert:
        return {"text": f"Only the alert itself holds {quoted(hits.query)}; no log does.", "evidence": []}
    if not hits.total:
        return {"text": f"No line of the evidence holds {quoted(hits.query)}.", "evidence": []}
    verb = "holds" if hits.total == 1 else "hold"
    return {"text": f"{count(hits.total, 'line')} {verb} {quoted(hits.query)}.", "evidence": list(hits.lines[:3])}


def _described(action: dict[str, Any]) -> dict[str, Any]:
    value, result = str(action["args"].get("indicator", "")), action.get("result") or {}
    kind = str(result.get("kind") or "")
    where = PLACES.get(str(result.get("private")), "") if kind in ("ip", "domain", "url") else ""
    where += f", well known ({result['known']})" if result.get("known") else ""
    lines = described(result)
    seen = f"; with the alerts it was seen {count(noted(result), 'time')}" if noted(result) > lines else ""
    held = f" {count(lines, 'line')} of the logs {'holds' if lines == 1 else 'hold'} it{seen}." if lines else ""
    return {"text": f"{value} is {A_KIND.get(kind, 'something of no known kind')}{where}.{held}", "evidence": []}


def _elsewhere(actions: list[dict[str, Any]]) -> dict[str, Any]:
    """Which of what was described other incidents have seen, in one breath."""
    counts = {
        str(each["args"].get("indicator")): len((each.get("result") or {}).get("other_incidents") or [])
        for each in actions
    }
    told = [f"{value} in {count(number, 'other incident')}" for value, number in counts.items() if number]
    nobody = "No other incident has seen it." if len(counts) == 1 else "No other incident has seen any of them."
    return {"text": f"Seen elsewhere: {'; '.join(told)}." if told else nobody, "evidence": told}


def _related(action: dict[str, Any]) -> dict[str, Any]:
    """The nearest ones, each with its first reason."""
    found = (action.get("result") or {}).get("incidents") or []
    told = [f"{quoted(str(each['title']))} ({each['status']}; {(each.get('why') or ['?'])[0]})" for each in found[:3]]
    text = f"Related: {listed(told)}." if told else "No other incident is related to this one."
    return {"text": text, "evidence": told}


def _guided(action: dict[str, Any]) -> Iterator[dict[str, Any]]:
    best = next(iter((action.get("result") or {}).get("runbooks") or []), None)
    if best:
        yield {"text": f"The runbook {quoted(str(best['title']))} is for this.", "evidence": []}


# --- What was done, and what failed ---------------------------------------------------------------------------------
def _done(case: Case, number: int) -> Iterator[str]:
    for action in case.done("block_indicator", round_=number):
        args, decision = action.get("args", {}), action.get("decision") or {}
        by = f", allowed by {decision['by']}" if decision.get("by") else ""
        yield f"{args.get('indicator')} is blocked for {args.get('minutes')} minutes{by}."
    for task in _tasks(case, number):
        if task.get("kind") == "notify" and task.get("status") == "succeeded":
            yield f"The people in the room were told: {task['goal']}"


def _failures(case: Case, number: int) -> Iterator[str]:
    newest = Case(rounds=[each for each in case.rounds if each.get("round") == number])
    for refused in containing.refusals(newest):
        yield told(refused)
    for action in newest.actions():
        if action.get("status") == "failed" and action.get("tool") != "block_indicator":
            yield f"{quoted(str(action.get('what', '')))} failed: {action.get('error') or 'no reason was given'}."
    for task in _tasks(case, number):
        if task.get("status") == "skipped":
            yield f"{quoted(str(task['goal']))} was put off: {task.get('error')}"


def told(refused: containing.Refusal) -> str:
    what = f"the block of {refused.indicator}"
    if refused.status == "rejected" and refused.by:
        words = f", saying {quoted(refused.words)}" if refused.words else " without a word"
        return f"{refused.by} rejected {what}{words}; it was not blocked."
    if refused.status == "rejected":
        return f"Policy refused {what}: {refused.error}"
    if refused.status in ("expired", "cancelled", "skipped"):
        return f"The request for {what} is {refused.status}; it was not blocked."
    return f"It came to nothing with {what}: {refused.error or refused.status}."


def _tasks(case: Case, number: int) -> list[dict[str, Any]]:
    return [task for each in case.rounds if each.get("round") == number for task in each.get("tasks", [])]


# --- What to think of it --------------------------------------------------------------------------------------------
def suggestions(case: Case) -> list[str]:
    advice = list(_advice(case))
    blocked = [str(each["args"].get("indicator")) for each in case.done("block_indicator")]
    for refused in containing.refusals(case):
        wish = wishes.read(refused.words)
        wanted = wish.for_people or wish.put_off or wish.waits or wish.watched or wish.watched_kinds
        advice += [f"{refused.by} asked: {quoted(refused.words)}"] if wanted else []
        if wish.benign and not wish.for_people:
            advice.append(f"If it is as {refused.by} says, resolve this as a false alarm.")
        elif refused.indicator not in blocked:
            advice.append(f"Watch {refused.indicator}, which is not blocked.")
    return list(dict.fromkeys(advice))


def _advice(case: Case) -> Iterator[str]:
    blocked = [str(each["args"].get("indicator")) for each in case.done("block_indicator")]
    if blocked:
        yield f"Look again at {listed(blocked)} before the block ends."
    asked = {str(each.get("args", {}).get("indicator")) for each in case.actions(tool="block_indicator")}
    others = [each.value for each in case.suspects if each.value not in asked and containing.supported(case, each)]
    if others:
        yield f"Decide about {listed(others)} too."
    yield from aftermath.advice(case)
    whom, by_name, in_general = ADVICE[case.kind]
    names = case.named(whom)
    yield by_name.format(listed(names)) if names else in_general
    if read := _runbook(case):
        yield f"Go through the runbook {quoted(read)}."
    if case.kind == "malware" and (hashes := case.named("hash")):
        yield f"Search the other machines for {listed(hashes, most=2)}."
    if not case.logs:
        yield "Attach the logs of that time as evidence."
    elif not weighing.related(case):
        yield "Attach the logs of the machine and the time that the alert is about."


def _runbook(case: Case) -> str:
    """The one that was read."""
    found = [(each.get("result") or {}).get("runbooks") or [] for each in case.done("lookup_runbook")]
    return next((str(each[0]["title"]) for each in found if each), "")
