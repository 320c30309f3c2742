"""A reply with tools: asked, acted, recorded; it stops for a person, and goes on from its checkpoint."""

import pytest
from django.db import OperationalError
from django.db.models import QuerySet

from agents_app.engine import history
from agents_app.models import Agent, Approval, BlockedIndicator, Run, ToolCall
from agents_app.services import approvals, runs, working
from sessions_app import actors
from sessions_app.models import ChatSession, User
from sessions_app.vocabulary import Decision
from tests import factories
from tests.agents_app.talking import crash, events, in_thread, post, said, told, work_on
from tests.fakes.openai_server import FakeOpenAI

pytestmark = pytest.mark.django_db(transaction=True)
BLOCK = {"indicator": "203.0.113.7", "minutes": 60, "reason": "40 failed log-ins"}


@pytest.fixture
def room(assistant: Agent) -> ChatSession:
    assistant.tools = ["calculator", "block_indicator"]
    assistant.save()
    factories.user("anna", role="approver")
    return factories.incident().room


def _answer_by(room: ChatSession, agent: Agent) -> None:
    room.agent = agent
    room.save(update_fields=["agent"])


def _decide(choice: str, feedback: str = "") -> None:
    approval = Approval.objects.get()
    decision = Decision(version=approval.version, digest=approval.digest, decision=choice, feedback=feedback)
    anna = User.objects.get(username="anna")
    approvals.decide(approval_id=approval.pk, decision=decision, by=actors.person(anna))


async def test_a_tool_is_used_and_its_result_goes_back_to_the_model(
    room: ChatSession, assistant: Agent, models: FakeOpenAI
) -> None:
    await in_thread(_answer_by, room, assistant)
    models.calls("calculator", say="Let me count.", expression="17 + 25")
    models.says("It is 42.")

    run = await work_on(await in_thread(post, room, "What is 17 + 25?"))

    assert run.status == "succeeded"
    thought, reply = await in_thread(said, run)
    assert (thought.message_type, thought.content) == ("thinking", "Let me count.")
    assert (reply.message_type, reply.content) == ("text", "It is 42.")
    returned = models.requests[1]["messages"][-1]
    assert (returned["role"], returned["tool_call_id"]) == ("tool", "call-1")
    assert "42" in returned["content"]
    types = await in_thread(told, room)
    assert types.index("message.thinking") < types.index("tool.called") < types.index("tool.result")
    used = [event.data for event in await in_thread(events, room, "usage.recorded")]
    assert [each["usage"]["requests"] for each in used] == [1, 2], "told after each request, not only at the end"
    assert (used[-1]["usage"], used[-1]["model"]) == (run.usage, run.model)


async def test_two_calls_that_a_server_gave_one_id_are_both_made(
    room: ChatSession, assistant: Agent, models: FakeOpenAI
) -> None:
    await in_thread(_answer_by, room, assistant)
    models.calls_twice("calculator", {"expression": "1 + 1"}, {"expression": "20 + 3"}, call_id="same")
    models.says("2 and 23.")
    run = await work_on(await in_thread(post, room, "What is 1 + 1, and 20 + 3?"))
    values = [call.result["value"] for call in await in_thread(lambda: list(run.tool_calls.order_by("id")))]
    assert values == [2, 23]
    assert "23" in models.requests[1]["messages"][-1]["content"]


async def test_what_needs_approval_stops_the_run_and_the_decision_wakes_it(
    room: ChatSession, assistant: Agent, models: FakeOpenAI
) -> None:
    await in_thread(_answer_by, room, assistant)
    models.calls("block_indicator", **BLOCK)
    models.says("It is blocked.")

    run = await work_on(await in_thread(post, room, "Block it."))
    assert (run.status, run.waiting_for, run.lease_owner) == ("waiting", "approval", "")
    assert not await in_thread(BlockedIndicator.objects.exists)

    await in_thread(_decide, "approve")
    run = await work_on(run)

    assert run.status == "succeeded"
    assert await in_thread(BlockedIndicator.objects.count) == 1
    assert [message.content for message in await in_thread(said, run)] == ["It is blocked."]


