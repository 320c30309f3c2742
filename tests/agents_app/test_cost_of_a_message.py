"""What one message costs the database, from the door to the end of the reply."""

from typing import Any

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

from agents_app.models import Run
from sessions_app import markdown, rate_limits
from sessions_app.events.hub import hub
from sessions_app.models import ChatSession, Participant
from tests.agents_app.calling import Person
from tests.agents_app.talking import in_thread, person, work_on
from tests.fakes.openai_server import FakeOpenAI
from tests.sockets import Socket, opened

# Statements of a post, and of a reply without tools: whoever adds one has thought about it.
POST = 15
REPLY = 34

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def socket(room: ChatSession) -> Any:
    user = await in_thread(person)
    await in_thread(Participant.objects.create, session=room, user=user, role="responder")  # has been here before
    rita = await opened(user)
    await rita.enter(room)
    yield rita
    for outlet in list(hub.outlets):
        outlet.end(4503, "the test is over")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that asks or changes a table, in any thread."""
    statements: list[str] = []
    execute = CursorWrapper.execute

    def executed(cursor: Any, sql: Any, *args: Any) -> Any:
        if str(sql).startswith(("SELECT ", "INSERT ", "UPDATE ", "DELETE ")) and "_app_" in str(sql):
            statements.append(str(sql))
        return execute(cursor, sql, *args)

    monkeypatch.setattr(CursorWrapper, "execute", executed)
    return statements


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether a transaction was open each time that a limit was asked or a text rendered."""
    seen: list[bool] = []
    for module, name in ((rate_limits, "require"), (markdown, "render")):
        real = getattr(module, name)

        def spy(*args: Any, real: Any = real) -> Any:
            seen.append(connection.in_atomic_block)
            return real(*args)

        monkeypatch.setattr(module, name, spy)
    return seen


async def test_limits_and_rendering_come_before_the_transaction(
    room: ChatSession, rita: Person, socket: Socket, locked: list[bool]
) -> None:
    said = {"content": "What is *going on*?"}
    locked.clear()
    run_id = (await socket.ask("message.send", said, room=room.pk))["data"]["run_id"]
    await rita.post(f"runs/{run_id}/steer", {"content": "Only *today*."}, Idempotency_Key="k1")
    await socket.ask("run.steer", {"run_id": run_id, "content": "And *tonight*."}, room=room.pk)
    await rita.post(f"runs/{run_id}/cancel")
    await rita.post(f"sessions/{room.pk}/chat", {**said, "stream": True}, Idempotency_Key="k2")
    assert locked == [False] * 8


async def test_a_message_and_its_reply_ask_the_database_no_more_than_they_must(
    room: ChatSession, socket: Socket, models: FakeOpenAI, asked: list[str]
) -> None:
    models.says("Nothing unusual so far.")
    asked.clear()
    told = await socket.ask("message.send", {"content": "What is going on?"}, room=room.pk)
    assert len(asked) == POST, "\n".join(asked)
    run = await in_thread(Run.objects.get, pk=told["data"]["run_id"])
    asked.clear()
    assert (await work_on(run)).status == "succeeded"
    assert len(asked[:-1]) == REPLY, "\n".join(asked)  # the last is this test's own look
