"""The captain of the demo crew: look first, contain what the evidence supports, listen, and stop in time."""

from typing import Any

from agents_app.engine.demo import aftermath, containing, courses, expert, operator, wishes
from agents_app.engine.demo.case import Case
from agents_app.engine.demo.prose import count, listed, quoted, sentence, sentences

OPENINGS = {
    "access": "Somebody tries to get in. I want to know who, from where, and whether it worked.",
    "malware": "This looks like hostile code at work. I want to know where it runs and what it talks to.",
    "availability": "Something has stopped working as it should. I want to see what stands behind it.",
    "phishing": "Somebody tries to make people click. I want to know who got it and where it leads.",
    "network": "Traffic looks wrong. I want to see who sends it and how much of it there is.",
    "privilege": "Rights were changed or used in a way that deserves a look. I want to see by whom.",
    "leak": "Something may have got out that should not. I want to know what, by whom, and to where.",
    "contact": "Its words fit no kind of trouble I know, but it names somebody outside. I want to know who that is.",
    "generic": "The alert does not say much of its kind. I want to see what stands behind it.",
}
MOST_QUERIES = 5
# A word whose presence in the logs changes what such an alert means.
TELLING_WORDS = {"access": "Accepted", "availability": "error", "malware": "connect"}


def orders(data: dict[str, Any]) -> dict[str, Any]:
    case = Case.read(data)
    number = int(case.limits.get("round") or 1)
    if number == 1:
        return _orders(_opening(case), _first_look(case))
    return _looking_further(case, _next(case, number))


def _next(case: Case, number: int) -> dict[str, Any]:
    if refused := _last_refusal(case, number - 1):
        return _change_course(case, refused)
    if case.unread:
        return _orders(f"{listed(case.logs)} came in after we had looked. We look again.", _first_look(case))
    if asked := _asked_by_people(case):
        return asked
    if (suspect := containing.wanted(case)) and case.limits.get("writes_allowed", True):
        return _contain(case, suspect.value)
    return _conclude(case, number)


# --- The first round ------------------------------------------------------------------------------------------------
def _opening(case: Case) -> str:
    names = listed(case.named_by_alert, most=4)
    repeats = int(case.incident.get("alert_count") or 0)
    return sentences(
        (
            f"{quoted(case.title)} came from {case.source} with severity {case.severity}.",
            f"The alert has come {repeats} times." if repeats > 1 else "",
            f"It names {names}." if names else "It names nobody.",
            OPENINGS[case.kind],
        )
    )


def _first_look(case: Case) -> list[dict[str, Any]]:
    """Count what is there, and ask after whom the alert is about; where there is a log, look into it too."""
    words = _words_of_people(case)[:1]
    if case.logs:
        words += [word for word in (*case.subjects[:1], TELLING_WORDS.get(case.kind, "")) if word]
    queries = (
        operator.SUMMARIZE,
        *(f"Search the evidence for “{word}”" for word in dict.fromkeys(words)),
        *(f"Describe the indicator “{subject}”" for subject in case.subjects),
    )
    return [_query(goal) for goal in queries[:MOST_QUERIES]]


# --- Later rounds ---------------------------------------------------------------------------------------------------
def _contain(case: Case, indicator: str) -> dict[str, Any]:
    minutes = containing.minutes(case)
    # The evidence for it goes with the call itself, as its reason: one who decides reads both.
    why = f"{indicator} is outside our networks. I ask for a block of {minutes} minutes; a person decides."
    return {"why": why, "tasks": [_write(containing.goal(indicator, minutes))], "done": False}


def _looking_further(case: Case, orders: dict[str, Any]) -> dict[str, Any]:
    """Beside whatever else is to be done: what came after a sign-in that worked, and who else has seen these names."""
    goals = [aftermath.goal(case), _relatives(case)]
    tasks = [_query(goal) for goal in goals if goal]
    if not tasks:
        return orders
    got_in = aftermath.entry(case)
    seen = f"{got_in.address} got in as {got_in.user}: I want to see what followed." if goals[0] and got_in else ""
    why = seen if orders["done"] else sentences((seen, orders["why"]))
    return _orders(why or "Others have seen some of this: I want to know where.", [*tasks, *orders["tasks"]])


def _relatives(case: Case) -> str:
    """Asked once, when something that was described is known elsewhere."""
    known = any(case.known_elsewhere(value) for value in case.named_by_alert)
    return "Find related incidents" if known and not any(case.actions(tool="find_related_incidents")) else ""


def _last_refusal(case: Case, number: int) -> containing.Refusal | None:
    newest = Case(rounds=[each for each in case.rounds if each.get("round") == number])
    return next(iter(reversed(containing.refusals(newest))), None)


