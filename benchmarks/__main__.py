"""`make bench`: every script in turn, then one table over all of them. One that fails does not stop the others.

python -m benchmarks [part of a script's name ...]
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.rig import table

HERE = Path(__file__).resolve().parent
# Beyond what each script allows itself; then its whole process group is ended.
LONGEST_SECONDS = 1000
ENDS_SECONDS = 30


def run(name: str) -> str:
    """What went wrong, or nothing. In a group of its own, so that nothing it started outlives it."""
    process = subprocess.Popen([sys.executable, "-m", f"benchmarks.{name}"], cwd=HERE.parent, start_new_session=True)
    try:
        status = process.wait(LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        return f"took longer than {LONGEST_SECONDS} s"
    finally:
        _end(process)
    return f"ended with status {status}" if status else ""


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(ENDS_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"{process.args!r} does not end by itself", file=sys.stderr)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # nothing is left of the group
    process.wait(ENDS_SECONDS)


def measured(name: str) -> list[table.Line]:
    path = table.RESULTS / f"{name}.json"
    path.unlink(missing_ok=True)  # or the figures of another day would stand for these
    print(f"\n== {name}", flush=True)
    began = time.monotonic()
    wrong = run(name)
    print(f"== {name}: {time.monotonic() - began:.0f} s", flush=True)
    kept = json.loads(path.read_text()) if path.exists() else {}
    lines = [table.Line(**line) for line in kept.get("lines", [])]
    return lines + ([table.Line(name, wrong, "", False)] if wrong else [])


def main(wanted: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    names = sorted(path.stem for path in HERE.glob("[a-z]*.py"))
    chosen = [name for name in names if not wanted or any(each in name for each in wanted)]
    failed, lines = False, list[table.Line]()
    for name in sorted(chosen, key=_number):
        found = measured(name)
        failed = failed or not found or any(line.work == name for line in found)
        lines += found
    table.summarize("summary", "All that was measured", lines, {"cores": os.cpu_count()})
    return int(failed)


def _number(name: str) -> tuple[int, str]:
    """P5 before P13, and those without a number last."""
    digits = name.partition("_")[0].removeprefix("p")
    return (int(digits) if digits.isdigit() else 1000, name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
