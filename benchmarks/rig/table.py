"""Figures as a table to read, and as JSON to keep."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

RESULTS = Path(__file__).resolve().parent.parent / "results"
VERDICTS = {True: "met", False: "MISSED", None: ""}


class Line(NamedTuple):
    """One measured thing of a script's summary, and of the table over all of them."""

    work: str
    measured: str
    target: str = ""
    met: bool | None = None

    def cells(self) -> list[str]:
        return [self.work, self.measured, self.target, VERDICTS[self.met]]


def at_most(work: str, value: float, most: float, unit: str = "") -> Line:
    return Line(work, f"{value:.3g}{unit}", f"<= {most:g}{unit}", value <= most)


def at_least(work: str, value: float, least: float, unit: str = "") -> Line:
    return Line(work, f"{value:.3g}{unit}", f">= {least:g}{unit}", value >= least)


def show(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[at]) for row in [heads, *rows]) for at in range(len(heads))]
    for row in [heads, ["-" * width for width in widths], *rows]:
        first, *others = (cell.ljust(width) if at == 0 else cell.rjust(width)
                          for at, (cell, width) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
        print("  ".join([first, *others]))


def summarize(name: str, title: str, lines: Sequence[Line], figures: dict[str, Any]) -> None:
    """The end of a script: its lines to read, and with its figures to keep; the load says how quiet the machine was."""
    load = os.getloadavg()[0]
    print(f"\n{title}; load {load:.1f}\n")
    show(["", "measured", "target", ""], [line.cells() for line in lines])
    kept = {"load": load, "lines": [line._asdict() for line in lines], **figures}
    print(f"\nkept in {keep(name, kept)}")


def keep(name: str, figures: dict[str, Any]) -> Path:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(figures, indent=2) + "\n")
    return path
