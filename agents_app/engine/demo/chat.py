"""The demo model in a plain chat: honest about what it is, and useful where counting and looking up suffice."""

import re
from dataclasses import dataclass
from typing import Any

from agents_app.engine.demo import arithmetic, outcomes, wishes
from agents_app.engine.demo.case import Case
from agents_app.engine.demo.prose import quoted, sentence, sentences

WHO = (
    "I am offline-demo, the demo model that works without any provider's key. I do not understand language as a real "
    "model does: I search and count the evidence, describe indicators, find related incidents, look up runbooks, put "
    "in order what happened around a time, do arithmetic with the calculator, remember what was said here, and ask for "
    "approval before anything is blocked."
)
_WHO = re.compile(r"\b(?:who|what) are you\b|\byour name\b|\bwhich model\b|^\s*(?:hi|hello|hey)\b", re.IGNORECASE)
_RECALL = re.compile(
    r"\b(?:remember|earlier|before|previous(?:ly)?|(?:did|have) I (?:say|said|ask|asked|tell|told)|my name|"
    r"what did (?:I|we))\b",
    re.IGNORECASE,
)
_MY_NAME = re.compile(r"\bmy name is ([\w' -]{1,40}\w)|\bI am called ([\w' -]{1,40}\w)", re.IGNORECASE)
_TIME = re.compile(r"\bwhat(?:'s| is) the (?:time|date)|\bwhat time\b|\bcurrent time\b|\btime is it\b", re.IGNORECASE)
_SUMMARY = re.compile(
    r"\bsummar|\boverview\b|\bwhat (?:has )?happened\b|\bstatus\b|\bevidence\b.*\bshow", re.IGNORECASE
)
_RELATED = re.compile(r"\b(?:related|similar|other) incidents?\b|\bincidents? (?:related|like this)\b", re.IGNORECASE)
_RUNBOOK = re.compile(r"\b(?:run|play)books?\b|\bwhat (?:should|do|must) (?:we|I) do\b", re.IGNORECASE)
_TECHNIQUE = re.compile(r"\bT\d{4}(?:\.\d{3})?\b", re.IGNORECASE | re.ASCII)
_AROUND = re.compile(r"\btimeline\b|\bwhat (?:has )?happened\b|\b(?:around|after|before|at) \d", re.IGNORECASE)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?|\b\d{1,2}:\d\d(?::\d\d)?\b"
    r"|\b[\w.-]{1,80}\.\w{1,8}:\d{1,9}\b",
    re.ASCII,
)
_DESCRIBE = re.compile(
    r"\bdescribe\b|\bwho is\b|\bwhat is\b|\bwhat about\b|\btell me about\b|\bknow about\b", re.IGNORECASE
)
_HOW_OFTEN = re.compile(r"\bhow (?:many|often)\b|\bany\b|\blines?\b|\bseen\b|\blogs?\b|\bevidence\b", re.IGNORECASE)
# What wants an answer: a question, or an order to look something up. All else that people write in a room is a remark.
_ASKS = re.compile(
    r"[?？]|(?:(?:^|\badds:)\W*(?:(?:ok(?:ay)?|and|so|now|then|hi|hello|hey|well)\b\W*)?|\bplease\b\W*)"
    r"(?:who|whom|whose|what|which|when|where|why|how|is there|are there|can you|could you|would you|will you|show|"
    r"tell|give|describe|explain|search|grep|find|look|check|list|count|compare|put|remember|remind|summar\w*|"
    r"overview|status|timeline|evidence|logs?|related|similar|other|any|(?:run|play)books?|help)\b",
    re.IGNORECASE,
)
_COMMON = frozenset(
    [
        "the",
        "and",
        "for",
        "with",
        "from",
        "this",
        "that",
        "there",
        "what",
        "which",
        "when",
        "where",
        "who",
        "how",
        "many",
        "often",
        "any",
        "have",
        "has",
        "was",
        "were",
        "are",
        "is",
        "did",
        "does",
        "do",
        "you",
        "your",
        "please",
        "show",
        "tell",
        "about",
        "search",
        "find",
        "look",
        "lines",
        "line",
        "evidence",
        "logs",
        "log",
        "seen",
        "can",
        "could",
        "would",
        "of",
        "in",
        "on",
        "at",
        "to",
        "me",
        "us",
        "a",
        "an",
        "it",
    ]
)
BLOCK_MINUTES = 60


