"""Posting by REST waits for the reply, looks at runs and cancels them; and what others may not see."""

import asyncio

import pytest

from agents_app.dispatch.embedded import Runner
from agents_app.models import Agent, Provider, Run
from sessions_app.models import ChatSession, Membership, Message
from tests import factories
from tests.agents_app.calling import Person
from tests.agents_app.talking import in_thread, post, until
from tests.fakes.openai_server import MODEL, FakeOpenAI

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wide(assistant: Agent) -> Agent:
    factories.user("anna", role="approver")
    assistant.tools = ["block_indicator"]
    assistant.save()
    return assistant


async def test_a_post_waits_for_the_whole_reply(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.says("Nothing unusual so far.")
    answer = await rita.post(f"sessions/{room.pk}/messages", {"content": "How are we?"})
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["content"] == "Nothing unusual so far."
    assert (told["role"], told["status"], told["agent_name"]) == ("assistant", "complete", "Assistant")
    assert (told["path"], told["tier"], told["tool_calls"]) == ("runtime_orchestrator", "main", [])
    assert told["usage"]["output_tokens"] == 5
    run = (await rita.get(f"runs/{told['run_id']}")).json()
    assert (run["status"], run["model"], run["provider"]) == ("succeeded", MODEL, "fake")


async def test_the_same_key_gets_the_same_reply(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.says("Once.")
    path, body = f"sessions/{room.pk}/messages", {"content": "How often?"}
    first = await rita.post(path, body, Idempotency_Key="k1")
    again = await rita.post(path, body, Idempotency_Key="k1")
    assert first.json() == again.json()
    assert len(models.requests) == 1
    assert await in_thread(Message.objects.count) == 2
    other = await rita.post(path, {"content": "Something else"}, Idempotency_Key="k1")
    assert (other.status_code, other.json()["error_code"]) == (409, "IDEMPOTENCY_MISMATCH")


async def test_the_same_key_gets_no_reply_after_the_membership_has_ended(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.says("Not for who has left.")
    path, body = f"sessions/{room.pk}/messages", {"content": "What is new?"}
    assert (await rita.post(path, body, Idempotency_Key="k1")).status_code == 200
    await in_thread(Membership.objects.filter(user__username="rita").update, active=False)
    again = await rita.post(path, body, Idempotency_Key="k1")
    assert (again.status_code, again.json()["error_code"]) == (404, "NOT_FOUND")


async def test_a_run_that_needs_a_person_is_answered_with_202(
    wide: Agent, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    room = await in_thread(factories.room, agent=wide)
    models.calls("block_indicator", indicator="203.0.113.7", minutes=60, reason="scan")
    answer = await rita.post(f"sessions/{room.pk}/messages", {"content": "Block it."})
    assert answer.status_code == 202
    told = answer.json()
    assert (told["status"], told["waiting_for"]) == ("waiting", "approval")
    assert len(told["approval_ids"]) == 1
    assert told["question_ids"] == []


async def test_a_model_that_fails_is_a_problem_with_its_code(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.fails(429, retry_after="900")
    answer = await rita.post(f"sessions/{room.pk}/messages", {"content": "How are we?"})
    assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
    assert answer.json()["error_code"] == "LLM_RATE_LIMIT"
    assert answer.json()["recoverable"] is True


async def test_a_cancelled_reply_keeps_what_was_said(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.hangs(after="I see two")
    waiting = asyncio.create_task(rita.post(f"sessions/{room.pk}/messages", {"content": "What do you see?"}))
    speaking = await until(Run.objects.exclude(speaking=[]).first)
    cancelled = await rita.post(f"runs/{speaking.pk}/cancel")
    assert cancelled.status_code == 200
    answer = await waiting
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert (await rita.get(f"runs/{speaking.pk}")).json()["status"] == "cancelled"


async def test_what_is_wrong_is_refused_before_anything_is_stored(
    room: ChatSession, models: FakeOpenAI, rita: Person
) -> None:
    path = f"sessions/{room.pk}/messages"
    for body in ({}, {"content": ""}, {"content": "x", "colour": 1}, {"content": 7}, [1]):
        answer = await rita.post(path, body)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_REQUEST")
    assert not await in_thread(Message.objects.exists)
    assert (await rita.get(path)).json() == {"data": [], "next": None}


async def test_another_organisation_finds_nothing(room: ChatSession, models: FakeOpenAI, stranger: Person) -> None:
    run = await in_thread(post, room)
    for answer in (
        await stranger.post(f"sessions/{room.pk}/messages", {"content": "Hello?"}),
        await stranger.get(f"sessions/{room.pk}/messages"),
        await stranger.get(f"runs/{run.pk}"),
        await stranger.post(f"runs/{run.pk}/cancel"),
    ):
        assert answer.status_code == 404
    assert (await in_thread(Run.objects.get, pk=run.pk)).status == "queued"


async def test_an_observer_neither_posts_nor_cancels(room: ChatSession, models: FakeOpenAI, olga: Person) -> None:
    run = await in_thread(post, room)
    assert (await olga.get(f"runs/{run.pk}")).status_code == 200
    for answer in (
        await olga.post(f"sessions/{room.pk}/messages", {"content": "Hello?"}),
        await olga.post(f"runs/{run.pk}/cancel"),
    ):
        assert (answer.status_code, answer.json()["error_code"]) == (403, "PERMISSION_DENIED")


async def test_providers_are_looked_at_live(room: ChatSession, models: FakeOpenAI, rita: Person) -> None:
    dead = Provider(name="dead", kind="openai-compatible", base_url="http://127.0.0.1:9/v1", default_model="m")
    await in_thread(dead.save)
    hidden = Provider(name="theirs", kind="demo", organization=await in_thread(factories.organization, "other"))
    await in_thread(hidden.save)

    told = {each["name"]: each for each in (await rita.get("providers/status")).json()["data"]}

    assert "theirs" not in told
    fake = told["fake"]
    assert (fake["available"], fake["models"], fake["demo"], fake["model_type"]) == (True, [MODEL], False, "cloud")
    assert fake["latency_ms"] >= 0
    assert fake["checked_at"]
    assert (told["dead"]["available"], told["dead"]["detail"]) == (False, "It can't be reached.")


@pytest.mark.parametrize(
    ("status", "offered", "detail"),
    [
        (401, [MODEL], "It does not accept our key."),
        (500, [MODEL], "It answers with an error (500)."),
        (200, ["another"], f"Reachable, but it does not list the model {MODEL}."),
    ],
)
async def test_a_provider_says_what_is_wrong_with_it(
    room: ChatSession, models: FakeOpenAI, rita: Person, status: int, offered: list[str], detail: str
) -> None:
    models.list_status, models.models = status, offered
    [fake] = [each for each in (await rita.get("providers/status")).json()["data"] if each["name"] == "fake"]
    assert (fake["available"], fake["detail"]) == (False, detail)
