"""A model server over real HTTP: what people see of a good answer, and of each way it can fail."""

import asyncio
import threading
import time

import pytest

from agents_app.engine.limits import Limits
from agents_app.engine.watch import Cancelled, Watch
from sessions_app.events.hub import hub
from sessions_app.models import ChatSession
from tests import factories
from tests.agents_app.talking import LATE_SOON, STALLED_SOON, events, in_thread, post, said, told, until, work_on
from tests.fakes.openai_server import MODEL, FakeOpenAI

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_reply_is_streamed_and_stored_once(
    room: ChatSession, models: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.says("Somebody guesses passwords from 203.0.113.7.")
    deltas: list[tuple[str, int, str]] = []
    monkeypatch.setattr(hub, "delta", lambda room, *, run, msg, off, text, kind="text": deltas.append((msg, off, text)))

    run = await work_on(await in_thread(post, room))

    assert run.status == "succeeded"
    [message] = await in_thread(said, run)
    assert message.content == "Somebody guesses passwords from 203.0.113.7."
    assert message.html
    assert (message.status, message.sender_type, message.sender_name) == ("complete", "agent", "Assistant")
    assert {msg for msg, _, _ in deltas} <= {str(message.pk)}
    shown = ""
    for _, off, text in deltas:
        assert off == len(shown)
        shown += text
    assert message.content.startswith(shown)
    assert await in_thread(told, room) == [
        "message.created", "run.queued", "run.started", "message.start", "message.end", "usage.recorded",
        "run.succeeded",
    ]  # fmt: skip
    step = {"requests": 1, "input_tokens": 12, "output_tokens": 5, "estimated": False}
    assert run.usage == {**step, "steps": [step]}


async def test_a_model_names_another_organisation_only_to_who_has_named_it(
    room: ChatSession, models: FakeOpenAI
) -> None:
    for name in ("Globex Works", "Initech Works"):
        await in_thread(factories.organization, name[:6].lower(), name=name)
    models.says("Neither Globex Works nor Initech Works.")
    run = await work_on(await in_thread(post, room, "Was it Globex Works?"))
    [message] = await in_thread(said, run)
    assert message.content == "Neither Globex Works nor [masked: organization name]."


async def test_the_request_is_what_a_compatible_server_understands(room: ChatSession, models: FakeOpenAI) -> None:
    models.says("Yes.")
    run = await in_thread(post, room, "Is it over?", config={"max_tokens": 50, "temperature": 0.2})
    await work_on(run)

    [asked] = models.requests
    assert asked["model"] == MODEL
    assert asked["stream"] is True
    assert asked["max_tokens"] == 50
    assert asked["temperature"] == 0.2
    assert "max_completion_tokens" not in asked
    assert asked["messages"][-1] == {"role": "user", "content": "Is it over?"}
    assert {tool["function"]["name"] for tool in asked["tools"]} == {"calculator", "current_time"}


@pytest.mark.parametrize(("status", "requests"), [(500, 3), (503, 3), (408, 3), (409, 3), (400, 1), (401, 1), (404, 1)])
async def test_only_what_is_transient_is_tried_again(
    room: ChatSession, models: FakeOpenAI, status: int, requests: int
) -> None:
    for _ in range(3):
        models.fails(status)

    run = await work_on(await in_thread(post, room))

    assert run.status == "failed"
    assert run.error_code == ("LLM_TIMEOUT" if status == 408 else "LLM_API_ERROR")
    assert len(models.requests) == requests
    assert (await in_thread(told, room))[-2:] == ["message.error", "run.failed"]


async def test_a_server_that_recovers_gives_an_answer(room: ChatSession, models: FakeOpenAI) -> None:
    models.fails(503)
    models.fails(500)
    models.says("Back again.")
    run = await work_on(await in_thread(post, room))
    assert run.status == "succeeded"
    assert [message.content for message in await in_thread(said, run)] == ["Back again."]


async def test_a_rate_limit_is_waited_out_as_long_as_it_says(room: ChatSession, models: FakeOpenAI) -> None:
    models.fails(429, retry_after="1")
    models.says("Thank you for waiting.")
    began = time.monotonic()
    run = await work_on(await in_thread(post, room))
    assert run.status == "succeeded"
    assert time.monotonic() - began >= 1


async def test_a_rate_limit_longer_than_we_wait_is_told_at_once(room: ChatSession, models: FakeOpenAI) -> None:
    models.fails(429, retry_after="3600")
    run = await work_on(await in_thread(post, room))
    assert (run.status, run.error_code) == ("failed", "LLM_RATE_LIMIT")
    assert len(models.requests) == 1


@pytest.mark.parametrize("fault", ["hangs", "trickles"])
async def test_a_model_that_does_not_begin_in_time_is_a_timeout(
    room: ChatSession, models: FakeOpenAI, fault: str
) -> None:
    for _ in range(3):
        if fault == "hangs":
            models.hangs()
        else:
            models.trickles("Slowly", pause_s=0.05)
    run = await work_on(await in_thread(post, room), limits=LATE_SOON)
    assert (run.status, run.error_code) == ("failed", "LLM_TIMEOUT")
    assert len(models.requests) == 3
    assert await in_thread(said, run) == []


async def test_a_model_that_stops_in_the_middle_is_asked_again_under_a_new_message(
    room: ChatSession, models: FakeOpenAI
) -> None:
    models.hangs(after="Three addresses")
    models.says("Two addresses tried it.")
    run = await work_on(await in_thread(post, room), limits=STALLED_SOON)

    assert run.status == "succeeded"
    [message] = await in_thread(said, run)
    assert message.content == "Two addresses tried it."
    assert await in_thread(told, room, like="message.") == [
        "message.created", "message.start", "message.reset", "message.start", "message.end",
    ]  # fmt: skip
    first, second = [event.data["message_id"] for event in await in_thread(events, room, "message.start")]
    [reset] = await in_thread(events, room, "message.reset")
    assert reset.data["message_id"] == first
    assert str(message.pk) == second != first


async def test_what_was_shown_of_a_reply_that_never_gets_whole_stays_marked_as_failed(
    room: ChatSession, models: FakeOpenAI
) -> None:
    for _ in range(3):
        models.breaks_off(after="The first sign was")
    run = await work_on(await in_thread(post, room))
    assert (run.status, run.error_code) == ("failed", "LLM_API_ERROR")
    [message] = await in_thread(said, run)
    assert (message.content, message.status) == ("The first sign was", "failed")


async def test_the_limit_of_a_whole_answer_holds_though_tokens_keep_coming(
    room: ChatSession, models: FakeOpenAI
) -> None:
    models.says(" ".join(["word"] * 200), pause_s=0.05)
    run = await work_on(await in_thread(post, room), limits=Limits(total_s=0.6))
    assert (run.status, run.error_code) == ("failed", "LLM_TIMEOUT")
    assert len(models.requests) == 1


@pytest.mark.parametrize("fault", ["garbage", "empty"])
async def test_an_answer_that_is_none_is_an_error(room: ChatSession, models: FakeOpenAI, fault: str) -> None:
    getattr(models, fault)()
    run = await work_on(await in_thread(post, room))
    assert (run.status, run.error_code) == ("failed", "LLM_API_ERROR")
    assert run.error
    assert await in_thread(said, run) == []


async def test_a_server_that_is_not_there_is_an_error_in_words(room: ChatSession, models: FakeOpenAI) -> None:
    provider = room.agent.provider
    provider.base_url = "http://127.0.0.1:9/v1"
    await in_thread(provider.save)
    run = await work_on(await in_thread(post, room))
    assert (run.status, run.error_code) == ("failed", "LLM_API_ERROR")
    assert run.error == "The model's provider can't be reached."


async def test_no_key_of_ours_goes_to_an_address_an_organisation_wrote(
    room: ChatSession, models: FakeOpenAI, settings: object
) -> None:
    settings.OPENAI_API_KEY = "sk-of-the-installation"  # type: ignore[attr-defined]
    provider = room.agent.provider
    provider.key_variable = "OPENAI_API_KEY"
    await in_thread(provider.save)
    models.says("Hello.")
    await work_on(await in_thread(post, room))
    assert "sk-of-the-installation" not in models.authorizations[0]


async def test_cancelling_in_mid_stream_keeps_what_was_said(room: ChatSession, models: FakeOpenAI) -> None:
    models.hangs(after="So far I see two")
    watch = Watch()
    work = asyncio.create_task(work_on(await in_thread(post, room), limits=Limits(), watch=watch))
    await until(lambda: "message.start" in told(room))
    began = time.monotonic()
    watch.stop(Cancelled())
    run = await work
    assert time.monotonic() - began < Limits().stall_s / 2, "at once, and not when it is late anyway"
    assert run.status == "cancelled"
    [message] = await in_thread(said, run)
    assert message.status == "cancelled"
    assert "So far I see two".startswith(message.content)
    assert (await in_thread(told, room))[-1] == "run.cancelled"


async def test_a_character_in_two_halves_and_a_nul_do_no_harm(room: ChatSession, models: FakeOpenAI) -> None:
    gate = threading.Event()
    gate.set()
    models.says("alarm \ud83d \ude00 \x00end", until=gate)
    run = await work_on(await in_thread(post, room))
    assert run.status == "succeeded"
    [message] = await in_thread(said, run)
    assert message.content.startswith("alarm ")
    assert "\x00" not in message.content
    message.content.encode()