def _change_course(case: Case, refused: containing.Refusal) -> dict[str, Any]:
    told = expert.told(refused)
    course = courses.after(case, refused)
    if course.block:
        indicator, minutes = course.block
        return _orders(
            f"{told} So I ask for {indicator} for {minutes} minutes instead.",
            [_write(containing.goal(indicator, minutes))],
        )
    passed_on = [_notify(_for_people(refused, course.pass_on))] if course.pass_on else []
    if course.watch:
        return _orders(
            f"{told} So we watch {listed(course.watch)} and block nothing.",
            [*_watch(course.watch, refused.indicator), *passed_on],
        )
    if course.look:
        tasks = [_query(f"Search the evidence for “{word}”") for word in course.look]
        return _orders(f"{told} So we look at {listed(course.look)} and block nothing.", [*tasks, *passed_on])
    if passed_on:
        return _orders(f"{told} No tool of ours does that, so I pass it on and block nothing.", passed_on)
    if course.wait:
        wait = f"Wait with the block of {refused.indicator} until a person asks for it"
        return _orders(f"{told} So we wait and block nothing.", [_notify(wait)])
    return _orders(
        f"{told} So we watch {refused.indicator} instead of blocking it.",
        _watch((refused.indicator,), refused.indicator),
    )


def _watch(watched: tuple[str, ...], refused: str) -> list[dict[str, Any]]:
    looks = [_query(f"Describe the indicator “{each}”") for each in watched]
    what = "it" if refused in watched else refused
    return [*looks, _notify(f"Watch {listed(watched)} instead of blocking {what}")]


def _for_people(refused: containing.Refusal, words: str) -> str:
    return f"Who takes on what {refused.by or 'a person'} asks for? {quoted(words)}"


def _asked_by_people(case: Case) -> dict[str, Any] | None:
    """What people wrote to the crew since it last decided, as far as it can be taken as a task."""
    news = [each for each in case.people if each.get("new")]
    if not news:
        return None
    wish = wishes.read(str(news[-1].get("text", "")))
    told = sentence(f"{news[-1].get('name')} wrote {quoted(wish.text)}")
    outside = [each for each in wish.targets if not case.is_own(each)]
    if outside and case.limits.get("writes_allowed", True):
        minutes = wish.minutes or containing.minutes(case)
        return _orders(f"{told} I ask for it.", [_write(containing.goal(outside[0], minutes))])
    words = list(dict.fromkeys((*wish.addresses, *wish.look_for)))[:3]
    return (
        _orders(f"{told} We look.", [_query(f"Search the evidence for “{word}”") for word in words]) if words else None
    )


def _words_of_people(case: Case) -> list[str]:
    found = (wishes.read(str(each.get("text", ""))) for each in case.people)
    return [word for wish in found for word in (*wish.addresses, *wish.look_for)]


def _conclude(case: Case, number: int) -> dict[str, Any]:
    """Nothing left to ask for: tell the people once, then end."""
    blocked = [str(each.get("args", {}).get("indicator")) for each in case.done("block_indicator")]
    if blocked:
        return {
            "why": f"{listed(blocked)} is blocked, as asked and allowed. I close with the report.",
            "tasks": [],
            "done": True,
        }
    if number == 2:
        return _orders(_nothing_to_block(case), [_notify(_news(case))])
    return {
        "why": "We have looked, and told the people what we found. I close with the report.",
        "tasks": [],
        "done": True,
    }


def _nothing_to_block(case: Case) -> str:
    if case.kind == "availability":
        return "This is about availability: there is nobody to block. I tell the people who run it what we found."
    if before := containing.refused_before(case):
        return f"{expert.told(before[0])} I do not ask for it again, and tell the people what we found."
    if not case.suspects:
        return "Nobody outside our networks is named, so there is nothing to block. I tell the people what we found."
    return f"What we have on {case.suspects[0].value} does not carry a block. I tell the people to watch it."


def _news(case: Case) -> str:
    about = listed([*case.named("host"), *case.named("user")], most=2)
    lines = f" The logs hold {count(case.tally.lines, 'line')}." if case.tally.logs else ""
    return f"{quoted(case.title)}{f', {about}' if about else ''}: please look.{lines}"


def _orders(why: str, tasks: list[dict[str, Any]]) -> dict[str, Any]:
    return {"why": why, "tasks": tasks, "done": False}


def _query(goal: str) -> dict[str, Any]:
    return {"kind": "query", "goal": goal}


def _write(goal: str) -> dict[str, Any]:
    return {"kind": "write", "goal": goal}


def _notify(goal: str) -> dict[str, Any]:
    return {"kind": "notify", "goal": goal}
