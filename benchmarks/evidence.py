"""A log of 100 MB is attached while rooms stream: the server's memory, the stream's delays, and a search over the log.

make bench        or        python -m benchmarks.evidence
"""

import os
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks.rig import bounds, served, table
from tests.services.server import PASSWORD

MEGABYTES = int(os.environ.get("EVIDENCE_MB", "100"))
ROUNDS = int(os.environ.get("EVIDENCE_ROUNDS", "3"))
SESSIONS, TOKENS = 5, 160
LONGEST_SECONDS = 600
SEARCHES = {
    "words nobody wrote": {"q": "unheard-of thing"},
    "a word of the last line": {"q": "needle-4711"},
    "an address as a whole": {"indicator": "198.51.100.77"},
    "an expression": {"regex": r"session \d+ closed by .*needle"},
    "a catastrophic expression": {"regex": "(a+)+needle(b|b)*$"},
    "a word of every line": {"q": "password"},
}


def write_log(path: Path) -> None:
    with path.open("w") as file:
        number, size = 0, 0
        while size < MEGABYTES * 1024 * 1024 - 400:
            text = "".join(
                f"Nov 20 {n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02} gate-{n % 9} sshd[{n}]: Failed password for "
                f"user{n % 97} from 203.0.113.{n % 250} port {n % 60000} ssh2\n"
                for n in range(number, number + 2)
            )
            number, size = number + 2, size + len(text)
            file.write(text)
        file.write("Nov 20 23:59:59 gate-1 sshd[1]: session 7 closed by 198.51.100.77 with needle-4711\n")


def most_memory(pid: int, *, forget: bool = False) -> float:
    """The most a process has had, in MB; `forget` starts counting anew."""
    if forget:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


class Attaching:
    """A responder who attaches the log, in a thread, while others read their replies."""

    def __init__(self, url: str, log: Path) -> None:
        self.client = httpx.Client(base_url=f"{url}/api/v1/", timeout=300)
        signed_in = self.client.post("auth/token", json={"username": "commander", "password": PASSWORD})
        self.client.headers["Authorization"] = f"Bearer {signed_in.raise_for_status().json()['access']}"
        declared = self.client.post("incidents", json={"title": "A long log", "severity": "high"})
        self.incident = declared.raise_for_status().json()["id"]
        self.log, self.took, self.row = log, 0.0, dict[str, Any]()

    def __call__(self) -> None:
        began = time.monotonic()
        with self.log.open("rb") as file:
            answer = self.client.post(f"incidents/{self.incident}/evidence", files={"file": file})
        self.row, self.took = answer.raise_for_status().json(), time.monotonic() - began

    def search(self, asked: dict[str, str]) -> float:
        began = time.monotonic()
        self.client.get(f"evidence/{self.row['id']}/lines", params=asked).raise_for_status()
        return time.monotonic() - began


def streamed(url: str, meanwhile: Attaching | None) -> list[float]:
    """The delays of all tokens but each reply's first, in ms."""
    where = (url, PASSWORD, str(SESSIONS), str(TOKENS))
    with served.watcher("benchmarks.rig.warroom_sse_client", *where) as watching:
        watching.begin()
        if meanwhile:
            time.sleep(1)
            attaching = threading.Thread(target=meanwhile)
            attaching.start()
            attaching.join()
        replies = watching.read()
    if lost := sum(reply["lost"] for reply in replies):
        raise SystemExit(f"{lost} characters were lost")
    return [delay for reply in replies for delay in reply["later"]]


def p99(delays: list[float]) -> float:
    return statistics.quantiles(delays, n=100)[98]


def measure(server: served.Served, log: Path) -> dict[str, Any]:
    attaching = Attaching(server.url, log)
    streamed(server.url, None)  # warms up; not counted
    quiet, busy, grown, took = list[float](), list[float](), list[float](), list[float]()
    for _ in range(ROUNDS):
        quiet.append(p99(streamed(server.url, None)))
        before = most_memory(server.pid, forget=True)
        busy.append(p99(streamed(server.url, attaching)))
        grown.append(most_memory(server.pid) - before)
        took.append(attaching.took)
    searches = {
        name: statistics.median(attaching.search(asked) for _ in range(ROUNDS)) for name, asked in SEARCHES.items()
    }
    return {"quiet_ms": quiet, "busy_ms": busy, "grown_mb": grown, "attach_s": took, "search_s": searches}


def report(found: dict[str, Any]) -> None:
    quiet, busy = statistics.median(found["quiet_ms"]), statistics.median(found["busy_ms"])
    lines = [
        table.at_most(f"memory grows by, {MEGABYTES} MB attached", max(found["grown_mb"]), 100, " MB"),
        table.Line("p99 of the stream, quiet", f"{quiet:.3g} ms"),
        table.Line("p99 of the stream, while it is attached", f"{busy:.3g} ms"),
        table.at_most("the second by the first", busy / quiet, 2, "x"),
        table.Line("attaching it", f"{statistics.median(found['attach_s']):.3g} s"),
        *(table.at_most(f"search: {name}", seconds, 2, " s") for name, seconds in found["search_s"].items()),
    ]
    table.summarize("evidence", f"Evidence of {MEGABYTES} MB while {SESSIONS} rooms stream", lines, found)


def main() -> None:
    bounds.give_up_after(LONGEST_SECONDS)
    with tempfile.TemporaryDirectory(prefix="evidence-") as folder:
        home = Path(folder)
        log = home / "auth.log"
        write_log(log)
        with served.module(home / "model", "benchmarks.rig.model_server") as models:
            chosen = {"OPENAI_BASE_URL": f"{models.url}/v1", "OPENAI_API_KEY": "none", "WARROOM_MODEL": "stamps-1"}
            with served.warroom(home / "warroom", **chosen) as server:
                report(measure(server, log))


if __name__ == "__main__":
    main()
