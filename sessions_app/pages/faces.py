"""Who speaks, as a face: the same rule as static/js/models/faces.js."""

from collections.abc import Iterable
from typing import Any

DRAWN_ROLES = ("captain", "manager", "operator", "executor", "expert")
COLORS = ("violet", "blue", "teal", "gray", "amber", "green", "pink")
UNKNOWN = {"role": "assistant", "color": "blue", "symbol": ""}


def face_of(sender_type: str, name: str, agents: Iterable[dict[str, Any]] = ()) -> dict[str, str]:
    """How to draw a speaker: `kind`, then either letters (`text`) or a drawing (`symbol`), and a colour."""
    if sender_type == "user":
        return {"kind": "person", "text": initials(name), "symbol": "", "color": ""}
    if sender_type == "system":
        return {"kind": "system", "text": "", "symbol": "system", "color": ""}
    agent = next((each for each in agents if each["name"] == name), UNKNOWN)
    color = agent["color"] if agent["color"] in COLORS else "blue"
    if agent["role"] in DRAWN_ROLES:
        return {"kind": "agent", "text": "", "symbol": agent["role"], "color": color}
    return {"kind": "agent", "text": agent["symbol"], "symbol": "" if agent["symbol"] else "agent", "color": color}


def initials(name: str) -> str:
    words = name.split()
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else list((words or ["?"])[0][:2])
    return "".join(letters).upper()
