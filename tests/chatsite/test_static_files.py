"""Static files carry their content in their names, through every import of a module."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from pytest_django import Settings

pytestmark = pytest.mark.once

IMPORT = re.compile(r"""^\s*(?:import|export)\b[^;'"]*?['"](\.{1,2}/[^'"]+)['"]""", re.MULTILINE)
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")


@pytest.fixture
def published(settings: Settings, tmp_path: Path) -> Path:
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "chatsite.staticfiles.ModuleStorage"}}
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", verbosity=0, interactive=False)
    return tmp_path


def test_every_import_of_our_modules_leads_to_a_hashed_file(published: Path) -> None:
    modules = [path for path in (published / "js").rglob("*.js") if HASHED.search(path.name)]
    assert modules
    for module in modules:
        for target in IMPORT.findall(module.read_text()):
            assert HASHED.search(target), f"{module.name} imports {target}"
            assert (module.parent / target).resolve().is_file()


def test_our_modules_end_their_imports_with_a_semicolon() -> None:
    """The rewriting sees an import only where a semicolon ends it."""
    for module in (Path(__file__).parents[2] / "static" / "js").rglob("*.js"):
        for line in module.read_text().splitlines():
            if re.match(r"\s*(import|export)\b.*from\s", line) or re.match(r"\s*import\s+['\"]", line):
                assert line.rstrip().endswith(";"), f"{module.name}: {line}"


def test_a_file_is_found_under_its_hashed_name(published: Path) -> None:
    from chatsite.staticfiles import ModuleStorage

    storage = ModuleStorage(location=published, base_url="/static/")
    assert HASHED.search(storage.url("admin/css/base.css"))
    assert staticfiles_storage is not storage
