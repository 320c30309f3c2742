"""Where a Chromium is, and how it is started."""

import os
import shutil
from pathlib import Path

# The first is the same engine without a browser's own windows: a page's first sight costs it a third.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing that asks the network or a GPU; no sandbox, since containers and root have none to offer.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def executable() -> str | None:
    """The system's browser, if it has one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def downloaded() -> bool:
    """Whether Playwright has a browser of its own here."""
    kept = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    return any(kept.glob("chromium*"))


def available() -> bool:
    return executable() is not None or downloaded()
