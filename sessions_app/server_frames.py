"""What a client may be sent over the socket: one type a frame. The documents are made from these."""

from typing import Annotated, Any, Literal, NotRequired
from uuid import UUID

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

EXACTLY = ConfigDict(extra="forbid")
OPEN = ConfigDict(extra="allow")
Seq = Annotated[int, Field(ge=0, lt=2**53)]
Epoch = Annotated[str, Field(min_length=8, max_length=32)]
Kind = Literal["text", "thinking", "tool_args"]
State = Literal["ok", "degraded", "down"]
Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


@with_config(EXACTLY)
class FrameError(TypedDict):
    error_code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]+$")]
    detail: Annotated[str, Field(max_length=2000)]
    message: str
    recoverable: bool
    details: dict[str, Any]
    timestamp: Timestamp
    retry_after_ms: NotRequired[int]


@with_config(EXACTLY)
class ActorTold(TypedDict):
    kind: Literal["user", "agent", "system"]
    id: str
    name: NotRequired[str]


@with_config(EXACTLY)
class Partial(TypedDict):
    """Text that is still being spoken, for who comes in the middle."""

    msg: str
    off: Annotated[int, Field(ge=0)]
    text: str
    kind: NotRequired[Kind]


@with_config(OPEN)
class Part(TypedDict):
    """How a part of the system is."""

    part: str
    state: State
    detail: NotRequired[str]
    since: NotRequired[str | None]


@with_config(EXACTLY)
class Welcome(TypedDict):
    """The hello was good."""

    t: Literal["welcome"]
    v: Literal[1]
    conn: str
    user: str
    ping_ms: int
    window_bytes: int
    token_exp: str | None
    status: NotRequired[list[Part]]


@with_config(OPEN)
class Snapshot(TypedDict):
    """All that draws a session at `head`; `apply(snapshot, event)` is the next one."""

    session: dict[str, Any]
    messages: list[dict[str, Any]]
    runs: list[dict[str, Any]]
    approvals: list[dict[str, Any]]
    # The newest round's words; where the incident stands as a whole is the overview, told in its war room.
    summary: str | None
    overview: dict[str, Any] | None


@with_config(EXACTLY)
class Subscribed(TypedDict):
    """You follow the room: either all that you missed comes now, or a whole snapshot stands for it."""

    t: Literal["subscribed"]
    room: UUID
    epoch: Epoch
    head: Seq
    recovered: bool
    reason: NotRequired[Literal["fresh", "epoch_changed", "behind_floor", "ahead_of_head", "too_far"]]
    snapshot: NotRequired[Snapshot]
    partials: NotRequired[list[Partial]]


@with_config(EXACTLY)
class CaughtUp(TypedDict):
    """The replay has ended; only from here on may a client notify."""

    t: Literal["caught_up"]
    room: UUID
    seq: Seq


@with_config(EXACTLY)
class EventFrame(TypedDict):
    """Something that happened, with its number in the room's log. Move past types you do not know."""

    t: Literal["event"]
    room: UUID
    seq: Seq
    id: UUID
    ts: Timestamp
    type: Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)+$")]
    actor: ActorTold
    data: dict[str, Any]
    run: NotRequired[str]
    parent_run: NotRequired[str]
    cause: NotRequired[UUID]


@with_config(EXACTLY)
class Delta(TypedDict):
    """Text being spoken, outside the log: the message's `message.end` is the truth."""

    t: Literal["delta"]
    room: UUID
    run: str
    msg: str
    off: Annotated[int, Field(ge=0, description="Code points of the message before this text.")]
    text: str
    kind: NotRequired[Kind]


@with_config(EXACTLY)
class Ack(TypedDict):
    """What became of a command, after its commit."""

    t: Literal["ack"]
    cid: UUID
    ok: bool
    seq: NotRequired[Seq]
    dup: NotRequired[bool]
    data: NotRequired[dict[str, Any]]
    error: NotRequired[FrameError]


@with_config(EXACTLY)
class Ping(TypedDict):
    """Answer with `pong` and the same `n`: it says that you are there, and that you have read all before it."""

    t: Literal["ping"]
    n: int
    heads: NotRequired[dict[str, Seq]]


@with_config(EXACTLY)
class Pong(TypedDict):
    t: Literal["pong"]
    n: int


@with_config(EXACTLY)
class Unsub(TypedDict):
    """The room is not followed, or no longer; `error` says why."""

    t: Literal["unsub"]
    room: UUID
    error: NotRequired[FrameError]


@with_config(EXACTLY)
class Bye(TypedDict):
    """The last frame, since some servers drop a close's reason."""

    t: Literal["bye"]
    code: Annotated[int, Field(ge=4000, le=4999)]
    reason: str
    retry_after_ms: NotRequired[int]


@with_config(OPEN)
class Status(Part):
    t: Literal["status"]


@with_config(EXACTLY)
class TypingFrame(TypedDict):
    t: Literal["typing"]
    room: UUID
    user: str
    name: NotRequired[str]


@with_config(EXACTLY)
class Presence(TypedDict):
    t: Literal["presence"]
    room: UUID
    users: list[dict[str, Any]]


@with_config(EXACTLY)
class ErrorFrame(TypedDict):
    """A frame that could not be read; the socket lives on."""

    t: Literal["error"]
    error: FrameError
    cid: NotRequired[str | None]


FRAMES: dict[str, Any] = {
    "welcome": Welcome, "subscribed": Subscribed, "caught_up": CaughtUp, "event": EventFrame, "delta": Delta,
    "ack": Ack, "ping": Ping, "pong": Pong, "unsub": Unsub, "bye": Bye, "status": Status, "typing": TypingFrame,
    "presence": Presence, "error": ErrorFrame,
}  # fmt: skip
