"""What a config says reaches the model, the run's row says what was used, and a change counts from the next reply."""

import asyncio
import threading

import pytest

from agents_app.engine import probing
from agents_app.models import Provider, ProviderHealth
from agents_app.services import providers
from sessions_app import actors
from sessions_app.models import ChatSession
from sessions_app.services import sessions
from tests.agents_app.talking import events, in_thread, person, post, until, work_on
from tests.fakes.openai_server import MODEL, FakeOpenAI

pytestmark = pytest.mark.django_db(transaction=True)


def configure(room: ChatSession, **config: object) -> None:
    sessions.change(session_id=room.pk, changes={"config": config}, by=actors.person(person()))


async def test_the_settings_are_really_sent(room: ChatSession, models: FakeOpenAI) -> None:
    models.says("Yes.")
    run = await in_thread(post, room, config={"temperature": 0.3, "topP": 0.9, "max_tokens": 77})
    ended = await work_on(run)
    assert ended.status == "succeeded"
    [asked] = models.requests
    assert (asked["temperature"], asked["top_p"], asked["max_tokens"], asked["model"]) == (0.3, 0.9, 77, MODEL)
    assert ended.config == {"temperature": 0.3, "top_p": 0.9, "max_tokens": 77}


async def test_without_a_config_the_server_decides(room: ChatSession, models: FakeOpenAI) -> None:
    models.says("Yes.")
    await work_on(await in_thread(post, room))
    assert not {"temperature", "top_p", "max_tokens", "max_completion_tokens"} & set(models.requests[0])


async def test_a_named_model_is_the_one_asked(room: ChatSession, models: FakeOpenAI) -> None:
    models.says("Yes.")
    ended = await work_on(await in_thread(post, room, config={"model": "fake-2"}))
    assert (models.requests[0]["model"], ended.model) == ("fake-2", "fake-2")


async def test_a_config_changed_while_a_run_waits_its_turn_counts_when_it_starts(
    room: ChatSession, models: FakeOpenAI
) -> None:
    models.says("Yes.")
    run = await in_thread(post, room, config={"max_tokens": 50})
    await in_thread(configure, room, temperature=1.5, max_tokens=10)
    ended = await work_on(run)
    assert ended.config == {"temperature": 1.5, "max_tokens": 50}
    [started] = await in_thread(events, room, "run.started")
    assert started.data["config"] == {"temperature": 1.5, "max_tokens": 50}


async def test_a_config_changed_while_a_run_is_at_work_counts_from_its_next_reply(
    room: ChatSession, models: FakeOpenAI
) -> None:
    gate = threading.Event()
    models.calls("calculator", expression="6*7").until = gate
    models.says("42")
    work = asyncio.create_task(work_on(await in_thread(post, room)))
    await until(lambda: models.requests)
    await in_thread(configure, room, temperature=0.7)
    gate.set()
    ended = await work
    assert ended.status == "succeeded", ended.error
    assert ["temperature" in asked for asked in models.requests] == [False, True]
    assert ended.config == {"temperature": 0.7}
    [told] = await in_thread(events, room, "run.succeeded")
    assert told.data["config"] == {"temperature": 0.7}


async def test_a_config_that_became_impossible_fails_the_run_in_words(room: ChatSession, models: FakeOpenAI) -> None:
    run = await in_thread(post, room, config={"provider": "fake"})
    await in_thread(Provider.objects.filter(name="fake").update, enabled=False)
    ended = await work_on(run)
    assert (ended.status, ended.error_code) == ("failed", "INVALID_CONFIG")
    assert "switched off" in ended.error
    assert models.requests == []


async def test_a_look_at_a_provider_remembers_what_it_lists_and_whether_anybody_was_there(
    room: ChatSession, models: FakeOpenAI
) -> None:
    models.models = [MODEL, "fake-9"]
    await in_thread(providers.ensure_shared)
    await in_thread(Provider.objects.create, name="dead", kind="openai-compatible",
                           base_url="http://127.0.0.1:9/v1", default_model="m")  # fmt: skip
    refusing = FakeOpenAI()
    with refusing:
        refusing.list_status = 404
        await in_thread(Provider.objects.create, name="odd", kind="openai-compatible", base_url=refusing.url,
                              default_model="m")  # fmt: skip
        await probing.keep_watch()
    seen = {row.provider.name: row for row in await in_thread(list, ProviderHealth.objects.select_related("provider"))}
    assert (seen["fake"].available, seen["fake"].listed) == (True, [MODEL, "fake-9"])
    assert (seen["dead"].available, seen["dead"].reached) == (False, False)
    assert (seen["odd"].available, seen["odd"].reached) == (False, True)
    assert "offline-demo" not in seen
    assert await in_thread(probing._due) == []