async def test_a_rejection_with_words_reaches_the_model(
    room: ChatSession, assistant: Agent, models: FakeOpenAI
) -> None:
    await in_thread(_answer_by, room, assistant)
    models.calls("block_indicator", **BLOCK)
    models.says("Understood, I leave it.")
    run = await work_on(await in_thread(post, room, "Block it."))
    await in_thread(_decide, "reject", "That is our own scanner.")
    run = await work_on(run)
    assert run.status == "succeeded"
    assert not await in_thread(BlockedIndicator.objects.exists)
    assert "That is our own scanner." in models.requests[1]["messages"][-1]["content"]


async def test_a_run_taken_up_after_a_crash_asks_nothing_twice(
    room: ChatSession, assistant: Agent, models: FakeOpenAI
) -> None:
    """It died after the model had asked for a tool: the next owner goes on with the call, not with the question."""
    await in_thread(_answer_by, room, assistant)
    models.calls("block_indicator", **BLOCK)
    models.says("Blocked.")
    run = await work_on(await in_thread(post, room, "Block it."))
    await in_thread(_decide, "approve")
    await in_thread(working.acquire, run_id=run.pk, owner="dead:1")
    await in_thread(crash, run)

    run = await work_on(run, owner="next:1")

    assert (run.status, run.crashes) == ("succeeded", 0)
    assert len(models.requests) == 2
    assert await in_thread(ToolCall.objects.count) == 1
    assert await in_thread(BlockedIndicator.objects.count) == 1


async def test_cancelling_a_waiting_run_ends_it_and_its_approval(
    room: ChatSession, assistant: Agent, models: FakeOpenAI
) -> None:
    await in_thread(_answer_by, room, assistant)
    models.calls("block_indicator", **BLOCK)
    run = await work_on(await in_thread(post, room, "Block it."))
    rita = await in_thread(factories.user, "rob", role="responder")
    await in_thread(runs.cancel, run_id=run.pk, by=actors.person(rita))
    run = await in_thread(Run.objects.get, pk=run.pk)
    assert run.status == "cancelled"
    assert (await in_thread(Approval.objects.get)).status == "cancelled"


async def test_a_run_that_the_database_fails_again_and_again_while_it_is_there_ends(
    room: ChatSession, models: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(run: Run) -> list[object]:
        raise OperationalError("index row size exceeds maximum")

    monkeypatch.setattr(history, "of", fails)
    run = await in_thread(post, room)
    for _ in range(4):
        assert (await work_on(run)).status == "queued"
    run = await work_on(run)
    assert (run.status, run.error_code, models.requests) == ("failed", "RUN_CRASHED", [])


async def test_a_run_whose_database_went_away_is_not_to_blame(
    room: ChatSession, models: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*given: object) -> bool:
        raise OperationalError("the connection was refused")

    def goes_away(run: Run) -> list[object]:
        monkeypatch.setattr(QuerySet, "exists", refuses)
        raise OperationalError("terminating connection")

    monkeypatch.setattr(history, "of", goes_away)
    run = await work_on(await in_thread(post, room))
    assert (run.status, run.crashes) == ("queued", 0)


async def test_a_direct_reply_uses_no_tools(room: ChatSession, assistant: Agent, models: FakeOpenAI) -> None:
    await in_thread(_answer_by, room, assistant)
    models.says("Hello.")
    run = await work_on(await in_thread(post, room, "Hello", execution_mode="direct"))
    assert (run.status, run.mode) == ("succeeded", "direct")
    assert "tools" not in models.requests[0]


async def test_the_talk_so_far_goes_with_the_question(room: ChatSession, assistant: Agent, models: FakeOpenAI) -> None:
    await in_thread(_answer_by, room, assistant)
    models.says("Noted.")
    models.says("Ada.")
    await work_on(await in_thread(post, room, "My name is Ada."))
    await work_on(await in_thread(post, room, "What is my name?"))
    talk = [(each["role"], each["content"]) for each in models.requests[1]["messages"][1:]]
    assert talk == [("user", "My name is Ada."), ("assistant", "Noted."), ("user", "What is my name?")]


async def test_the_last_request_offers_no_tools_so_that_the_run_ends(
    room: ChatSession, assistant: Agent, models: FakeOpenAI
) -> None:
    await in_thread(_answer_by, room, assistant)
    for number in range(11):
        models.calls("calculator", call_id=f"call-{number}", expression="1 + 1")
    models.says("Enough.")
    run = await work_on(await in_thread(post, room, "Count for ever."))
    assert run.status == "succeeded"
    assert "tools" not in models.requests[-1]
