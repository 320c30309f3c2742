"""`sessions/{id}/chat` and `chat/start`: a reply as it is given, over the stream that everybody follows."""

import asyncio
import json
import threading
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from django.conf import settings
from django.test import AsyncClient
from django.utils import timezone

from agents_app.dispatch.embedded import Runner
from agents_app.models import Agent, Approval, Run, ToolPolicy
from agents_app.services import approvals
from sessions_app import actors
from sessions_app.events import frames
from sessions_app.events.hub import hub
from sessions_app.models import ChatSession, Membership, Message, User
from sessions_app.services import accounts
from sessions_app.vocabulary import Decision
from tests import factories
from tests.agents_app.calling import Heard, Person, spoken
from tests.agents_app.talking import in_thread, told, until
from tests.fakes.openai_server import FakeOpenAI

pytestmark = pytest.mark.django_db(transaction=True)


async def ask(person: Person, room: ChatSession, content: str = "How are we?", **fields: Any) -> Heard:
    answer = await person.post(f"sessions/{room.pk}/chat", {"content": content, "stream": True, **fields})
    return Heard(answer)


def decide(choice: str, by: str) -> None:
    approval = Approval.objects.get()
    decision = Decision(version=approval.version, digest=approval.digest, decision=choice)
    approvals.decide(approval_id=approval.pk, decision=decision, by=actors.person(User.objects.get(username=by)))


