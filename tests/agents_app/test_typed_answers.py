"""Answers that must have a form: checked, sent back when they do not fit, shown while they are written."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field
from pydantic_ai.messages import ModelRequest

from agents_app.engine import starting
from agents_app.engine.advance import _turn
from agents_app.engine.answers import Answer
from agents_app.engine.typed_answers import OUTPUT_TOOL
from agents_app.engine.watch import Watch
from agents_app.models import Run
from agents_app.services import working
from sessions_app.errors import Refused
from sessions_app.events.hub import hub
from sessions_app.models import ChatSession
from tests import factories
from tests.agents_app.talking import PATIENT, in_thread, said, told
from tests.fakes.openai_server import FakeOpenAI

pytestmark = pytest.mark.django_db(transaction=True)


class Account(BaseModel):
    """Sum the round up."""

    summary: Annotated[str, Field(min_length=3)]
    confidence: int


async def ask(room: ChatSession, **how: Any) -> tuple[Run, Answer]:
    run = await in_thread(factories.run, room)
    lease = await in_thread(working.acquire, run_id=run.pk, owner="test:1")
    turn = _turn(lease, await in_thread(starting.of, run.pk), Watch(), PATIENT)
    return run, await turn.ask([ModelRequest.user_text_prompt("Sum up.")], output=Account, **how)


async def test_a_typed_answer_is_read_and_its_text_is_shown_while_it_is_written(
    room: ChatSession, models: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(hub, "delta", lambda room, *, run, msg, off, text, kind="text": shown.append(text))
    models.calls(OUTPUT_TOOL, summary='Two addresses "tried" 40 times.', confidence=3)

    run, answer = await ask(room, show="summary", message_type="summary", round=1)

    assert answer.output == Account(summary='Two addresses "tried" 40 times.', confidence=3)
    assert answer.calls == []
    [message] = await in_thread(said, run)
    assert message.pk == answer.message_id
    assert (message.content, message.message_type, message.round) == ('Two addresses "tried" 40 times.', "summary", 1)
    assert message.content.startswith("".join(shown))
    assert shown


async def test_an_answer_that_does_not_fit_goes_back_with_what_is_wrong(room: ChatSession, models: FakeOpenAI) -> None:
    models.calls(OUTPUT_TOOL, summary="All quiet.", confidence="very")
    models.calls(OUTPUT_TOOL, summary="All quiet.", confidence=1)

    run, answer = await ask(room, show="summary")

    assert answer.output == Account(summary="All quiet.", confidence=1)
    told_back = models.requests[1]["messages"][-1]
    assert told_back["role"] == "tool"
    assert "confidence" in told_back["content"]
    assert "very" not in told_back["content"]
    assert [message.content for message in await in_thread(said, run)] == ["All quiet."]
    assert "message.reset" in await in_thread(told, room)
    run = await in_thread(Run.objects.get, pk=run.pk)
    assert run.usage["requests"] == 2


async def test_a_model_that_never_fits_is_an_error(room: ChatSession, models: FakeOpenAI) -> None:
    for _ in range(3):
        models.says("I would rather talk.")
    with pytest.raises(Refused) as refused:
        await ask(room, show=None)
    assert refused.value.code == "LLM_API_ERROR"
    assert len(models.requests) == 3


async def test_a_model_that_writes_its_answer_as_text_is_understood(room: ChatSession, models: FakeOpenAI) -> None:
    models.says('{"summary": "Nothing found.", "confidence": 2}')
    _, answer = await ask(room, show=None)
    assert answer.output == Account(summary="Nothing found.", confidence=2)


async def test_the_checkpoint_is_kept_with_the_message(room: ChatSession, models: FakeOpenAI) -> None:
    models.calls(OUTPUT_TOOL, summary="Done here.", confidence=2)
    run, _ = await ask(room, show="summary", keep=lambda answer: {"stage": answer.output.confidence})
    assert (await in_thread(Run.objects.get, pk=run.pk)).checkpoint == {"stage": 2}
