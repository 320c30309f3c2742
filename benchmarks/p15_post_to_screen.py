"""P15: how soon what is said is seen, while an agent streams in 20 other rooms; beside a chat of Channels alone."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.rig import table
from benchmarks.rig.bounds import give_up_after
from benchmarks.rig.served import Watcher, module, warroom, watcher
from tests.services.server import PASSWORD

BUSY = 20
POSTS = int(os.environ.get("P15_POSTS", "30"))
TOKENS = int(os.environ.get("P15_TOKENS", "60"))
ROUNDS = int(os.environ.get("P15_ROUNDS", "2"))
LONGEST_SECONDS = 300
# What is measured, and the most that its p95 may be.
WAYS = {
    "post": ("a post until another screen has it", 100),
    "commit": ("an event's row until its frame", 50),
    "reply": ("a model's last word until the message's end", 200),
}


def measure(folder: Path) -> dict[str, list[dict[str, list[float]]]]:
    """In turns; both have the same model server, and are idle while the other is looked at."""
    with ExitStack() as started:
        models = started.enter_context(module(folder / "models", "benchmarks.rig.model_server"))
        chosen = {"OPENAI_BASE_URL": f"{models.url}/v1", "OPENAI_API_KEY": "none", "WARROOM_MODEL": "stamps-1"}
        ours = started.enter_context(warroom(folder / "ours", WARROOM_RATE_MESSAGES="0", **chosen))
        stock = started.enter_context(module(folder / "stock", "benchmarks.peers.stock_chat", **chosen))
        size = (str(BUSY), str(POSTS), str(TOKENS))
        clients: dict[str, Watcher] = {
            "ours": started.enter_context(watcher("benchmarks.rig.busy_rooms", ours.url, *size, PASSWORD)),
            "stock": started.enter_context(watcher("benchmarks.rig.busy_rooms", stock.url, *size)),
        }
        rounds: dict[str, list[dict[str, list[float]]]] = {name: [] for name in clients}
        for number in range(ROUNDS):
            for name, client in list(clients.items())[:: 1 if number % 2 == 0 else -1]:
                client.begin()
                rounds[name].append(client.read())
    return rounds


def figures(rounds: list[dict[str, list[float]]]) -> dict[str, dict[str, float]]:
    return {
        way: {
            "p50": median(median(each[way]) for each in rounds),
            "p95": median(quantiles(each[way], n=20)[18] for each in rounds),
        }
        for way in WAYS
    }


def lines(ours: dict[str, Any], stock: dict[str, Any]) -> list[table.Line]:
    found = []
    for way, (words, most) in WAYS.items():
        found.append(table.at_most(f"P15 {words}, p95", ours[way]["p95"], most, " ms"))
        beside = f"{ours[way]['p50']:.0f} ms; {stock[way]['p50']:.0f} and {stock[way]['p95']:.0f} ms"
        found.append(table.Line(f"P15 {words}, p50; stock's p50 and p95", beside))
    return found


def main() -> None:
    give_up_after(LONGEST_SECONDS)
    with tempfile.TemporaryDirectory(prefix="p15-") as folder:
        rounds = measure(Path(folder))
    ours, stock = figures(rounds["ours"]), figures(rounds["stock"])
    title = f"How soon what is said is seen, with {BUSY} busy rooms; medians of {ROUNDS} rounds"
    kept = {"ours": ours, "stock": stock, "rounds": rounds}
    table.summarize("p15_post_to_screen", title, lines(ours, stock), kept)


if __name__ == "__main__":
    main()
