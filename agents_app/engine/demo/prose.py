"""Small turns of phrase the roles share."""

from collections.abc import Iterable

MOST_QUOTED = 300


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(items: Iterable[str], *, most: int = 3) -> str:
    """a, b and c; what is over `most` is left out and not counted, so that no number is made up."""
    shown = list(items)[:most]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def quoted(words: str) -> str:
    """A person's words as they were, on one line."""
    line = " ".join(words.split())
    return f"“{line if len(line) <= MOST_QUOTED else line[:MOST_QUOTED] + '…'}”"


def sentence(words: str) -> str:
    """With one full stop, also where a quotation at the end has brought its own."""
    return words if words.endswith((".”", "!”", "?”", "…”")) else f"{words}."


def sentences(parts: Iterable[str]) -> str:
    return " ".join(part for part in parts if part)
