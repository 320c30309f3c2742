"""What keeps `manage.py up` from starting is told in one line, and the status says so."""

import contextlib
import shutil
import socket
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.services.databases import Place
from tests.services.ports import free_port
from tests.services.server import PROJECT, command_line, environment

pytestmark = pytest.mark.once


def run(command: str, home: Path, **chosen: str) -> subprocess.CompletedProcess[str]:
    chosen.setdefault("WARROOM_BIND", f"127.0.0.1:{free_port()}")
    return subprocess.run(
        command_line(command), env=environment(home, **chosen), cwd=PROJECT, capture_output=True, text=True, timeout=60
    )


def assert_refused(ended: subprocess.CompletedProcess[str], *words: str) -> None:
    assert ended.returncode != 0
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert all(word in ended.stderr for word in words), ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize("command", ["up", "serve"])
def test_a_taken_port(command: str, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        assert_refused(run(command, tmp_path / "home", WARROOM_BIND=taken), taken, "taken", "WARROOM_BIND")


def test_a_start_waits_for_no_sdk_of_a_model_server(tmp_path: Path) -> None:
    """They take as long to import as all the rest; who uses the demo model, or only one of them, need not wait."""
    started = "import sys, agents_app.serving.with_daphne, agents_app.engine.advance"
    look = f"{started}; print({{'openai', 'anthropic'}} & {{*sys.modules}})"
    command = command_line("shell", "--verbosity", "0", "-c", look)
    ended = subprocess.run(command, env=environment(tmp_path), cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert ended.stdout.strip() == "set()", ended.stderr


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    assert_refused(run("up", tmp_path / "home"), "WARROOM_HOME", "is a file")


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    assert_refused(run("up", Path("/proc/warroom")), "WARROOM_HOME", "/proc/warroom")


def test_a_home_whose_database_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "warroom.sqlite3").write_text("a shopping list")
    assert_refused(run("up", tmp_path), "WARROOM_HOME", "not a database")


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("WARROOM_BIND", "nowhere", "host:port"),
        ("WARROOM_BIND", "127.0.0.1:99999", "host:port"),
        ("DATABASE_URL", "mysql://ann:pass-word@db/warroom", "PostgreSQL"),
        ("ENGINEER_CHAT_MAX_ROUNDS", "0", "from 1 to"),
        ("ENGINEER_CHAT_AI_TIMEOUT", "soon", "whole number"),
        ("WARROOM_SESSION_IDLE_HOURS", "0", "from 1 to"),
        ("WARROOM_RATE_MESSAGES", "-1", "from 0 to"),
        ("CHAT_EXECUTION_MODE", "both", "direct_llm"),
        ("LOG_LEVEL", "LOUD", "INFO"),
        ("SECRET_KEY", "x" * 50, "random"),
        ("OPENAI_BASE_URL", "localhost:11434", "http://"),
        ("WARROOM_TRUSTED_PROXIES", "the-proxy", "network"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, word: str, tmp_path: Path) -> None:
    ended = run("up", tmp_path / "home", **{name: value})
    assert_refused(ended, name, word)
    assert "pass-word" not in ended.stderr


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    ended = run("up", tmp_path, DATABASE_URL=f"postgres://ann:pass-word@127.0.0.1:{free_port()}/warroom")
    assert_refused(ended, "DATABASE_URL", "refused")
    assert "pass-word" not in ended.stderr


def refuse_to_open(home: Path, password: str) -> None:
    chosen = {"WARROOM_BIND": f"0.0.0.0:{free_port()}", "WARROOM_DEMO_PASSWORD": password}
    assert_refused(run("up", home, **chosen), "WARROOM_BIND", "WARROOM_DEMO_PASSWORD", "12")
    with contextlib.closing(sqlite3.connect(home / "warroom.sqlite3")) as database:
        people = database.execute("SELECT count(*) FROM sessions_app_user").fetchone()
    assert people == (0,), "a refused start leaves the people as they were"


def test_demo_sign_ins_with_a_made_password_are_not_offered_to_others(tmp_path: Path) -> None:
    home = tmp_path / "home"
    refuse_to_open(home, password="")
    kept = [home, *home.iterdir()]
    assert [path.name for path in kept if path.stat().st_mode & 0o077] == [], "what is kept is for nobody else"


def test_nor_are_those_with_a_short_one(tmp_path: Path, migrated: Place) -> None:
    home = Path(shutil.copytree(migrated.home, tmp_path / "home"))
    refuse_to_open(home, password="elevenchars")