async def test_the_whole_reply_where_no_stream_is_asked_for(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.calls("calculator", expression="17 + 25")
    models.says("It is 42.")
    answer = await rita.post(f"sessions/{room.pk}/chat", {"content": "What is 17 + 25?", "stream": False})
    assert answer.status_code == 200, answer.content
    whole = answer.json()
    assert (whole["content"], whole["path"], whole["tier"]) == ("It is 42.", "runtime_orchestrator", "main")
    assert (whole["fallback_status"], whole["error_struct"]) == (None, None)
    assert [(call["tool"], call["state"]) for call in whole["tool_calls"]] == [("calculator", "succeeded")]
    assert [step["output_tokens"] for step in whole["usage"]["steps"]] == [5, 5]
    assert whole["message_id"] == str((await in_thread(Message.objects.get, content="It is 42.")).pk)


async def test_a_reply_is_followed_word_by_word_while_the_model_speaks(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    go_on = threading.Event()
    models.says("Nothing unusual so far.", until=go_on, freely=1)
    stream = await ask(rita, room)
    first = await stream.next()
    assert (first.event, first.data["type"]) == ("content", "content")
    # Its last letter is kept for a moment where a secret of this server happens to begin with it.
    assert first.data["data"] in ("Nothing", "Nothin")
    assert not await in_thread(Message.objects.filter(content__startswith="Nothing").exists)
    go_on.set()
    rest = await stream.all()
    assert spoken([first, *rest]) == "Nothing unusual so far."
    done = rest[-1]
    assert done.event == "done"
    assert (done.data["type"], done.data["content"], done.data["status"]) == (
        "done", "Nothing unusual so far.", "succeeded",
    )  # fmt: skip
    assert done.data["message_id"] == first.data["message_id"]
    assert done.data["usage"]["output_tokens"] == 5
    assert not hub.rooms


async def test_tools_are_told_as_they_are_used_and_thoughts_are_told_apart(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.calls("calculator", say="Let me count.", expression="17 + 25")
    models.says("It is 42.")
    events = await (await ask(rita, room)).all()
    kinds = [each.event for each in events if each.event != "content"]
    assert kinds == ["thinking", "tool_call", "tool_result", "done"]
    by_kind = {each.event: each.data for each in events}
    assert by_kind["thinking"]["data"] == "Let me count."
    assert by_kind["tool_call"]["data"]["args"] == {"expression": "17 + 25"}
    assert by_kind["tool_result"]["data"]["result"]["value"] == 42
    assert spoken(events) == by_kind["done"]["content"] == "It is 42."


async def test_a_request_for_approval_is_told_and_the_stream_goes_on_after_the_decision(
    room: ChatSession, assistant: Agent, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    def confirm() -> None:
        ToolPolicy.objects.create(organization=room.organization, tool="calculator", effect="confirm")

    await in_thread(confirm)
    models.calls("calculator", expression="17 + 25")
    models.says("It is 42.")
    stream = await ask(rita, room)
    asked = (await stream.until("approval_required"))[-1].data["data"]
    assert (asked["tool"], asked["level"], asked["status"]) == ("calculator", "confirm", "pending")
    await in_thread(decide, "approve", "rita")  # who asked may release what only wants to be confirmed
    events = await stream.all()
    assert [each.event for each in events if each.event != "content"] == ["tool_result", "done"]
    assert spoken(events) == "It is 42."
    assert "approval.approved" in await in_thread(told, room)


async def test_a_failure_is_told_and_then_the_end(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.fails(429, retry_after="900")
    events = await (await ask(rita, room)).all()
    assert [each.event for each in events] == ["error", "done"]
    assert (events[0].data["error_code"], events[0].data["recoverable"]) == ("LLM_RATE_LIMIT", True)
    assert (events[1].data["status"], events[1].data["content"], events[1].data["message_id"]) == ("failed", "", None)


async def test_what_was_said_of_a_broken_reply_is_void_and_another_follows(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.breaks_off(after="Half a")
    models.says("A whole answer.")
    events = await (await ask(rita, room)).all()
    assert "reset" in [each.event for each in events]
    assert spoken(events) == events[-1].data["content"] == "A whole answer."


async def test_leaving_cancels_nothing(room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person) -> None:
    go_on = threading.Event()
    models.says("I say it to the end.", until=go_on, freely=1)
    stream = await ask(rita, room)
    await stream.next()
    waiting = asyncio.create_task(stream.next())
    await asyncio.sleep(0)
    waiting.cancel()  # as Django does when the client has gone; and then it closes what it iterates
    await asyncio.gather(waiting, return_exceptions=True)
    await stream.leave()
    assert not hub.rooms
    assert not hub.outlets
    go_on.set()
    run = await until(Run.objects.filter(status="succeeded").first)
    assert (await in_thread(Message.objects.get, run=run)).content == "I say it to the end."


async def test_a_stream_says_now_and_then_that_it_is_alive(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions_app.events.stream.COMMENT_SECONDS", 0)
    models.hangs(after="I see")
    stream = await ask(rita, room)
    while len(stream.comments) < 3:
        block = await stream._block()
        stream.take(block)
    assert all(each.startswith(":") for each in stream.comments)
    await stream.leave()


async def test_the_same_key_follows_the_same_reply_again(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.says("Only once.")
    path, body = f"sessions/{room.pk}/chat", {"content": "How often?", "stream": True}
    first = await Heard(await rita.post(path, body, Idempotency_Key="k1")).all()
    again = await Heard(await rita.post(path, body, Idempotency_Key="k1")).all()
    assert spoken(first) == spoken(again) == "Only once."
    assert first[-1] == again[-1]
    assert len(models.requests) == 1
    other = await rita.post(path, {**body, "content": "Another"}, Idempotency_Key="k1")
    assert (other.status_code, other.json()["error_code"]) == (409, "IDEMPOTENCY_MISMATCH")


async def test_a_reply_too_long_for_an_event_is_whole_in_the_stream(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "_KEEPS", (64,))
    within = frames.encode_within
    monkeypatch.setattr(frames, "encode_within", lambda frame, key: within(frame, key, 2000))
    words = " ".join(f"wört{number}" for number in range(400))
    models.says(words)
    events = await (await ask(rita, room)).all()
    assert spoken(events) == events[-1].data["content"] == words


async def test_only_the_runs_own_words_are_told(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.says("first answer")
    models.says("second answer")
    streams = [await ask(rita, room, content) for content in ("one", "two")]
    heard = await asyncio.gather(*(each.all() for each in streams))
    assert [spoken(each) for each in heard] == ["first answer", "second answer"]


async def test_what_can_not_begin_is_a_problem_and_nothing_is_stored(
    room: ChatSession, models: FakeOpenAI, rita: Person, olga: Person, stranger: Person
) -> None:
    path = f"sessions/{room.pk}/chat"
    ended = await in_thread(factories.room, agent=room.agent, status="ended")
    created = await in_thread(factories.room, agent=room.agent, status="created")
    off = await in_thread(lambda: factories.room(agent=factories.agent(name="Off", enabled=False)))
    private = {"agent": room.agent, "category": "engineer_chat", "rounds_used": settings.ENGINEER_CHAT_MAX_ROUNDS}
    full = await in_thread(lambda: factories.room(**private, owner=User.objects.get(username="rita")))
    body = {"content": "Hello?", "stream": True}
    for person, where, sent, status, code in (
        (rita, path, {"stream": True}, 400, "INVALID_REQUEST"),
        (rita, path, {**body, "stream": "yes"}, 400, "INVALID_REQUEST"),
        (rita, path, {**body, "execution_mode": "plan_exec"}, 503, "SERVICE_UNAVAILABLE"),
        (rita, path, {**body, "execution_mode": "magic"}, 400, "INVALID_REQUEST"),
        (rita, path, {**body, "config": {"temperature": 3}}, 422, "INVALID_CONFIG"),
        (rita, f"sessions/{ended.pk}/chat", body, 410, "SESSION_ENDED"),
        (rita, f"sessions/{created.pk}/chat", body, 409, "SESSION_NOT_ACTIVE"),
        (rita, f"sessions/{off.pk}/chat", body, 503, "AGENT_NOT_AVAILABLE"),
        (rita, f"sessions/{full.pk}/chat", body, 409, "ROUND_LIMIT_REACHED"),
        (rita, f"sessions/{full.pk}/messages", {"content": "Hello?"}, 409, "ROUND_LIMIT_REACHED"),
        (olga, path, body, 403, "PERMISSION_DENIED"),
        (stranger, path, body, 404, "SESSION_NOT_FOUND"),
    ):
        answer = await person.post(where, sent)
        assert answer["Content-Type"] == "application/problem+json"
        assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert not await in_thread(Message.objects.exists)
    assert not await in_thread(Run.objects.exists)


async def test_a_program_follows_with_a_key_that_may_write_and_read(
    room: ChatSession, models: FakeOpenAI, runner: Runner
) -> None:
    def key(*scopes: str) -> dict[str, str]:
        _, secret = accounts.issue_key(organization=room.organization, name="A program", scopes=scopes, by=None)
        return {"Authorization": f"Api-Key {secret}"}

    async def post(headers: dict[str, str], *, stream: bool = True) -> Any:
        body = {"content": "How are we?", "stream": stream}
        path = f"/api/v1/sessions/{room.pk}/chat"
        return await AsyncClient().post(path, body, "application/json", headers=headers)

    models.says("Fine.")
    assert spoken(await Heard(await post(await in_thread(key, "write", "read"))).all()) == "Fine."
    said = await in_thread(Message.objects.count)
    for scopes in (["write"], ["read"], ["ingest"]):
        for stream in (True, False):
            refused = await post(await in_thread(key, *scopes), stream=stream)
            assert (refused.status_code, refused.json()["error_code"]) == (403, "PERMISSION_DENIED")
    assert await in_thread(Message.objects.count) == said


async def test_a_key_that_may_write_and_not_read_posts_and_is_told_no_reply(
    room: ChatSession, models: FakeOpenAI, runner: Runner
) -> None:
    _, secret = await in_thread(
        partial(accounts.issue_key, organization=room.organization, name="A program", scopes=["write"], by=None)
    )
    models.says("Not for a key that only writes.")
    told = await AsyncClient().post(
        f"/api/v1/sessions/{room.pk}/messages", {"content": "How are we?"}, "application/json",
        headers={"Authorization": f"Api-Key {secret}"},
    )  # fmt: skip
    assert (told.status_code, list(told.json())) == (202, ["message_id"])
    assert await in_thread(Message.objects.filter(pk=told.json()["message_id"]).exists)


async def test_who_loses_the_right_hears_no_more(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    go_on = threading.Event()
    models.says("One secret after another.", until=go_on, freely=1)
    stream = await ask(rita, room)
    await stream.next()
    await in_thread(lambda: Membership.objects.filter(user__username="rita").update(active=False))
    await hub.recheck()
    go_on.set()
    events = await stream.all()
    assert [(each.event, each.data.get("error_code")) for each in events] == [
        ("error", "PERMISSION_DENIED"), ("done", None),
    ]  # fmt: skip
    assert "secret" not in str(events[-1].data)
    await until(Run.objects.filter(status="succeeded").first)


async def test_a_stream_that_outlives_its_token_ends_with_done_and_the_reply_goes_on(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    go_on = threading.Event()
    for words in ("One after another.", "And another."):
        models.says(words, until=go_on, freely=1)
    for stream in (await ask(rita, room), await start(rita, room.agent)):
        await stream.next()
        [outlet] = hub.outlets
        outlet.actor = replace(outlet.actor, until=timezone.now())
        await hub.tick()
        *_, why, done = await stream.all()
        assert (why.event, done.event) == ("error", "done")
        last = done.data.get("data") or done.data
        assert last["status"] == "unfinished"
        assert not hub.outlets
    go_on.set()
    await until(lambda: Run.objects.filter(status="succeeded").count() == 2)


# --- chat/start -------------------------------------------------------------------------------------------------------
async def start(person: Person, agent: Agent, message: str = "Who are you?", **fields: Any) -> Heard:
    return Heard(await person.post("chat/start", {"agentId": str(agent.pk), "message": message, **fields}))


async def test_a_chat_is_started_with_an_agent_and_followed(
    assistant: Agent, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.calls("calculator", say="Let me count.", expression="17 + 25")
    models.says("It is 42.")
    before = await in_thread(ChatSession.objects.count)
    events = await (await start(rita, assistant, "What is 17 + 25?")).all()
    assert [int(each.id) for each in events] == [each.data["id"] for each in events] == list(range(1, len(events) + 1))
    assert {each.event for each in events[:-1]} == {"message"}
    assert set(events[0].data) == {"id", "type", "data", "timestamp"}
    kinds = [each.data["type"] for each in events if each.data["type"] != "text"]
    assert kinds == ["thinking", "tool_call", "tool_result", "done"]
    [result] = [each.data["data"] for each in events if each.data["type"] == "tool_result"]
    assert (result["toolName"], result["success"], result["result"]["value"]) == ("calculator", True, 42)
    assert result["duration"] >= 0
    done = events[-1].data["data"]
    session = await in_thread(ChatSession.objects.select_related("owner").get, pk=done["sessionId"])
    assert (session.status, session.title, session.owner.username) == ("active", "What is 17 + 25?", "rita")
    reply = await in_thread(Message.objects.get, content="It is 42.")
    assert (done["messageId"], done["executionMode"]) == (str(reply.pk), "runtime_orchestrator")
    assert done["usage"]["requests"] == 2
    assert await in_thread(ChatSession.objects.count) == before + 1


async def test_a_chat_goes_on_in_its_session(
    assistant: Agent, room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.says("Again here.")
    events = await (await start(rita, assistant, sessionId=str(room.pk))).all()
    assert events[-1].data["data"]["sessionId"] == str(room.pk)


async def test_an_error_in_a_started_chat_has_its_own_name(
    assistant: Agent, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.fails(400)
    events = await (await start(rita, assistant)).all()
    assert [each.event for each in events] == ["error", "done"]
    assert events[0].data["data"]["errorCode"] == "LLM_API_ERROR"


async def test_a_heartbeat_is_an_event_of_its_own(
    assistant: Agent, models: FakeOpenAI, runner: Runner, rita: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions_app.events.stream.COMMENT_SECONDS", 0)
    models.hangs()
    stream = await start(rita, assistant)
    beats = [await stream.next() for _ in range(2)]
    assert [each.event for each in beats] == ["heartbeat", "heartbeat"]
    assert [first.data["id"] + 1 == second.data["id"] for first, second in pairwise(beats)] == [True]
    await stream.leave()


async def test_a_chat_that_can_not_start_leaves_no_session(
    assistant: Agent, room: ChatSession, models: FakeOpenAI, rita: Person, olga: Person, stranger: Person
) -> None:
    agent = str(assistant.pk)
    theirs = await in_thread(lambda: factories.room(factories.organization("other")))
    another = await in_thread(factories.agent, name="Another")
    before = await in_thread(ChatSession.objects.count)
    for person, body, status, code in (
        (rita, {"message": "Hello?"}, 400, "INVALID_REQUEST"),
        (rita, {"agentId": agent, "message": ""}, 400, "INVALID_REQUEST"),
        (rita, {"agentId": str(room.pk), "message": "Hello?"}, 404, "AGENT_NOT_FOUND"),
        (stranger, {"agentId": agent, "message": "Hello?"}, 404, "AGENT_NOT_FOUND"),
        (rita, {"agentId": agent, "message": "Hello?", "sessionId": str(theirs.pk)}, 404, "SESSION_NOT_FOUND"),
        (rita, {"agentId": str(another.pk), "message": "Hello?", "sessionId": str(room.pk)}, 409, "CONFLICT"),
        (olga, {"agentId": agent, "message": "Hello?"}, 403, "PERMISSION_DENIED"),
    ):
        answer = await person.post("chat/start", body)
        assert (answer.status_code, answer.json()["error_code"]) == (status, code), json.dumps(body)
    assert await in_thread(ChatSession.objects.count) == before


# --- Agents -----------------------------------------------------------------------------------------------------------
async def test_agents_that_are_switched_on_are_listed(assistant: Agent, rita: Person, stranger: Person) -> None:
    off = await in_thread(factories.agent, name="Off", enabled=False)
    listed = (await rita.get("agents")).json()
    assert [(each["name"], each["provider"]) for each in listed["data"]] == [("Assistant", "fake")]
    one = (await rita.get(f"agents/{assistant.pk}")).json()
    assert one == listed["data"][0]
    assert "instructions" not in one
    for person, agent in ((rita, off), (stranger, assistant)):
        answer = await person.get(f"agents/{agent.pk}")
        assert (answer.status_code, answer.json()["error_code"]) == (404, "AGENT_NOT_FOUND")
