"""What a message becomes: the mode that answers it, by its prefix, by what was asked for, or by its words."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from agents_app.models import Run
from sessions_app.errors import Refused

Mode, Path = Run.Mode, Run.Path

# What this server runs, of the modes a message may ask for.
HERE = (Mode.DIRECT, Mode.REACT)
# `@team ...`, `@board[:names] ...`, `@skill:name ...`; the word ends there, so that `@teamwork` is nobody we know.
ADDRESSED = re.compile(r"\s*@(team|board|skill)(?![\w-])", re.IGNORECASE)
EXAMPLE = "@AI is 203.0.113.7 known to us?"

# Small talk from beginning to end. `Yes` and `ok` are not: they may answer what an agent has asked.
LONGEST_SMALL_TALK = 80
PHRASES = (
    r"hi|hello|hey|howdy|greetings|good\s+(?:morning|afternoon|evening|night|day)|welcome|how\s+are\s+you|"
    r"nice\s+to\s+meet\s+you|thanks|thank\s+you|thx|cheers|(?:good)?bye|see\s+you|take\s+care|well\s+done|"
    r"(?:good|great|nice)\s+(?:job|work)|你好|您好|大家好|早上好|下午好|晚上好|谢谢|多谢|辛苦了|再见"
)
FILLERS = (
    r"there|all|everyone|everybody|folks|friends?|team|again|so\s+much|very\s+much|a\s+lot|doing|today|tomorrow|"
    r"later|and|you|for\s+(?:the|your)\s+help|大家|你们|您"
)


@dataclass(frozen=True)
class Choice:
    mode: str
    path: str
    why: str


def choose(content: str, *, asked: str, name: str) -> Choice:
    """How the agent of that name answers this message; a way that is not there is refused, never pretended."""
    if addressed := ADDRESSED.match(content):
        raise _not_here(addressed[1].lower(), f"@{addressed[1]}")
    if asked == Mode.PLAN_EXEC:
        raise _not_here(asked, _("The mode {mode}").format(mode=asked))
    if asked == Mode.DIRECT:
        return Choice(Mode.DIRECT, Path.DIRECT_LLM, "asked for")
    if asked == "auto" and is_small_talk(content, name=name):
        return Choice(Mode.DIRECT, Path.DIRECT_LLM, "small talk")
    return Choice(Mode.REACT, Path.RUNTIME, "asked for" if asked == Mode.REACT else "default")


def is_small_talk(content: str, *, name: str) -> bool:
    """Whether all of it is a greeting, thanks or a goodbye, to the agent or to everybody."""
    if len(content) > LONGEST_SMALL_TALK:
        return False
    word = f"{PHRASES}|{FILLERS}|{re.escape(name)}"
    only = rf"\W*(?:(?:{word})(?:\W+|$|(?<=[\u4e00-\u9fff])))+"
    said = re.fullmatch(only, content, re.IGNORECASE) is not None
    return said and re.search(rf"(?<![^\W_])(?:{PHRASES})", content, re.IGNORECASE) is not None


def _not_here(mode: str, what: str) -> Refused:
    here = ", ".join(HERE)
    words = _(
        "{what} is not available on this server, so nothing was sent. There are: the modes {modes}, and in the room of "
        "an incident @AI for your private chat, such as: {example}"
    ).format(what=what, modes=here, example=EXAMPLE)
    return Refused("SERVICE_UNAVAILABLE", words, details={"mode": mode, "modes": [*HERE], "example": EXAMPLE})
