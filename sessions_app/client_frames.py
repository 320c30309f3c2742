"""What a client may send: parsed once, refused with words, never trusted."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from sessions_app import misfits
from sessions_app.errors import Refused

INBOUND_BYTES = 64 * 1024
# Deeper than anything we ask for; what a database or a recursive reader can't take never gets that far.
DEEPEST = 32

Number = Annotated[StrictInt, Field(ge=-(2**53), lt=2**53)]


# What may be left out: a null is taken for that too, and not documented.
Absent = SkipJsonSchema[None]


class Unreadable(Refused):
    """A frame we can't take; `cid` where it was a command."""

    def __init__(self, detail: str, *, cid: str | None = None, details: dict[str, Any] | None = None) -> None:
        super().__init__("INVALID_REQUEST", detail, details=details)
        self.cid = cid


class ClientFrame(BaseModel):
    model_config = ConfigDict(extra="forbid")
    t: str


class Hello(ClientFrame):
    t: Literal["hello"]
    v: Annotated[StrictInt, WithJsonSchema({"const": 1})]  # another version is read, and told so
    ticket: Annotated[str, Field(min_length=43, max_length=128)] | Absent = None
    client: Annotated[str, Field(max_length=80)] = ""


class Sub(ClientFrame):
    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"after": ["epoch"]}})

    t: Literal["sub"]
    room: UUID
    epoch: Annotated[str, Field(min_length=8, max_length=32)] | Absent = None
    after: Annotated[StrictInt, Field(ge=0, lt=2**53)] | Absent = None
    deltas: StrictBool = True

    @model_validator(mode="after")
    def _position_is_whole(self) -> "Sub":
        if self.after is not None and self.epoch is None:
            raise ValueError(gettext_noop("`after` means nothing without `epoch`"))
        return self


class Unsub(ClientFrame):
    t: Literal["unsub"]
    room: UUID


class Cmd(ClientFrame):
    t: Literal["cmd"]
    cid: UUID
    room: UUID | Absent = None
    type: Annotated[str, Field(max_length=40)]
    data: dict[str, Any]


class Ping(ClientFrame):
    t: Literal["ping"]
    n: Number


class Pong(ClientFrame):
    t: Literal["pong"]
    n: Number


KINDS: dict[str, type[ClientFrame]] = {
    "hello": Hello, "sub": Sub, "unsub": Unsub, "cmd": Cmd, "ping": Ping, "pong": Pong,
}  # fmt: skip


def parse(text: str) -> ClientFrame:
    try:
        raw = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unreadable(_("The frame is not JSON: {problem}.").format(problem=error.msg)) from None
    if not isinstance(raw, dict):
        raise Unreadable(_("A frame is one JSON object."))
    cid = raw.get("cid") if isinstance(raw.get("cid"), str) else None
    _refuse_what_nothing_can_hold(raw, cid)
    kind = KINDS.get(raw["t"]) if isinstance(raw.get("t"), str) else None
    if kind is None:
        raise Unreadable(_("`t` must be one of {kinds}.").format(kinds=", ".join(KINDS)), cid=cid)
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        wrong = {
            ".".join(map(str, each["loc"])) or "frame": misfits.problem(each)
            for each in error.errors(include_input=False)
        }
        words = "; ".join(f"{name}: {problem}" for name, problem in wrong.items())
        raise Unreadable(words[:1000], cid=cid, details={"fields": wrong}) from None


def _refuse_what_nothing_can_hold(raw: dict[str, Any], cid: str | None) -> None:
    level: list[Any] = [raw]
    for _level in range(DEEPEST):
        if any(isinstance(each, str) and "\0" in each for each in level):
            raise Unreadable(_("A text may not hold the character NUL."), cid=cid)
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return
    raise Unreadable(_("The frame is nested deeper than {levels} levels.").format(levels=DEEPEST), cid=cid)


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, list):
        yield from value
