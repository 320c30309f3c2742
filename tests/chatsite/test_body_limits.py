"""A body that is too long is refused as soon as that can be known, on both servers, and leaves nothing behind."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.services.server import Server

pytestmark = pytest.mark.once
KIB = 1024
PIECE = b"x" * 64 * KIB


@pytest.fixture(scope="module", params=["up", "serve"])
def serving(request: pytest.FixtureRequest, start_module_server: Callable[..., Server]) -> Server:
    return start_module_server(command=request.param)


@pytest.mark.parametrize(
    ("path", "length"),
    [
        ("/api/v1/sessions", 1025 * KIB),
        ("/api/v1/ingest/wazuh", 1025 * KIB),
        ("/api/v1/uploads", 11 * KIB * KIB),
        ("/api/v1/incidents/x/evidence", 101 * KIB * KIB),
        ("/incidents/x/messages/", 11 * KIB * KIB),
        ("/api/v1/%75ploads/more", 2 * KIB * KIB),
    ],
)
def test_what_says_that_it_is_too_long_is_refused_before_it_comes(serving: Server, path: str, length: int) -> None:
    with wire(serving) as sent:
        sent.sendall(head(path, f"Content-Length: {length}"))
        status, body = answer(sent)
    assert status == 413
    assert (b'"PAYLOAD_TOO_LARGE"' in body) == path.startswith("/api/")


def test_what_does_not_say_is_counted_while_it_comes(serving: Server) -> None:
    with wire(serving) as sent:
        sent.sendall(head("/api/v1/uploads", "Transfer-Encoding: chunked"))
        for _ in range(11 * KIB * KIB // len(PIECE)):
            sent.sendall(b"%X\r\n%b\r\n" % (len(PIECE), PIECE))
        status, body = answer(sent)
    assert (status, b"PAYLOAD_TOO_LARGE" in body) == (413, True)
    assert kept_open(serving) == []


def test_who_sends_it_all_the_same_reads_the_answer(serving: Server) -> None:
    with wire(serving) as sent:
        sent.sendall(head("/api/v1/sessions", f"Content-Length: {2 * KIB * KIB}"))
        for _ in range(2 * KIB * KIB // len(PIECE)):
            sent.sendall(PIECE)
        assert answer(sent)[0] == 413


@pytest.mark.parametrize("path", ["/api/v1/uploads", "/api/v1/incidents/01890000-0000-7000-8000-000000000000/evidence"])
def test_what_fits_is_read(serving: Server, path: str) -> None:
    with wire(serving) as sent:
        sent.sendall(head(path, f"Content-Length: {9 * KIB * KIB}", "Content-Type: multipart/form-data; boundary=x"))
        for _ in range(9 * KIB * KIB // len(PIECE)):
            sent.sendall(PIECE)
        assert answer(sent)[0] == 401


def wire(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def head(path: str, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *headers, "", ""]
    return "\r\n".join(lines).encode()


def answer(sent: socket.socket) -> tuple[int, bytes]:
    with sent.makefile("rb") as lines:
        status = int(lines.readline().split()[1])
        length = 0
        while (line := lines.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return status, lines.read(length)


def kept_open(server: Server) -> list[str]:
    """Temporary files of some size that the server still holds."""
    assert server.process is not None
    held = Path(f"/proc/{server.process.pid}/fd")
    if not held.exists():
        return []
    names = [(each, os.readlink(each)) for each in held.iterdir() if each.is_symlink()]
    return [name for each, name in names if "deleted" in name and each.stat().st_size > KIB * KIB]
