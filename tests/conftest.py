"""What every test stands on: the lane's database, real servers, a browser that is listened to, and no real model."""

import contextlib
import gc
import inspect
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pydantic_ai.models
import pytest
from asgiref.sync import SyncToAsync
from django.contrib.contenttypes.management import create_contenttypes
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connections
from django.db.backends.postgresql.operations import DatabaseOperations as PostgreSQLOperations
from django.db.models.signals import post_migrate
from playwright.sync_api import BrowserContext, ConsoleMessage, WebError

from sessions_app import rate_limits
from tests.services import chromium
from tests.services.databases import Place, copy_for_tests, fresh_place, migrate, migrated_by_the_lane
from tests.services.server import Server
from tests.settings import LANE_DATABASE

# A test that means to reach a (fake, local) model server says so with `override_allow_model_requests(True)`.
pydantic_ai.models.ALLOW_MODEL_REQUESTS = False
os.environ["OTEL_SDK_DISABLED"] = "true"

hypothesis.settings.register_profile("warroom", deadline=None, print_blob=True)
hypothesis.settings.load_profile("warroom")

HERE = Path(__file__).parent
STRICT = os.environ.get("WARROOM_TEST_STRICT") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE / "browser" in item.path.parents:
            item.add_marker("browser")
        elif not _asks_a_database(item):
            item.add_marker("once")
        _refuse_async_in_a_transaction(item)
    # The longest first, so that the others fill the second worker meanwhile.
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What is imported by now stays, and need not be looked through for garbage again and again."""
    gc.collect()
    gc.freeze()


def _asks_a_database(item: pytest.Item) -> bool:
    """Whether its answer may differ from one database to the other."""
    wanted = {"db", "transactional_db", "start_server", "start_module_server", "shared_server"}
    return item.get_closest_marker("django_db") is not None or not wanted.isdisjoint(getattr(item, "fixturenames", ()))


def _refuse_async_in_a_transaction(item: pytest.Item) -> None:
    """Other threads don't see a test's transaction: rows leak on PostgreSQL, and SQLite locks."""
    if not isinstance(item, pytest.Function) or not inspect.iscoroutinefunction(item.function):
        return
    mark = item.get_closest_marker("django_db")
    plain = mark is not None and not mark.kwargs.get("transaction", False)
    if (plain or "db" in item.fixturenames) and "transactional_db" not in item.fixturenames:
        raise pytest.UsageError(f"{item.nodeid}: an async test that uses the database needs transaction=True")


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> bool:
    """In a lane the tables are there, as a copy. Its PostgreSQL is thrown away as a whole; dropping a database would
    wait for every pooled connection."""
    if like := migrated_by_the_lane():
        copy_for_tests(connections["default"].creation._get_test_db_name(), LANE_DATABASE, like=like)
    return bool(LANE_DATABASE or like)


def _deleted(operations: PostgreSQLOperations, style: object, tables: list[str], **how: object) -> list[str]:
    """Few rows go in 5 ms; to truncate sixty tables takes PostgreSQL 180, however empty they are."""
    rows = "; ".join(f"DELETE FROM {operations.quote_name(table)}" for table in tables)
    # After the last transaction that a test's threads have begun (they lock the session first), and in any order.
    before = "LOCK TABLE sessions_app_chatsession IN EXCLUSIVE MODE; SET LOCAL session_replication_role = replica"
    return [f"{before}; {rows}"]


@pytest.fixture(scope="session", autouse=True)
def _flushed_quickly() -> None:
    """After each test in real transactions Django writes anew what its own apps keep of each model: half of a flush."""
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)
    if LANE_DATABASE:
        PostgreSQLOperations.sql_flush = _deleted


@pytest.fixture(autouse=True)
def _nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    cache.clear()
    ContentType.objects.clear_cache()  # a flush takes the rows that it remembers
    rate_limits.forget_all()
    if inspect.iscoroutinefunction(request.function) and request.node.get_closest_marker("django_db"):
        SyncToAsync.single_thread_executor.submit(connections.close_all).result(10)


# --- Real servers ----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A home with empty tables that servers start from."""
    if like := migrated_by_the_lane():
        yield like
        return
    with fresh_place(tmp_path_factory.mktemp("migrated"), LANE_DATABASE) as place:
        migrate(place)
        yield place


@pytest.fixture
def start_server(tmp_path_factory: pytest.TempPathFactory, migrated: Place) -> Iterator[Callable[..., Server]]:
    """Start servers with chosen environment variables: `start_server(WARROOM_DEMO_TOKEN_MS="30")`."""
    with _servers(tmp_path_factory, migrated) as start:
        yield start


@pytest.fixture(scope="module")
def start_module_server(tmp_path_factory: pytest.TempPathFactory, migrated: Place) -> Iterator[Callable[..., Server]]:
    """The same for servers that all tests of one file share."""
    with _servers(tmp_path_factory, migrated) as start:
        yield start


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    """A server of this test's own, freshly seeded, which it may kill."""
    return start_server()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory, migrated: Place) -> Iterator[Server]:
    """One server for all tests that only look, or make the rooms they change."""
    with _servers(tmp_path_factory, migrated) as start:
        yield start()


@contextlib.contextmanager
def _servers(folders: pytest.TempPathFactory, migrated: Place) -> Iterator[Callable[..., Server]]:
    with contextlib.ExitStack() as opened:

        def start(*, command: str = "up", from_nothing: bool = False, **chosen: str) -> Server:
            like = None if from_nothing else migrated
            place = opened.enter_context(fresh_place(folders.mktemp("home"), LANE_DATABASE, like=like))
            # Its agents talk fast, since many wait for them; a test of what happens meanwhile slows them down.
            usual = {"DATABASE_URL": place.database_url, "WARROOM_DEMO_TOKEN_MS": "2"}
            made = Server(place.home, command=command, **{**usual, **chosen})
            opened.callback(made.kill9)
            return made.start()

        yield start


# --- The browser -----------------------------------------------------------------------------------------------------
class Console:
    """What the browser complained of; a test that provokes a complaint names it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.expected: list[re.Pattern[str]] = []

    def expect(self, pattern: str) -> None:
        self.expected.append(re.compile(pattern))

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._said)
        context.on("weberror", self._failed)

    def unexpected(self) -> list[str]:
        return [line for line in self.lines if not any(pattern.search(line) for pattern in self.expected)]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.lines.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _failed(self, error: WebError) -> None:
        self.lines.append(f"uncaught: {error.error}")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if not chromium.available():
        (pytest.fail if STRICT else pytest.skip)("No Chromium on this machine.")
    return {**browser_type_launch_args, "executable_path": chromium.executable(), "args": chromium.ARGUMENTS}


@pytest.fixture
def console() -> Iterator[Console]:
    """Every console error, uncaught exception and CSP violation of this test's pages fails it."""
    heard = Console()
    yield heard
    assert heard.unexpected() == []


@pytest.fixture
def new_context(new_context: Callable[..., BrowserContext], console: Console) -> Callable[..., BrowserContext]:
    """Another person's browser: `new_context()`; `page` and `context` are the first person's."""

    def listened_to(**options: Any) -> BrowserContext:
        context = new_context(**options)
        console.watch(context)
        return context

    return listened_to
