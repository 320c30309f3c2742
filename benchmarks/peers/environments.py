"""An environment of its own for each peer, kept for the next time."""

import subprocess
import sys
from pathlib import Path

KEPT = Path(__file__).resolve().parent.parent / ".peers"
INSTALL_SECONDS = 600


def python_with(name: str, *requirements: str) -> Path | None:
    """The Python that has these; None, said loudly, where they can't be installed."""
    home = KEPT / name
    python, complete = home / "bin/python", home / "complete"
    wanted = "\n".join(requirements)
    if complete.exists() and complete.read_text() == wanted:
        return python
    print(f"Installing {', '.join(requirements)} (once) ...", flush=True)
    try:
        _run(sys.executable, "-m", "venv", "--without-pip", "--clear", str(home))
        _run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *requirements)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"\n*** {name} COULD NOT BE INSTALLED, SO IT IS NOT MEASURED: {error} ***\n", flush=True)
        return None
    complete.write_text(wanted)
    return python


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=INSTALL_SECONDS)
