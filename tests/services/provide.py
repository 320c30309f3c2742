"""Bring what a lane needs onto this machine where that is possible, and say plainly where it is not."""

import os
import shutil
import subprocess
import sys

from tests.services import chromium, postgresql
from tests.services.postgresql import Missing


def provide_postgresql() -> None:
    try:
        postgresql.binaries()
    except Missing:
        if not _install_with_apt("postgresql"):
            raise
        postgresql.binaries()


def provide_chromium() -> None:
    """The system's browser first; Playwright's own is a download of 150 MB."""
    if chromium.available() or (_install_with_apt("chromium") and chromium.available()):
        return
    _run([sys.executable, "-m", "playwright", "install", "chromium"], seconds=240)
    if not chromium.available():
        raise Missing("Chromium (Debian: apt-get install chromium; elsewhere: playwright install --with-deps chromium)")


def _install_with_apt(package: str) -> bool:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    print(f"Installing {package} with apt-get ...", flush=True)
    return _run(["apt-get", "update", "-qq"], seconds=120) and _run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], seconds=420
    )


def _run(command: list[str], *, seconds: int) -> bool:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, env=quiet, timeout=seconds, capture_output=True, text=True, check=False)
    except (subprocess.TimeoutExpired, FileNotFoundError) as error:
        print(f"{' '.join(command)}: {error}", file=sys.stderr)
        return False
    if done.returncode:
        print(f"{' '.join(command)}: {done.stderr.strip()[-400:]}", file=sys.stderr)
    return done.returncode == 0
