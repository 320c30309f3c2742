"""The examples on the documentation page: cut out of the programs under `examples/`, which a test runs."""

import re
from functools import cache
from typing import NamedTuple

from django.conf import settings

FILES = {"curl": "examples/api.sh", "Python": "examples/api.py", "JavaScript": "examples/api.mjs"}
TITLES = {
    "token": "Get a token",
    "session": "Open a session",
    "message": "Say something, and wait for the reply",
    "sse": "Follow the log by Server-Sent Events",
    "socket": "Follow the log by WebSocket",
    "approval": "Decide an approval",
}
MARK = re.compile(r"^(?:#|//) == (\w+)\n", re.MULTILINE)


class Sample(NamedTuple):
    language: str
    file: str
    text: str


class Section(NamedTuple):
    name: str
    title: str
    samples: list[Sample]


@cache
def sections() -> list[Section]:
    """Each thing one does, in every language that can."""
    cut = {language: _cut((settings.BASE_DIR / file).read_text()) for language, file in FILES.items()}
    return [
        Section(name, title, [Sample(lang, FILES[lang], cut[lang][name]) for lang in FILES if name in cut[lang]])
        for name, title in TITLES.items()
    ]


def _cut(program: str) -> dict[str, str]:
    _, *parts = MARK.split(program)
    return {name: text.strip("\n") for name, text in zip(parts[::2], parts[1::2], strict=True)}
