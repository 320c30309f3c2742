"""A long log comes in while people work: the server's memory hardly moves, and the file is there whole."""

import hashlib
from pathlib import Path

import pytest

from tests.services.server import Server

LINE = b"Nov 20 03:00:01 gate-1 sshd[7]: Failed password for root from 203.0.113.5 port 22 ssh2\n"
SIZE = 60 * 1024 * 1024


def most_memory(pid: int, *, forget: bool = False) -> int:
    """The most memory a process has had, in bytes; `forget` starts counting anew."""
    if forget:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


@pytest.mark.once
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Only Linux tells a process's peak memory.")
def test_a_long_upload_hardly_moves_the_servers_memory_signed_in_or_not(server: Server, tmp_path: Path) -> None:
    log = tmp_path / "auth.log"
    log.write_bytes(LINE * (SIZE // len(LINE)))
    assert server.process is not None
    with server.sign_in("responder") as client:
        incident = client.get("/api/v1/incidents").json()["data"][-1]["id"]
        path = f"/api/v1/incidents/{incident}/evidence"
        before = most_memory(server.process.pid, forget=True)
        with log.open("rb") as file:
            taken = client.post(path, files={"file": file})
        client.headers.pop("Authorization")
        with log.open("rb") as file:
            refused = client.post(path, files={"file": file})
        grown = most_memory(server.process.pid) - before
    assert (taken.status_code, refused.status_code) == (201, 401)
    assert taken.json()["lines"] == SIZE // len(LINE)
    assert taken.json()["sha256"] == hashlib.sha256(log.read_bytes()).hexdigest()
    assert grown < 2 * SIZE