@dataclass(frozen=True)
class Talk:
    said: tuple[str, ...]
    data: dict[str, Any]
    returned: tuple[outcomes.Returned, ...]
    offered: frozenset[str]

    @property
    def newest(self) -> str:
        return self.said[-1] if self.said else ""


def move(talk: Talk) -> str | tuple[str, dict[str, Any]]:
    """What to say, or which tool to call."""
    if talk.returned:
        return outcomes.told(talk.returned[-1])
    call = _call(talk.newest, talk.data)
    if call is None:
        return _words(talk)
    return call if call[0] in talk.offered else f"For that I would need the tool {call[0]}, which I am not given here."


# --- Tools ----------------------------------------------------------------------------------------------------------
def _call(text: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    wish = wishes.read(text)
    if wish.unblocks and wish.addresses:
        return "unblock_indicator", {"indicator": wish.addresses[0], "reason": f"Asked for in the chat: {text[:200]}"}
    if wish.targets:
        reason = f"Asked for in the chat: {text[:200]}"
        return "block_indicator", {
            "indicator": wish.targets[0],
            "minutes": wish.minutes or BLOCK_MINUTES,
            "reason": reason,
        }
    if sum_ := arithmetic.expression(text):
        return "calculator", {"expression": sum_}
    if _is_remark(text, data):
        return None
    if _TIME.search(text):
        return "current_time", {}
    if around := _reading_around(text, data):
        return around
    if wish.addresses:
        tool, name = ("describe_indicator", "indicator") if _DESCRIBE.search(text) else ("search_evidence", "query")
        return tool, {name: wish.addresses[0]}
    if wish.look_for:
        return "search_evidence", {"query": wish.look_for[0]}
    if _SUMMARY.search(text):
        return "summarize_evidence", {}
    return _search(text) if _HOW_OFTEN.search(text) and not _RECALL.search(text) else None


def _is_remark(text: str, data: dict[str, Any]) -> bool:
    """What people say to each other in an incident's room; outside one there is nobody else to talk to."""
    return bool(Case.read(data).title) and not _ASKS.search(text)


def _reading_around(text: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if _RELATED.search(text):
        return "find_related_incidents", {}
    if _RUNBOOK.search(text):
        named = _TECHNIQUE.search(text)
        about = f"{text} {Case.read(data).title}"
        return "lookup_runbook", {"query": about[:300], **({"technique": named[0].upper()} if named else {})}
    if _AROUND.search(text) and (moment := _MOMENT.search(text)):
        return "timeline_of", {"around": moment[0]}
    return None


def _search(text: str) -> tuple[str, dict[str, Any]] | None:
    words = [word for word in re.findall(r"[\w.@-]{3,}", text) if word.lower() not in _COMMON]
    return ("search_evidence", {"query": words[0]}) if words else None


# --- Words ----------------------------------------------------------------------------------------------------------
def _words(talk: Talk) -> str:
    earlier = talk.said[:-1]
    if match := _MY_NAME.search(talk.newest):
        return f"Noted, {match[1] or match[2]}. {WHO}"
    if _WHO.search(talk.newest):
        return WHO
    if _is_remark(talk.newest, talk.data):
        return "Noted."
    if _RECALL.search(talk.newest):
        return _recalled(talk.newest, earlier)
    case = Case.read(talk.data)
    about = (
        f"This room is about {case.title} (severity {case.severity}, {case.incident.get('status')})."
        if case.title
        else ""
    )
    summary = str(case.incident.get("summary") or "")
    return sentences((sentence(f"You wrote {quoted(talk.newest)}"), about, summary, WHO))


def _recalled(question: str, earlier: tuple[str, ...]) -> str:
    if "my name" in question.lower():
        names = [match[1] or match[2] for text in earlier if (match := _MY_NAME.search(text))]
        return f"You said your name is {names[-1]}." if names else "You have not told me your name."
    if not earlier:
        return "Nothing was said here before."
    return sentence(f"Earlier you said: {'; '.join(quoted(text) for text in earlier[-5:])}")
