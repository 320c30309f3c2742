"""P6: thirty chats at once on one model server of 20 tokens a second, Warroom beside Chainlit, round by round."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from types import FrameType
from typing import Any

from benchmarks.peers.environments import python_with
from benchmarks.rig import table
from benchmarks.rig.processes import cpu_seconds, memory_mb, running
from tests.services.ports import free_port
from tests.services.server import PASSWORD, PROJECT, environment

WARROOM, PEER = "Warroom", "Chainlit"
SESSIONS = 30
TOKENS = int(os.environ.get("P6_TOKENS", "100"))
ROUNDS = int(os.environ.get("P6_ROUNDS", "3"))
LONGEST_SECONDS = 300
CHAINLIT = ("chainlit>=2.12,<2.13", "openai>=2", "aiohttp>=3")

# What is measured, its unit, and the most that it may be of the peer's.
FIGURES = {
    "first": ("first token, beyond the model's own, p50", "ms", 1 / 3),
    "first_p99": ("first token, beyond the model's own, p99", "ms", None),
    "from_model": ("first token, from model to screen, p50", "ms", None),
    "first_soon": ("first tokens on the screen within 50 ms", "%", None),
    "later_p50": ("later tokens, from model to screen, p50", "ms", None),
    "later_p99": ("later tokens, from model to screen, p99", "ms", None),
    "later_soon": ("later tokens on the screen within 100 ms", "%", None),
    "cpu": ("CPU of the server a token", "us", 1.0),
    "memory": ("memory of the server", "MB", 1.0),
    "lost": ("characters lost", "", None),
}


@dataclass(frozen=True)
class Product:
    """A server that runs, and the client that chats with it."""

    name: str
    pid: int
    client: Callable[[int], list[str]]

    def round(self, tokens: int) -> dict[str, float]:
        """From the posts to the last word; signing in and opening the chats are not counted."""
        command = self.client(tokens)
        with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
            try:
                readings, spent = self._chats(client)
            finally:
                client.kill()
        return _figures(json.loads(readings), tokens, spent, memory_mb(self.pid))

    def _chats(self, client: subprocess.Popen[str]) -> tuple[str, float]:
        assert client.stdin is not None
        assert client.stdout is not None
        if client.stdout.readline() != "ready\n":
            raise SystemExit(f"{self.name}: the chats could not be opened")
        before = cpu_seconds(self.pid)
        client.stdin.write("go\n")
        client.stdin.flush()
        return client.stdout.readline() or "[]", cpu_seconds(self.pid) - before


def _figures(replies: list[dict[str, Any]], tokens: int, cpu: float, memory: float) -> dict[str, float]:
    begun = [reply for reply in replies if reply["first"] is not None]
    firsts, from_model = [reply["first"] for reply in begun], [reply["from_model"] for reply in begun]
    delays = [delay for reply in begun for delay in reply["later"]]
    later = quantiles(delays, n=100)
    return {
        "first": median(firsts), "first_p99": max(firsts), "from_model": median(from_model),
        "first_soon": _within(50, from_model), "later_soon": _within(100, delays),
        "later_p50": later[49], "later_p99": later[98], "cpu": cpu * 1e6 / (SESSIONS * tokens), "memory": memory,
        "lost": sum(reply["lost"] for reply in replies),
    }  # fmt: skip


def _within(most_ms: float, delays: list[float]) -> float:
    return 100 * sum(delay <= most_ms for delay in delays) / len(delays)


@contextlib.contextmanager
def model_server(home: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.rig.model_server", str(port)]
    with running(command, port=port, folder=PROJECT, log=home / "model.log", environment=environment(home)):
        yield f"http://127.0.0.1:{port}/v1"


@contextlib.contextmanager
def warroom(home: Path, models: str) -> Iterator[list[Product]]:
    """As `manage.py up` starts it: signed in, every message and event in the database. Followed by stock clients."""
    port = free_port()
    chosen = {"WARROOM_BIND": f"127.0.0.1:{port}", "WARROOM_DEMO_PASSWORD": PASSWORD,
              "OPENAI_BASE_URL": models, "OPENAI_API_KEY": "none", "WARROOM_MODEL": "stamps-1"}  # fmt: skip
    command = [sys.executable, "manage.py", "up"]
    where = [f"http://127.0.0.1:{port}", PASSWORD, str(SESSIONS)]
    log, chosen = home / "warroom.log", environment(home / "warroom", **chosen)
    with running(command, port=port, folder=PROJECT, log=log, environment=chosen) as pid:
        yield [
            Product(name, pid, partial(_command, f"benchmarks.rig.{client}", *where))
            for name, client in ((WARROOM, "warroom_client"), ("Warroom, SSE", "warroom_sse_client"))
        ]


def _command(module: str, *where: str | int) -> list[str]:
    return [sys.executable, "-m", module, *map(str, where)]


@contextlib.contextmanager
def chainlit(home: Path, models: str, python: Path) -> Iterator[Product]:
    """As `chainlit run` starts it: nobody signs in and nothing is stored, which is to its advantage."""
    port, folder = free_port(), home / "chainlit"
    folder.mkdir()
    app = Path(__file__).parent / "peers/chainlit_app.py"
    chosen = environment(home, CHAINLIT_APP_ROOT=str(folder), OPENAI_BASE_URL=models, OPENAI_API_KEY="none")
    where = ["--headless", "--host", "127.0.0.1", "--port", str(port)]
    command = [str(python), "-m", "chainlit", "run", str(app), *where]
    client = [str(python), "-m", "benchmarks.peers.chainlit_client", f"http://127.0.0.1:{port}"]
    with running(command, port=port, folder=folder, log=home / "chainlit.log", environment=chosen) as pid:
        yield Product(PEER, pid, lambda tokens: [*client, str(SESSIONS), str(tokens)])


def measure(products: list[Product]) -> dict[str, list[dict[str, float]]]:
    """Round by round, one product at a time, so that what else the machine does falls on both."""
    for product in products:
        product.round(TOKENS // 10)  # warms up; not counted
    rounds: dict[str, list[dict[str, float]]] = {product.name: [] for product in products}
    for number in range(ROUNDS):
        for product in products if number % 2 == 0 else products[::-1]:
            rounds[product.name].append(product.round(TOKENS))
    return rounds


def report(rounds: dict[str, list[dict[str, float]]]) -> None:
    medians = {
        name: {figure: median(each[figure] for each in measured) for figure in FIGURES}
        for name, measured in rounds.items()
    }
    rows = [_row(figure, {name: each[figure] for name, each in medians.items()}) for figure in FIGURES]
    load = os.getloadavg()[0]
    print(
        f"\n{SESSIONS} chats at once, {TOKENS} tokens each, 20 a second; medians of {ROUNDS} rounds; load {load:.1f}\n"
    )
    table.show(["", *medians, "ratio", "target"][: len(rows[0])], rows)
    if PEER not in medians:
        print(f"\n*** {PEER} COULD NOT BE INSTALLED: THERE IS NOTHING TO COMPARE WITH. ***")
    size = {"sessions": SESSIONS, "tokens": TOKENS, "rounds": ROUNDS}
    title = f"What is wanted of {SESSIONS} chats at once, ours : the peer's, and the ratio"
    table.summarize("p6_streaming", title, _lines(medians), {**size, "medians": medians, "all": rounds})


def _lines(medians: dict[str, dict[str, float]]) -> list[table.Line]:
    """Those with a target; without the peer only our own figures."""
    ours, found = medians[WARROOM], []
    for figure, (words, unit, target) in FIGURES.items():
        if PEER in medians and target is not None:
            theirs = medians[PEER][figure]
            measured = f"{ours[figure]:.0f} : {theirs:.0f} {unit}, {ours[figure] / theirs:.2f}"
            found.append(table.Line(f"P6 {words}", measured, f"<= {target:.2f}", ours[figure] <= target * theirs))
        elif target is not None:
            found.append(table.Line(f"P6 {words}", f"{ours[figure]:.0f} {unit}, and no peer"))
    return [*found, table.at_most("P6 characters lost", ours["lost"], 0)]


def _row(figure: str, values: dict[str, float]) -> list[str]:
    words, unit, target = FIGURES[figure]
    shown = (f"{value:.1f}" if unit else f"{value:.0f}" for value in values.values())
    row = [f"{words} ({unit})" if unit else words, *shown]
    if PEER not in values:
        return row
    ours, theirs = values[WARROOM], values[PEER]
    met = "" if target is None else f"{target:.2f} {'met' if ours <= target * theirs else 'MISSED'}"
    return [*row, f"{ours / theirs:.2f}" if theirs else "-", met]


def main() -> None:
    python = python_with("chainlit", *CHAINLIT)
    signal.signal(signal.SIGTERM, _give_up)
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(LONGEST_SECONDS)
    with tempfile.TemporaryDirectory(prefix="p6-") as folder, contextlib.ExitStack() as started:
        home = Path(folder)
        models = started.enter_context(model_server(home))
        products = started.enter_context(warroom(home, models))
        if python is not None:
            products.append(started.enter_context(chainlit(home, models, python)))
        measured = measure(products)
        signal.alarm(0)  # ending what was started has limits of its own
        report(measured)


def _give_up(number: int, frame: FrameType | None) -> None:
    """As an exception, so that all that was started is ended."""
    raise SystemExit(f"given up after {signal.Signals(number).name}; the longest is {LONGEST_SECONDS} s")


if __name__ == "__main__":
    main()
