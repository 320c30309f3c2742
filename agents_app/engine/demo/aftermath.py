"""What an intruder did after a sign-in that worked: told from the lines that came after it, and from nothing else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agents_app.engine.demo import containing
from agents_app.engine.demo.case import Case
from agents_app.engine.demo.prose import count, listed, quoted
from agents_app.engine.demo.results import Moment, Place, moments
from sessions_app import indicators

# So long after a sign-in is looked at.
MINUTES = 120
MOST_TOLD = 8
_COMMAND = re.compile(r"\bUSER=([\w.$-]{1,64}) ; COMMAND=(.{1,300})", re.ASCII)
_NEW_USER = re.compile(r"\b(?:useradd|adduser)\s(?:.*\s)?([a-z_][\w.-]{0,31})$", re.ASCII)
_ACCOUNT = re.compile(r"\bnew user: name=([\w.-]{1,32})", re.ASCII)
_FETCHED = re.compile(r"\b(?:curl|wget|scp|ftp|certutil|invoke-webrequest)\b.*?\b(?:https?|ftp)://", re.IGNORECASE)
_WRITTEN = re.compile(r"(?:-o|-O|>)\s*(/\S{2,200})", re.ASCII)
_RAN = re.compile(r"(?:^|/)(?:ba|da|z|k)?sh\s+(/\S{2,200})|^(/(?:tmp|var/tmp|dev/shm)/\S{1,200})", re.ASCII)
_KEY = re.compile(r"(/\S{0,200}/authorized_keys)\b", re.ASCII)
_STAYS = re.compile(r"\bcrontab\b|/etc/cron|systemctl\s+enable|/etc/systemd/system|rc\.local|schtasks", re.IGNORECASE)
_HIDES = re.compile(r"\bhistory\s+-c\b|\bshred\b|\brm\b.*/var/log|\bunset\s+HISTFILE", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """A sign-in that worked for somebody who is suspected."""

    address: str
    user: str
    place: Place


@dataclass(frozen=True)
class Deed:
    """One thing that was done, in the words of its line; `left` is what has to be undone."""

    clock: str
    words: str
    quote: str
    line: str
    left: str = ""


def entry(case: Case) -> Entry | None:
    """Who got in, if somebody did: an address that the alert names, or one that failed too often to mean well."""
    for suspect in case.suspects:
        tallied = case.tally.of(suspect.value)
        if not (suspect.in_alert or tallied.failed >= containing.ENOUGH_FAILURES):
            continue
        for place in tallied.successes:
            if user := next((each.value for each in indicators.extract(place.text) if each.kind == "user"), ""):
                return Entry(suspect.value, user, place)
    return None


def goal(case: Case) -> str:
    """What the crew still has to look at: nothing, where nobody got in or it was looked at before."""
    got_in = entry(case)
    if got_in is None or any(case.actions(tool="timeline_of")):
        return ""
    return f"Put in order what came after “{got_in.place.name}” about “{got_in.user}”"


def finding(action: dict[str, Any]) -> dict[str, Any]:
    """What the timeline of one call shows."""
    user = str(action.get("args", {}).get("about", ""))
    found = _after(action)
    if not found:
        return {"text": f"No line names {user} after its sign-in.", "evidence": []}
    done = list(deeds(found))
    verb = "name" if len(found) > 1 else "names"
    head = f"After its sign-in, {count(len(found), 'line')} {verb} {user}, the last at {found[-1].at:%H:%M:%S}"
    if not done:
        return {"text": f"{head}; none of them tells of a command or a change.", "evidence": []}
    told = "; ".join(f"{each.words} at {each.clock} ({quoted(each.quote)})" for each in done[:MOST_TOLD])
    return {"text": f"{head}. By these lines {user} {told}.", "evidence": [each.line for each in done[:MOST_TOLD]]}


def of(case: Case) -> list[Deed]:
    """All deeds that the crew's timelines show."""
    return [deed for action in case.done("timeline_of") for deed in deeds(_after(action))]


def told(case: Case) -> str:
    """The same in a breath, for the report."""
    got_in, done = entry(case), of(case)
    if got_in is None:
        return ""
    what = list(dict.fromkeys(each.words for each in done))
    if not what:
        return f"{got_in.address} signed in as {got_in.user}."
    user, then = got_in.user, listed(what, most=MOST_TOLD)
    return f"{got_in.address} signed in as {user}; by the log {user} then {then}. Treat the machine as taken."


def advice(case: Case) -> Iterator[str]:
    """What people have to undo, by name."""
    got_in = entry(case)
    if got_in is None:
        return
    yield f"End the sessions of {got_in.user}, and change its password and keys."
    done = of(case)
    if left := list(dict.fromkeys(each.left for each in done if each.left)):
        machines = listed(case.named("host"), most=1)
        yield f"Isolate {machines or 'the machine'} and keep its memory and disk before anything is removed."
        yield f"Undo what was left there: {listed(left, most=MOST_TOLD)}."
    if fetched := [each for each in done if _FETCHED.search(each.quote)]:
        named = [one for each in fetched for one in indicators.extract(each.quote) if one.kind in ("domain", "ip")]
        yield f"Look on the other machines for traffic with {listed(dict.fromkeys(one.value for one in named))}."


def deeds(found: list[Moment]) -> Iterator[Deed]:
    """What lines tell of commands and changes; what is said twice is told once."""
    seen = set()
    for each in found:
        deed = _deed(each)
        if deed and deed.quote not in seen:
            seen.add(deed.quote)
            yield deed


def _after(action: dict[str, Any]) -> list[Moment]:
    """The log's lines behind the sign-in itself; what the room did since then is no deed of an intruder's."""
    lines = [each for each in moments(action.get("result")) if each.source == "evidence"]
    return lines[1:]


def _deed(each: Moment) -> Deed | None:
    command = _COMMAND.search(each.text)
    text = (command[2] if command else each.text).strip()
    words, left = _words(text, command[1] if command else "")
    return Deed(f"{each.at:%H:%M:%S}", words, text, each.text, left) if words else None


def _words(text: str, target: str) -> tuple[str, str]:
    """What it is, and what stays behind."""
    if match := _NEW_USER.search(text) or _ACCOUNT.search(text):
        return f"added the account {match[1]}", f"the account {match[1]}"
    if match := _KEY.search(text):
        return f"touched {match[1]}", f"the key in {match[1]}"
    if _FETCHED.search(text):
        written = _WRITTEN.search(text)
        return "fetched something from outside", f"the file {written[1]}" if written else ""
    if match := _RAN.search(text):
        path = match[1] or match[2]
        return f"ran {path}", f"the file {path}"
    if _STAYS.search(text):
        return "made something start by itself", "what starts by itself"
    if _HIDES.search(text):
        return "removed traces", ""
    return (f"ran a command as {target}", "") if target else ("", "")
