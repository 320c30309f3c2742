"""The embedded runner: woken by commits, takes up what was left, lets go when the server ends."""

import asyncio
import fcntl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import OperationalError
from django.db.models import QuerySet

from agents_app import queue
from agents_app.dispatch import embedded
from agents_app.dispatch.embedded import Home, Runner
from agents_app.models import Run
from agents_app.services import leases, runs, working
from sessions_app import actors
from sessions_app.models import ChatSession
from tests import factories
from tests.agents_app.talking import crash, in_thread, person, post, said, told, until
from tests.fakes.openai_server import FakeOpenAI

pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def running(**how: float) -> AsyncIterator[Runner]:
    """The sweep is long, so that what happens is by the commit's wake-up."""
    runner = Runner(**{"sweep_seconds": 30.0, **how})  # type: ignore[arg-type]
    await runner.start()
    try:
        yield runner
    finally:
        await runner.stop()


@pytest.fixture
def swept(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Awaitable[None]]:
    """Wait until the runner has looked at the whole queue again, and acted on what it saw."""
    looked: list[int] = []
    due = leases.due

    def counted() -> QuerySet[Run]:
        looked.append(1)
        return due()

    async def again() -> None:
        wanted = len(looked) + 3 * len(Run.Lane.values)
        await until(lambda: len(looked) >= wanted)

    monkeypatch.setattr(embedded.leases, "due", counted)
    return again


async def become(run: Run, status: str) -> Run:
    again: Run = await until(Run.objects.filter(pk=run.pk, status=status).first)
    return again


async def test_a_post_wakes_the_runner(room: ChatSession, models: FakeOpenAI) -> None:
    models.says("I am looking.")
    async with running():
        run = await in_thread(post, room)
        run = await become(run, "succeeded")
    assert [message.content for message in await in_thread(said, run)] == ["I am looking."]


async def test_it_stops_though_it_is_woken_in_that_moment(transactional_db: None) -> None:
    runner = Runner(sweep_seconds=30.0)
    await runner.start()
    await until(lambda: runner._swept)
    runner._heard(uuid4(), queue.Change.DUE)
    async with asyncio.timeout(10):
        await runner.stop()


async def test_what_waits_in_one_lane_is_done_in_order(room: ChatSession, models: FakeOpenAI) -> None:
    for answer in ("first", "second", "third"):
        models.says(answer)
    waiting = [await in_thread(post, room, f"question {number}") for number in range(3)]
    async with running():
        for run in waiting:
            await become(run, "succeeded")
    answers = [(await in_thread(said, run))[0] for run in waiting]
    assert [message.content for message in answers] == ["first", "second", "third"]
    assert [message.seq for message in answers] == sorted(message.seq for message in answers)


async def test_a_flood_of_crews_keeps_nobody_waiting_for_an_answer(room: ChatSession, models: FakeOpenAI) -> None:
    models.hangs(after="A crew")
    models.says("An answer.")
    crews = [await in_thread(post, await in_thread(factories.room, agent=room.agent)) for _ in range(4)]
    await in_thread(Run.objects.update, lane=Run.Lane.CREW)
    async with running(at_once=2):
        await become(crews[0], "running")
        await until(lambda: len(models.requests) == 1)
        run = await become(await in_thread(post, room), "succeeded")
        assert await in_thread(Run.objects.filter(status="running").count) == 1
    assert [message.content for message in await in_thread(said, run)] == ["An answer."]


async def test_a_cancel_reaches_a_run_in_mid_stream_at_once(
    room: ChatSession, models: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "WARROOM_LEASE_SECONDS", 60)
    models.hangs(after="I see")
    async with running():
        run = await in_thread(post, room)
        await until(lambda: "message.start" in told(room))
        asked = asyncio.get_running_loop().time()
        await in_thread(runs.cancel, run_id=run.pk, by=actors.person(await in_thread(person)))
        run = await become(run, "cancelled")
        assert asyncio.get_running_loop().time() - asked < 10, "at once, not when the lease is renewed"
    [message] = await in_thread(said, run)
    assert message.status == "cancelled"


async def test_stopping_gives_the_run_back_and_the_next_process_says_it_again(
    room: ChatSession, models: FakeOpenAI
) -> None:
    models.hangs(after="Half a")
    models.says("A whole answer.")
    async with running():
        run = await in_thread(post, room)
        await until(lambda: "message.start" in told(room))
    run = await in_thread(Run.objects.get, pk=run.pk)
    assert (run.status, run.lease_owner, run.crashes, run.speaking) == ("queued", "", 0, [])
    assert "message.reset" in await in_thread(told, room)
    async with running():
        run = await become(run, "succeeded")
    assert [message.content for message in await in_thread(said, run)] == ["A whole answer."]


async def test_a_lease_that_ran_out_is_found_by_the_sweep(
    room: ChatSession, models: FakeOpenAI, swept: Callable[[], Awaitable[None]]
) -> None:
    models.says("I go on.")
    run = await in_thread(post, room)
    await in_thread(working.acquire, run_id=run.pk, owner="gone:1")
    async with running(sweep_seconds=0.05):
        await swept()
        assert (await in_thread(Run.objects.get, pk=run.pk)).lease_owner == "gone:1"
        await in_thread(crash, run)
        run = await become(run, "succeeded")
    assert run.fence == 2


async def test_the_runs_of_this_homes_dead_process_need_not_wait_for_their_lease(
    room: ChatSession, models: FakeOpenAI
) -> None:
    models.says("I go on.")
    before = Home(settings.WARROOM_HOME)
    await in_thread(before.take_over)
    run = await in_thread(post, room)
    await in_thread(working.acquire, run_id=run.pk, owner=before.owner)
    before.leave()  # what the kernel does when a process dies
    async with running():
        run = await become(run, "succeeded")
    assert run.fence == 2


async def test_a_second_runner_of_a_home_leaves_the_first_ones_runs_alone(
    room: ChatSession, models: FakeOpenAI, swept: Callable[[], Awaitable[None]]
) -> None:
    first = Home(settings.WARROOM_HOME)
    await in_thread(first.take_over)
    run = await in_thread(post, room)
    await in_thread(working.acquire, run_id=run.pk, owner=first.owner)
    async with running(sweep_seconds=0.05):
        await swept()
        assert (await in_thread(Run.objects.get, pk=run.pk)).lease_owner == first.owner
    first.leave()
    assert models.requests == []


@pytest.mark.parametrize("error", [OperationalError("the database system is shutting down"), OSError("disk full")])
async def test_a_sweep_that_fails_is_followed_by_the_next(
    room: ChatSession, models: FakeOpenAI, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    models.says("There you are.")
    times = []

    def due_after_two_failures() -> object:
        times.append(1)
        if len(times) <= 2:
            raise error
        return due()

    due = leases.due
    monkeypatch.setattr(embedded.leases, "due", due_after_two_failures)
    async with running(sweep_seconds=0.02):
        await become(await in_thread(post, room), "succeeded")


def test_the_lock_of_a_home_is_the_kernels(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.take_over()
    with (tmp_path / "runner.lock").open() as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    home.leave()
    again = Home(tmp_path)
    again.take_over()
    assert again.owner.split(":")[0] == home.owner.split(":")[0]
    assert again.owner != home.owner
    again.leave()
