"""Post every alert of a folder to a server of its own, and print what became of each as a table in Markdown.

    .venv/bin/python -m tests.alerts_in_the_wild ../shared/samples > docs/alerts-in-the-wild.md

The files themselves stay where they are: their licences are not ours.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.services.server import Server

MOST_VALUES = 3
HEAD = """# Alerts in the wild

What became of each alert or event file (`.json`, `.jsonl`) of the samples when it was posted to `/api/v1/ingest` of a
fresh server, without a source's name: written by `tests/alerts_in_the_wild.py`, judged by eye. A row is an incident;
the files are no part of the project. Hashes are counted, and so is what goes beyond three of a kind.

- The two bodies of Alertmanager and Grafana have the same shape, and two alerts of the second are those of the first.
  The two findings of GuardDuty have one id: the second is a repeat, and would raise its incident if it were graver.
- The log of PsExec is 286 events of one machine: of the 187 files and 264 hashes that stand in it, those of what was
  started are kept.
- A bare Windows event has no severity and no title: both come from what its number or its command line means.

| file | source guessed | title | severity | indicators | techniques |
|---|---|---|---|---|---|
"""


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home) / "home").start()
        try:
            with server.sign_in("commander") as person:
                sys.stdout.write(HEAD + "\n".join(rows(person, folder)) + "\n")
        finally:
            server.stop()


def rows(person: httpx.Client, folder: Path) -> Iterator[str]:
    seen: dict[str, str] = {}
    for path in sorted(path for path in folder.rglob("*") if path.suffix in (".json", ".jsonl")):
        answer = person.post("/api/v1/ingest", content=path.read_bytes(), headers={"Content-Type": "application/json"})
        assert answer.status_code == 202, (path, answer.text)
        for number in answer.json()["incident_ids"]:
            incident = person.get(f"/api/v1/incidents/{number}").json()
            first = seen.setdefault(number, path.name)
            yield row(path.name, incident, "" if first == path.name else f" (joins that of `{first}`)")


def row(name: str, incident: dict[str, Any], joins: str) -> str:
    found: dict[str, list[str]] = {}
    for each in incident["indicators"]:
        found.setdefault(each["kind"], []).append(each["value"])
    told = "<br>".join(f"{kind}: {len(values) if kind == 'hash' else shown(values)}" for kind, values in found.items())
    cells = (
        f"`{name}`", incident["source"] + joins, plain(incident["title"]), incident["severity"], told,
        ", ".join(incident["techniques"]),
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def shown(values: list[str]) -> str:
    more = f" and {len(values) - MOST_VALUES} more" if len(values) > MOST_VALUES else ""
    return ", ".join(f"`{plain(value)}`" for value in values[:MOST_VALUES]) + more


def plain(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
