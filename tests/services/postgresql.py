"""A PostgreSQL of the tests' own: made for a run, on its own port and socket, gone afterwards."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.services.ports import free_port

START_SECONDS = 30
# Speed before safety: this database is thrown away.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
}


class Missing(Exception):
    """What a lane needs is not on this machine."""


def binaries() -> Path:
    """The folder of the newest PostgreSQL server here; its programs are not on the PATH of a Debian."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    found = versions[-1] if versions else shutil.which("postgres")
    if found is None:
        raise Missing("PostgreSQL server (postgres and initdb; Debian: apt-get install postgresql)")
    return Path(found).resolve().parent


class Cluster:
    """One PostgreSQL server with its data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self.bin = binaries()
        self.user = _unprivileged_user()
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        return f"postgres://warroom:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        passwords = self.folder / "password"
        passwords.write_text(self.password)
        if self.user is not None:
            for path in (self.folder, passwords):
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "warroom", "--auth=scram-sha-256",
                  f"--pwfile={passwords}", "--encoding=UTF8", "--locale=C", "--no-sync")  # fmt: skip
        passwords.unlink()

    def start(self) -> None:
        settings = {**FAST, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        command = [str(self.bin / "postgres"), "-D", str(self.folder / "data")]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **self._as_user())
        self._wait_until_it_answers()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT rolls back and goes, SIGQUIT is a crash."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)

    def _wait_until_it_answers(self) -> None:
        assert self.process is not None
        ready = [str(self.bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        until = time.monotonic() + START_SECONDS
        while subprocess.run(ready, check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([str(self.bin / program), *arguments], check=True, capture_output=True, cwd="/",
                       **self._as_user())  # fmt: skip

    def _as_user(self) -> dict[str, Any]:
        if self.user is None:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """A running PostgreSQL server, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="warroom-pg-"))
    server = None
    try:
        server = Cluster(folder)
        server.create()
        server.start()
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; then it runs as another."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Missing("a user other than root for PostgreSQL to run as")
