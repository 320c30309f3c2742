"""What holds the code together: imports go one way, migrations fit the models, one place reads the environment."""

import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.once

PROJECT = Path(__file__).parents[2]
ENVIRONMENT = re.compile(r"\bos\.environ\b|\bos\.getenv\b|\bimport environ\b|\bfrom environ\b")


def test_imports_go_down_only() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run([lint_imports, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.django_db
def test_the_migrations_fit_the_models() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


def test_nothing_but_the_site_reads_the_environment() -> None:
    readers = [
        str(path.relative_to(PROJECT))
        for app in ("sessions_app", "agents_app")
        for path in (PROJECT / app).rglob("*.py")
        if ENVIRONMENT.search(path.read_text())
    ]
    assert readers == []
