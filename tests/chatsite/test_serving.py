"""One process that serves, says goodbye, and takes up where it was."""

import gc
import http.client
import os
import signal
from collections.abc import Callable, Iterator

import httpx
import pytest

from agents_app.serving.lifecycle import LAST_MOMENT_SECONDS, Lifecycle
from tests.services.databases import held_by_another
from tests.services.server import PASSWORD, Server

# On a machine that does nothing else it is five; here other tests run beside it.
PATIENCE_SECONDS = 10


def files(server: Server) -> dict[str, float]:
    static = server.home / "static"
    return {str(path): path.stat().st_mtime for path in static.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("command", "from_nothing"), [("up", True), ("serve", False)])
def test_it_prints_where_it_is_and_who_may_sign_in(
    command: str, from_nothing: bool, start_server: Callable[..., Server]
) -> None:
    server = start_server(command=command, from_nothing=from_nothing)
    with server.sign_in("commander") as commander:
        assert commander.get("/api/v1/me").json()["username"] == "commander"
    assert server.stop() == 0
    said = server.output()
    for word in (server.url, "commander, approver, approver2, responder, observer, admin, auditor", PASSWORD):
        assert word in said
    assert "offline demo model" in said
    assert "Traceback" not in said


@pytest.mark.once
@pytest.mark.parametrize(("command", "how"), [("up", signal.SIGINT), ("serve", signal.SIGTERM)])
def test_it_ends_within_five_seconds_though_clients_hang_on(
    command: str, how: signal.Signals, start_server: Callable[..., Server]
) -> None:
    server = start_server(command=command)
    idle = http.client.HTTPConnection("127.0.0.1", server.port)
    idle.connect()
    half = http.client.HTTPConnection("127.0.0.1", server.port)
    half.putrequest("POST", "/api/v1/auth/token")
    half.putheader("Content-Length", "1000")
    half.endheaders(b"{")
    assert server.process is not None
    os.kill(server.process.pid, how)
    assert server.process.wait(PATIENCE_SECONDS) == 0
    assert "Traceback" not in server.output()
    idle.close()
    half.close()


@pytest.fixture
def held_up(start_server: Callable[..., Server]) -> Iterator[Server]:
    """A server with a request that waits for the database."""
    server = start_server()
    with server.sign_in("commander") as commander:
        body = b'{"title": "Nobody will read this", "severity": "low"}'
        waiting = http.client.HTTPConnection("127.0.0.1", server.port)
        with held_by_another(server, "sessions_app_incident"):
            headers = {"Content-Type": "application/json", "Authorization": commander.headers["Authorization"]}
            waiting.request("POST", "/api/v1/incidents", body, headers)
            yield server
        waiting.close()


def test_it_ends_within_five_seconds_though_the_database_keeps_a_request_waiting(held_up: Server) -> None:
    assert held_up.process is not None
    held_up.process.send_signal(signal.SIGINT)
    assert held_up.process.wait(PATIENCE_SECONDS) == 0
    assert LAST_MOMENT_SECONDS < 5


@pytest.mark.once
def test_the_second_ctrl_c_ends_it_at_once(held_up: Server) -> None:
    assert held_up.process is not None
    held_up.process.send_signal(signal.SIGINT)
    while held_up.process.poll() is None:
        held_up.process.send_signal(signal.SIGINT)
    assert held_up.process.returncode == 1
    assert "Stopped without waiting" not in held_up.output()


@pytest.mark.once
def test_a_second_start_repeats_nothing(server: Server) -> None:
    with server.sign_in("commander") as commander:
        incidents = commander.get("/api/v1/incidents").json()["data"]
    published = files(server)
    assert published
    server.restart()
    with server.sign_in("commander") as commander:
        again = commander.get("/api/v1/incidents").json()["data"]
    assert [one["id"] for one in again] == [one["id"] for one in incidents]
    assert files(server) == published


@pytest.mark.once
def test_a_password_named_later_replaces_the_made_one(start_server: Callable[..., Server]) -> None:
    server = start_server(WARROOM_DEMO_PASSWORD="")
    made = (server.home / "demo_password").read_text()
    assert (server.home / "demo_password").stat().st_mode & 0o777 == 0o600
    server.stop()
    assert made in server.output()
    server.environment["WARROOM_DEMO_PASSWORD"] = server.password = "named-by-me-later"
    server.start()
    server.sign_in("observer").close()
    old = httpx.post(f"{server.url}/api/v1/auth/token", json={"username": "observer", "password": made})
    assert old.status_code == 401


@pytest.mark.once
def test_every_answer_carries_the_headers_that_keep_a_page_closed(shared_server: Server) -> None:
    headers = httpx.get(f"{shared_server.url}/", follow_redirects=True).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Request-ID"]


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
async def test_what_was_imported_is_not_looked_through_for_garbage_while_people_are_served() -> None:
    gc.unfreeze()
    lifecycle = Lifecycle()
    await lifecycle.start()
    await lifecycle.stop()
    assert gc.get_freeze_count() > 50_000
    assert gc.isenabled(), "what requests leave behind is still found"
