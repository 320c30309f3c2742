"""The tools there are: each one's name, arguments, and what it does to the world. What they do stands in `tools/`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from sessions_app.canonical import sha256
from sessions_app.indicators import kind_of, normal

BLOCKABLE = ("ip", "domain", "url", "hash")
LONGEST_INDICATOR = 255


class Arguments(BaseModel):
    """What a tool is called with. A subclass that changes something says what it will affect."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    # Names of arguments in the agent's own words: they do not make a request another one.
    in_own_words: ClassVar[tuple[str, ...]] = ()

    def impact(self) -> str:
        return ""


@dataclass(frozen=True)
class ToolSpec:
    name: str
    description: str
    arguments: type[Arguments]
    # What it changes: nothing (""), one of our names for it, or None where nobody has said.
    changes: str | None = ""
    # Whether a change may be made twice under the same key. Unsaid is no: then a person says what became of it.
    idempotent: bool = False
    destructive: bool = False
    risk: str = "low"
    # Arguments that name what is hit: never one of our own networks.
    targets: tuple[str, ...] = ()
    asks_a_person: bool = False
    seconds: float = 20

    @property
    def harmless(self) -> bool:
        return self.changes == ""

    @property
    def repeatable(self) -> bool:
        """Whether a call that was begun and not seen to end is simply done again."""
        return self.harmless or self.idempotent

    @cached_property
    def schema(self) -> dict[str, Any]:
        return self.arguments.model_json_schema()

    @cached_property
    def schema_hash(self) -> str:
        return sha256(self.schema)

    def parse(self, args: Mapping[str, Any]) -> Arguments:
        return self.arguments.model_validate(dict(args))


def complaints(error: ValidationError) -> dict[str, str]:
    """What is wrong with arguments, by name, for a person or a model to mend."""
    return {".".join(map(str, each["loc"])) or "arguments": each["msg"] for each in error.errors(include_url=False)}


def printable(text: str) -> str:
    """Refuse what no database column of ours can hold."""
    if "\x00" in text or any("\ud800" <= each <= "\udfff" for each in text):
        raise ValueError("must not hold NUL or lone surrogates")
    return text


def blockable(text: str) -> str:
    """One indicator in its normal spelling; a range, a list or a name we can't place is refused."""
    kind = kind_of(text)
    if kind not in BLOCKABLE:
        raise ValueError("must be one IP address, domain, URL or hash in its usual spelling")
    plain = normal(kind, text)
    if len(plain) > LONGEST_INDICATOR or any(each.isspace() or not each.isprintable() for each in plain):
        raise ValueError(f"must be one word of at most {LONGEST_INDICATOR} characters")
    return plain


def spelled(text: str) -> str:
    """An indicator in its normal spelling: what is said of it holds for every other one. Any other text as it is."""
    kind = kind_of(text)
    return normal(kind, text) if kind else text


Text = Annotated[str, AfterValidator(printable)]
Blockable = Annotated[str, AfterValidator(printable), AfterValidator(blockable)]
Spelled = Annotated[str, AfterValidator(printable), AfterValidator(spelled)]


class SearchEvidence(Arguments):
    query: Annotated[Text, Field(max_length=300, description="Words that all stand in the line.")] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    regex: Annotated[
        Text, Field(max_length=300, description="A regular expression (RE2) that the line matches, if words won't do.")
    ] = ""
    indicator: Annotated[Text, Field(max_length=300, description="An address, domain, URL or hash, as a whole.")] = ""
    file: Annotated[Text, Field(max_length=255, description="Only in the file of this name; else in all.")] = ""
    context: Annotated[int, Field(ge=0, le=10, description="Lines before and after each hit.")] = 0


class SummarizeEvidence(Arguments):
    file: Annotated[Text, Field(max_length=255, description="Only the file of this name; else all.")] = ""


class DescribeIndicator(Arguments):
    indicator: Annotated[Text, Field(min_length=1, max_length=500)]


class FindRelatedIncidents(Arguments):
    pass


class LookupRunbook(Arguments):
    query: Annotated[Text, Field(min_length=1, max_length=300, description="What is going on, in a few words.")]
    technique: Annotated[
        Text,
        Field(pattern=r"^(?:T\d{4}(?:\.\d{3})?)?$", description="Of MITRE ATT&CK, such as T1110, if known."),
    ] = ""


