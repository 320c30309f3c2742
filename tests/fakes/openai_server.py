"""A model server for tests: real HTTP on loopback, OpenAI's chat completions wire format, scripted, with faults."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

MODEL = "fake-1"
LONGEST_FAULT_SECONDS = 60.0


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


class FakeOpenAI:
    """`with FakeOpenAI() as models: models.says("Hello")`; each request takes the next reply of the script."""

    def __init__(self) -> None:
        self.taken = 0
        self.requests: list[dict[str, Any]] = []
        self.authorizations: list[str] = []
        self.models = [MODEL]
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

    # --- The script ---------------------------------------------------------------------------------------------------
    def reply(self, reply: Reply) -> Reply:
        self._script.append(reply)
        return reply

    def says(self, text: str, **how: Any) -> Reply:
        """A whole reply, word by word, with its usage."""
        return self.reply(Reply([*_text(text), *_end("stop")], **how))

    def spells(self, text: str, **how: Any) -> Reply:
        """The same letter by letter: whatever is split by the wire is split here."""
        return self.reply(Reply([*(line for letter in text for line in _text(letter)), *_end("stop")], **how))

    def calls(self, tool: str, *, call_id: str = "call-1", say: str = "", **arguments: Any) -> Reply:
        return self.reply(Reply([*_text(say), *_call(tool, call_id, json.dumps(arguments)), *_end("tool_calls")]))

    def calls_twice(self, tool: str, *each: dict[str, Any], call_id: str) -> Reply:
        """Several calls in one response, all under one id."""
        calls = [_call(tool, call_id, json.dumps(arguments), index) for index, arguments in enumerate(each)]
        return self.reply(Reply([*(chunk for call in calls for chunk in call), *_end("tool_calls")]))

    def fails(self, status: int, *, retry_after: str | None = None, message: str = "no") -> Reply:
        headers = {"Retry-After": retry_after} if retry_after else {}
        body = json.dumps({"error": {"message": message, "type": "server_error"}}).encode()
        return self.reply(Reply(status=status, headers=headers, body=body))

    def hangs(self, after: str = "") -> Reply:
        return self.reply(Reply(_text(after), hang=True))

    def trickles(self, text: str, pause_s: float) -> Reply:
        return self.reply(Reply([*_text(text), *_end("stop")], byte_by_byte=True, pause_s=pause_s))

    def garbage(self) -> Reply:
        return self.reply(Reply(["data: {this is not JSON}\n\n"]))

    def empty(self) -> Reply:
        return self.reply(Reply(_end("stop")))

    def breaks_off(self, after: str) -> Reply:
        """The connection drops in the middle of the text."""
        return self.reply(Reply(_text(after), cut=True))

    def take(self, asked: dict[str, Any]) -> Reply:
        if self.only not in json.dumps(asked["messages"]):
            return Reply(status=400, body=b'{"error": {"message": "not for this script"}}')
        self.taken += 1
        return (
            self._script.popleft() if self._script else Reply(status=500, body=b'{"error": {"message": "no script"}}')
        )


def _handler(fake: FakeOpenAI) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            listed = {"object": "list", "data": [{"id": name, "object": "model"} for name in fake.models]}
            if self.path != "/v1/models":
                self._whole(404, b"{}", {})
            elif fake.list_status != 200:
                self._whole(fake.list_status, b'{"error": {"message": "no"}}', {})
            else:
                self._whole(200, json.dumps(listed).encode(), {})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fake.requests.append(asked)
            fake.authorizations.append(self.headers.get("Authorization", ""))
            reply = fake.take(asked)
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


def _sse(**fields: Any) -> str:
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": MODEL,
        "choices": [],
        **fields,
    }
    return f"data: {json.dumps(chunk)}\n\n"


def _choice(delta: dict[str, Any], finish: str | None = None) -> str:
    return _sse(choices=[{"index": 0, "delta": delta, "finish_reason": finish}])


def _text(text: str) -> list[str]:
    words = text.split(" ") if text else []
    return [_choice({"role": "assistant", "content": word if at == 0 else f" {word}"}) for at, word in enumerate(words)]


def _call(tool: str, call_id: str, arguments: str, index: int = 0) -> list[str]:
    """The name first, then the arguments in pieces, as the real thing sends them."""
    named = {"index": index, "id": call_id, "type": "function", "function": {"name": tool, "arguments": ""}}
    pieces = [arguments[at : at + 7] for at in range(0, len(arguments), 7)]
    return [
        _choice({"role": "assistant", "tool_calls": [named]}),
        *(_choice({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}) for piece in pieces),
    ]


def _end(finish: str) -> list[str]:
    usage = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
    return [_choice({}, finish), _sse(usage=usage), "data: [DONE]\n\n"]
