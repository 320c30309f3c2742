"""What one message costs the database, from the door to the end of the reply."""

from typing import Any

import pytest
from django.db import connection

from sessions_app import markdown, rate_limits
from sessions_app.events.hub import hub
from sessions_app.models import ChatSession
from tests.agents_app.calling import Person
from tests.agents_app.talking import in_thread, person
from tests.sockets import Socket, opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def socket(room: ChatSession) -> Any:
    rita = await opened(await in_thread(person))
    await rita.enter(room)
    yield rita
    for outlet in list(hub.outlets):
        outlet.end(4503, "the test is over")


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
