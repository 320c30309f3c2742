"""A session as Markdown to read and to print: what people and agents said stands in fences, to the letter.

In a fence nothing is an order: no text can look like the heading of another's, be a link, or fetch a picture.
"""

import re
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

ENDED_EARLY = {"cancelled": "stopped before it was finished", "failed": "failed"}
# What could end a line, or turn the order of letters around; tabs and line ends are text.
ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
SPECIAL = re.compile(r"([\\`*_\[\]<>&|~!#])")


def head(session: dict[str, Any], incident: dict[str, Any] | None, *, at: datetime, by: str) -> str:
    title = incident["title"] if incident else session["title"] or "Session"
    facts = [("Session", session["id"]), ("Status", session["status"])]
    if incident:
        facts += [("Severity", incident["severity"]), ("Incident", f"{incident['id']}, {incident['status']}")]
    if session["agent_name"]:
        facts.append(("Answered by", session["agent_name"]))
    facts += [("Opened", _time(session["created_at"])), ("Exported", f"{at:%Y-%m-%d %H:%M:%S} UTC by {by}")]
    lines = "\n".join(f"- {name}: {inline(value)}" for name, value in facts)
    return f"# {inline(title)}\n\n{lines}\n\n## What was said\n"


def message(said: dict[str, Any]) -> str:
    """One message under a heading of its own."""
    about = [_time(said["created_at"]), said["sender_name"], said["sender_type"]]
    about += [said["message_type"]] if said["message_type"] != "text" else []
    about += [f"round {said['round']}"] if said["round"] else []
    about += [ENDED_EARLY[said["status"]]] if said["status"] in ENDED_EARLY else []
    files = "".join(f"\n- Attached: {inline(str(each.get('filename', '')))}" for each in said["attachments"])
    return f"\n### {' · '.join(map(inline, about))}\n\n{fenced(said['content'])}\n{files and files + chr(10)}"


def inline(text: str) -> str:
    """On one line, and nothing but text."""
    return SPECIAL.sub(r"\\\1", shown(" ".join(text.split())))


def fenced(text: str) -> str:
    """Longer than any row of backticks in it, so that only ours ends it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown(text)}\n{fence}"


def shown(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return ORDERS.sub(lambda found: f"\\u{ord(found[0]):04x}", plain)


def _time(at: str) -> str:
    moment = parse_datetime(at)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else at
