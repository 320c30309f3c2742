"""F25: whatever the OpenAPI document allows or forbids, every door does what the document says."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.services.server import PROJECT, Server

CONTRACTS = PROJECT / "tests" / "contracts"


def without_crews(server: Server) -> None:
    with contextlib.closing(sqlite3.connect(server.home / "warroom.sqlite3", timeout=20)) as database, database:
        database.execute("UPDATE agents_app_agent SET enabled = 0 WHERE role = 'captain'")


@pytest.mark.once
@pytest.mark.long
@pytest.mark.timeout(900)
def test_schemathesis_finds_nothing(start_server: Callable[..., Server], tmp_path: Path) -> None:
    limits = {f"WARROOM_RATE_{of}": "0" for of in ("SIGN_INS", "MESSAGES", "INGEST", "SEARCHES")}
    server = start_server(WARROOM_DEMO_TOKEN_MS="0", **limits)
    without_crews(server)
    ask_everything(server, tmp_path, who="commander")
    # What the commander may not see.
    ask_everything(server, tmp_path, "--include-path", "/api/v1/audit", who="auditor")


def ask_everything(server: Server, folder: Path, *chosen: str, who: str) -> None:
    ended = subprocess.run(
        [Path(sys.executable).with_name("st"), "--config-file", CONTRACTS / "schemathesis.toml", "run",
         f"{server.url}/api/v1/schema", "--header", f"Authorization: Bearer {server.token_of(who)}", "--checks", "all",
         "--max-examples", "2", "--no-color", *chosen],
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.contracts.schemathesis_hooks", "PYTHONPATH": str(PROJECT)},
        cwd=folder, capture_output=True, text=True, timeout=700, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, f"{ended.stdout[-40_000:]}{ended.stderr[-2000:]}"
