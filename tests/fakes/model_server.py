"""A model server for tests: real HTTP on loopback, real SSE, scripted, with faults. Its dialect writes what it says."""

import json
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self

LONGEST_FAULT_SECONDS = 60.0


@dataclass(frozen=True)
class Said:
    """Text, in the pieces that it goes over the wire in."""

    pieces: list[str]


@dataclass(frozen=True)
class Called:
    tool: str
    call_id: str
    arguments: dict[str, Any]

    @property
    def pieces(self) -> list[str]:
        """Its arguments in pieces, as the real thing sends them."""
        text = json.dumps(self.arguments)
        return [text[at : at + 7] for at in range(0, len(text), 7)]


@dataclass
class Reply:
    """How one request is answered: status and headers, then lines of SSE, then how the stream ends."""

    lines: list[str] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    # Waited for before each line; set `until` to let a test decide when the stream goes on.
    until: threading.Event | None = None
    # So many lines go out before the first wait.
    freely: int = 0
    pause_s: float = 0.0
    byte_by_byte: bool = False
    hang: bool = False
    cut: bool = False


class FakeModels(ABC):
    """`with FakeOpenAI() as models: models.says("Hello")`; each request takes the next reply of the script."""

    asked_at: ClassVar[str]
    listed_at: ClassVar[str]
    model: ClassVar[str]

    def __init__(self) -> None:
        self.taken = 0
        self.requests: list[dict[str, Any]] = []
        self.authorizations: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.models = [self.model]
        self.list_status = 200
        # A request with these words takes of the script; others are refused, such as those of a seeded server's crew.
        self.only = ""
        self.closing = threading.Event()
        self._script: deque[Reply] = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    # --- The dialect --------------------------------------------------------------------------------------------------
    @abstractmethod
    def reply_of(self, *parts: "Said | Called", why: str) -> list[str]:
        """The lines of SSE that say these parts, and how it ended: stop, tool_calls, length or content_filter."""

    @abstractmethod
    def begun(self, text: str) -> list[str]:
        """The same for a reply that never comes to its end."""

    @abstractmethod
    def error_body(self, status: int, message: str) -> dict[str, Any]: ...

    @abstractmethod
    def listing(self) -> dict[str, Any]:
        """The answer that names the models."""

    @abstractmethod
    def key_of(self, headers: Message) -> str:
        """What a request shows as its key."""

    # --- The script ---------------------------------------------------------------------------------------------------
    def reply(self, reply: Reply) -> Reply:
        self._script.append(reply)
        return reply

    def says(self, text: str, **how: Any) -> Reply:
        """A whole reply, word by word, with its usage."""
        return self.reply(Reply(self.reply_of(Said(_words(text)), why="stop"), **how))

    def spells(self, text: str, **how: Any) -> Reply:
        """The same letter by letter: whatever is split by the wire is split here."""
        return self.reply(Reply(self.reply_of(Said(list(text)), why="stop"), **how))

    def calls(self, tool: str, *, call_id: str = "call-1", say: str = "", **arguments: Any) -> Reply:
        parts = [Said(_words(say))] if say else []
        return self.reply(Reply(self.reply_of(*parts, Called(tool, call_id, arguments), why="tool_calls")))

    def calls_twice(self, tool: str, *each: dict[str, Any], call_id: str) -> Reply:
        """Several calls in one response, all under one id."""
        called = [Called(tool, call_id, arguments) for arguments in each]
        return self.reply(Reply(self.reply_of(*called, why="tool_calls")))

    def fails(self, status: int, *, retry_after: str | None = None, message: str = "no") -> Reply:
        headers = {"Retry-After": retry_after} if retry_after else {}
        body = json.dumps(self.error_body(status, message)).encode()
        return self.reply(Reply(status=status, headers=headers, body=body))

    def hangs(self, after: str = "") -> Reply:
        return self.reply(Reply(self.begun(after) if after else [], hang=True))

    def trickles(self, text: str, pause_s: float) -> Reply:
        return self.reply(Reply(self.reply_of(Said(_words(text)), why="stop"), byte_by_byte=True, pause_s=pause_s))

    def garbage(self) -> Reply:
        return self.reply(Reply(["data: {this is not JSON}\n\n"]))

    def empty(self) -> Reply:
        return self.reply(Reply(self.reply_of(why="stop")))

    def breaks_off(self, after: str) -> Reply:
        """The connection drops in the middle of the text."""
        return self.reply(Reply(self.begun(after), cut=True))

    def stops_short(self, after: str) -> Reply:
        """The stream ends in good order, but in the middle of the text."""
        return self.reply(Reply(self.begun(after)))

    def take(self, asked: dict[str, Any]) -> Reply:
        if self.only not in json.dumps(asked["messages"]):
            return self._refusal(400, "not for this script")
        self.taken += 1
        return self._script.popleft() if self._script else self._refusal(500, "no script")

    def _refusal(self, status: int, message: str) -> Reply:
        return Reply(status=status, body=json.dumps(self.error_body(status, message)).encode())


def _handler(fake: FakeModels) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            fake.headers.append(dict(self.headers))
            if self.path.partition("?")[0] != fake.listed_at:
                self._whole(404, b"{}", {})
            elif fake.list_status != 200:
                self._whole(fake.list_status, json.dumps(fake.error_body(fake.list_status, "no")).encode(), {})
            else:
                self._whole(200, json.dumps(fake.listing()).encode(), {})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fake.requests.append(asked)
            fake.headers.append(dict(self.headers))
            fake.authorizations.append(fake.key_of(self.headers))
            at_home = self.path.partition("?")[0] == fake.asked_at
            reply = fake.take(asked) if at_home else fake._refusal(404, "nothing is here")
            if reply.status != 200:
                self._whole(reply.status, reply.body, reply.headers)
            else:
                self._stream(reply)

        def _whole(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _stream(self, reply: Reply) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                self._lines(reply)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _lines(self, reply: Reply) -> None:
            for number, piece in enumerate(_pieces(reply)):
                if reply.until and number >= reply.freely:
                    reply.until.wait(LONGEST_FAULT_SECONDS)
                if reply.pause_s:
                    fake.closing.wait(reply.pause_s)
                self._chunk(piece)
            if reply.hang:
                fake.closing.wait(LONGEST_FAULT_SECONDS)
            if reply.cut or reply.hang:
                self.close_connection = True
            else:
                self._chunk(b"")

        def _chunk(self, data: bytes) -> None:
            self.wfile.write(f"{len(data):X}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

    return Handler


def _pieces(reply: Reply) -> Iterator[bytes]:
    for line in reply.lines:
        data = line.encode()
        if reply.byte_by_byte:
            yield from (data[at : at + 1] for at in range(len(data)))
        else:
            yield data


def _words(text: str) -> list[str]:
    words = text.split(" ") if text else []
    return [word if at == 0 else f" {word}" for at, word in enumerate(words)]
