"""The examples that the documentation shows are whole programs, and they run."""

import subprocess
import sys

import pytest
from playwright._impl._driver import compute_driver_executable

from sessions_app.api.schema import examples
from tests.services.server import PROJECT, Server

NODE = compute_driver_executable()[0]  # it comes with the tests' browser driver, so it is always there
PROGRAMS = {"curl": ["bash", "examples/api.sh"], "Python": [sys.executable, "examples/api.py"],
            "JavaScript": [NODE, "examples/api.mjs"]}  # fmt: skip


@pytest.mark.once
@pytest.mark.parametrize("language", PROGRAMS)
def test_an_example_runs_from_the_token_to_the_decision(shared_server: Server, language: str) -> None:
    command = [*PROGRAMS[language], shared_server.url, shared_server.password]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=100, check=False)
    said = f"{ended.stdout}{ended.stderr}"
    assert ended.returncode == 0, said
    for expected in ("offline-demo", "message.end", "rejected"):
        assert expected in said


@pytest.mark.once
def test_the_page_shows_the_very_lines_that_ran() -> None:
    for section in examples.sections():
        for sample in section.samples:
            assert sample.text in (PROJECT / sample.file).read_text()
    assert [section.name for section in examples.sections()] == list(examples.TITLES)
