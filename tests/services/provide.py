"""Bring what a lane needs onto this machine where that is possible, and say plainly where it is not."""

import os
import shutil
import subprocess
import sys

from tests.services import chromium
from tests.services import postgresql as clusters
from tests.services.postgresql import Missing


def nothing() -> None:
    """What is installed with the tests is enough."""


def postgresql() -> None:
    try:
        clusters.binaries()
    except Missing:
        if not _install_with_apt("postgresql"):
            raise
        clusters.binaries()


def browser() -> None:
    """Debian's first, the one without a screen before the other; Playwright's own is a download of 150 MB."""
    if chromium.available() or any(_install_with_apt(name) and chromium.available() for name in chromium.NAMES[:2]):
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
