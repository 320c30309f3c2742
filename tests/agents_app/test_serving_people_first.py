"""Runs start while nobody is being served; where somebody always is, one after the other."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from agents_app.dispatch import usher
from agents_app.dispatch.embedded import Runner
from agents_app.models import Run
from chatsite.serving_first import ServingFirst
from sessions_app import doorway
from sessions_app.models import ChatSession
from tests.agents_app.talking import in_thread, post
from tests.agents_app.test_the_runner import become, running
from tests.fakes.openai_server import FakeOpenAI


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """How long a run waits for a quiet moment; a visit counts for as long as the test lasts."""
    monkeypatch.setattr(doorway, "COUNTS_FOR_SECONDS", 300.0)
    return lambda seconds: monkeypatch.setattr(usher, "LONGEST_WAIT_SECONDS", seconds)


async def test_who_gives_up_waiting_for_quiet_is_forgotten(patience: Callable[[float], None]) -> None:
    with doorway.visit():
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await doorway.quiet()
        assert not doorway._waiting


@pytest.mark.django_db(transaction=True)
async def test_a_run_waits_until_who_is_being_served_has_the_answer(
    room: ChatSession, models: FakeOpenAI, patience: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    patience(300)
    models.says("Now you.")
    order: list[str] = []
    take_up = Runner._take_up

    def taken(runner: Runner, run_id: Any) -> bool:
        order.append("run")
        return take_up(runner, run_id)

    monkeypatch.setattr(Runner, "_take_up", taken)
    async with running():
        with doorway.visit():
            run = await in_thread(post, room)
            await in_thread(Run.objects.get, pk=run.pk)  # what the commit called has come across by now
            order.append("answer")
        await become(run, "succeeded")
    assert order[:2] == ["answer", "run"]  # the first look at the whole queue may find it as well


@pytest.mark.django_db(transaction=True)
async def test_no_run_waits_for_ever_where_somebody_is_always_served(
    room: ChatSession, models: FakeOpenAI, patience: Callable[[float], None]
) -> None:
    patience(0.01)
    models.says("At last.")
    async with running():
        with doorway.visit():
            await become(await in_thread(post, room), "succeeded")


async def test_a_request_is_served_until_the_first_words_of_its_answer(patience: Callable[[float], None]) -> None:
    served: list[bool] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        served.append(not await quiet_now())
        await send({"type": "http.response.start"})
        served.append(not await quiet_now())
        await send({"type": "http.response.body", "more_body": True})
        served.append(not await quiet_now())

    async def out(message: Any) -> None:
        """Nobody reads it."""

    await ServingFirst(application)({}, None, out)  # type: ignore[arg-type]
    assert served == [True, True, False]
    assert await quiet_now()


async def test_who_waits_for_an_agent_does_not_hold_it_up(patience: Callable[[float], None]) -> None:
    with doorway.visit():
        assert not await quiet_now()
        doorway.step_aside()
        assert await quiet_now()


async def test_a_request_that_takes_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorway, "COUNTS_FOR_SECONDS", 0.0)
    with doorway.visit():
        async with asyncio.timeout(60):
            await doorway.quiet()


async def quiet_now() -> bool:
    waiting = asyncio.ensure_future(doorway.quiet())
    await asyncio.sleep(0)
    if waiting.done():
        return True
    waiting.cancel()
    return False