class TimelineOf(Arguments):
    around: Annotated[
        Text,
        Field(
            min_length=1, max_length=300,
            description="A time (2026-11-20T03:12:44Z, or 03:12 of that day), or a line of evidence as file:line.",
        ),
    ]  # fmt: skip
    minutes_before: Annotated[int, Field(ge=0, le=10_080)] = 10
    minutes_after: Annotated[int, Field(ge=0, le=10_080)] = 30
    about: Annotated[Text, Field(max_length=300, description="Only what holds all of these words.")] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 60


class CurrentTime(Arguments):
    pass


class Calculator(Arguments):
    expression: Annotated[Text, Field(min_length=1, max_length=200, description="Such as (17 + 4) * 2 / 3")]


class BlockIndicator(Arguments):
    in_own_words = ("reason",)
    indicator: Annotated[Blockable, Field(description="One IP address, domain, URL or hash.")]
    minutes: Annotated[int, Field(ge=1, le=43_200, description="How long; at most 30 days.")]
    reason: Annotated[Text, Field(min_length=1, max_length=1000, description="What you saw.")]

    def impact(self) -> str:
        kind = kind_of(self.indicator)
        return (
            f"Puts the {kind} {self.indicator} on the organisation's block list for {duration(self.minutes)}. Every "
            "firewall that reads the feed then stops traffic with it, wanted traffic too. It ends by itself and can be "
            "unblocked."
        )


class UnblockIndicator(Arguments):
    in_own_words = ("reason",)
    indicator: Annotated[Spelled, Field(min_length=1, max_length=LONGEST_INDICATOR)]
    reason: Annotated[Text, Field(min_length=1, max_length=1000)]

    def impact(self) -> str:
        return (
            f"Takes {self.indicator} off the organisation's block list. Firewalls that read the feed let traffic with "
            "it through again."
        )


class AskHuman(Arguments):
    question: Annotated[Text, Field(min_length=1, max_length=2000)]
    options: Annotated[list[Annotated[Text, Field(min_length=1, max_length=200)]], Field(max_length=8)] = []


def duration(minutes: int) -> str:
    """Minutes as a person says them."""
    for size, word in ((1440, "day"), (60, "hour")):
        if minutes % size == 0:
            return f"{minutes // size} {word}{'s' if minutes > size else ''}"
    return f"{minutes} minute{'s' if minutes > 1 else ''}"


_ALL = (
    ToolSpec(
        "search_evidence",
        "Find lines of this incident's log files that hold all of the given words. With a file's name alone: how it "
        "begins.",
        SearchEvidence,
        seconds=30,
    ),
    ToolSpec(
        "summarize_evidence",
        "Count this incident's log lines by address, user, host and time.",
        SummarizeEvidence,
        seconds=60,
    ),
    ToolSpec(
        "describe_indicator",
        "Say what an indicator is, whether it is private, where and how often it was seen, and which other incidents "
        "know it.",
        DescribeIndicator,
    ),
    ToolSpec(
        "find_related_incidents",
        "Find other incidents of the organisation that share indicators, users, machines, the alert or the technique "
        "with this one, and say why each is related.",
        FindRelatedIncidents,
    ),
    ToolSpec(
        "lookup_runbook",
        "Look up what the runbooks say about a kind of trouble: what to find out, to contain and to mend.",
        LookupRunbook,
    ),
    ToolSpec(
        "timeline_of",
        "Put in order what happened around a moment: lines of evidence by the time they say, alerts, and what was done "
        "in the room.",
        TimelineOf,
        seconds=60,
    ),
    ToolSpec("current_time", "Tell the current time in UTC.", CurrentTime),
    ToolSpec("calculator", "Work out an arithmetic expression.", Calculator),
    ToolSpec(
        "block_indicator",
        "Put one address, domain, URL or hash on the organisation's block list. Say in `reason` what you saw.",
        BlockIndicator,
        changes="containment",
        idempotent=True,
        risk="high",
        targets=("indicator",),
    ),
    ToolSpec(
        "unblock_indicator",
        "Take an indicator off the organisation's block list.",
        UnblockIndicator,
        changes="containment",
        idempotent=True,
        risk="medium",
    ),
    ToolSpec(
        "ask_human",
        "Ask the people in the room something only they can know, and wait for the answer.",
        AskHuman,
        asks_a_person=True,
    ),
)
TOOLS: dict[str, ToolSpec] = {spec.name: spec for spec in _ALL}
