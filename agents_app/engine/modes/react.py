"""React: the model and its tools in turn, until it answers or a person must decide."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, ToolReturnPart, UserPromptPart

from agents_app.catalogue import TOOLS, ToolSpec
from agents_app.engine import attached, checkpoint, history
from agents_app.engine.answers import Answer
from agents_app.engine.dispatcher import Settled, ToolRequest, Waiting
from agents_app.engine.turn import Done, Parked, Turn
from agents_app.models import Run
from sessions_app.models import Message


async def drive(turn: Turn) -> Done | Parked:
    return await converse(turn, history.of, turn.agent.tools)


async def converse(
    turn: Turn, begin: Callable[[Run], list[ModelMessage]], tools: list[str], **said: Any
) -> Done | Parked:
    """Ask, act, record, until done or someone must decide. Goes on from wherever the talk was left."""
    talk = await _rebuilt(turn, begin)
    while True:
        if talk.calls:
            outcomes = [await turn.act(request) for request in talk.requests(turn)]
            if waiting := [outcome for outcome in outcomes if isinstance(outcome, Waiting)]:
                return Parked(waiting[0].waiting_for)
            talk.told([outcome for outcome in outcomes if isinstance(outcome, Settled)])
            await turn.save(talk.stored())
            continue
        if heard := await turn.listen(talk.after_hearing):
            talk.hear(heard)
        elif talk.answered:
            return Done()
        answer = await turn.ask(talk.messages, tools=_tools(turn, talk, tools), keep=talk.after, **said)
        talk.messages.append(answer.response)
        if talk.answered:
            return Done()  # what people wrote meanwhile is found by who ends the run


@dataclass
class Talk:
    messages: list[ModelMessage]
    # How many of them were there before this run.
    before: int

    @property
    def responses(self) -> int:
        """How often the model has answered in this run: the ordinal of the last response."""
        return sum(isinstance(each, ModelResponse) for each in self.messages[self.before :])

    @property
    def calls(self) -> list[ToolCallPart]:
        last = self.messages[-1]
        return list(last.tool_calls) if isinstance(last, ModelResponse) else []

    @property
    def answered(self) -> bool:
        return isinstance(self.messages[-1], ModelResponse) and not self.calls

    def requests(self, turn: Turn) -> list[ToolRequest]:
        """The last response's calls, named so that a repeat after a crash is known as one."""
        last, ordinal = self.messages[-1], self.responses
        reason = (last.text or "") if isinstance(last, ModelResponse) else ""
        return [
            ToolRequest(
                ordinal=ordinal, call_id=call_id, tool=call.tool_name, args=call.args or {},
                agent=turn.agent, reason=reason, step=f"step {ordinal}",
            )
            for call, call_id in zip(self.calls, _distinct([each.tool_call_id for each in self.calls]), strict=True)
        ]  # fmt: skip

    def told(self, outcomes: list[Settled]) -> None:
        """Give the model the outcome of each of its calls."""
        parts = [
            ToolReturnPart(tool_name=call.tool_name, content=outcome.text, tool_call_id=call.tool_call_id)
            for call, outcome in zip(self.calls, outcomes, strict=True)
        ]
        self.messages.append(ModelRequest(parts=parts))

    def hear(self, words: list[Message]) -> None:
        """What people said on the way is the newest thing the model is told."""
        self.messages.append(ModelRequest(parts=[UserPromptPart(content=_said(each)) for each in words]))

    def after_hearing(self, words: list[Message]) -> dict[str, Any]:
        told = Talk([*self.messages], self.before)
        told.hear(words)
        return told.stored()

    def after(self, answer: Answer) -> dict[str, Any]:
        return Talk([*self.messages, answer.response], self.before).stored()

    def stored(self) -> dict[str, Any]:
        return {"messages": checkpoint.dump(self.messages), "before": self.before}


async def _rebuilt(turn: Turn, begin: Callable[[Run], list[ModelMessage]]) -> Talk:
    if stored := turn.checkpoint:
        return Talk(checkpoint.load(stored["messages"]), stored["before"])
    messages = await turn.read(begin, turn.run)
    return Talk(messages, len(messages))


def _distinct(ids: list[str]) -> list[str]:
    """Some servers give all calls of a response one id; the ledger would take the second for a repeat of the first."""
    return [each if each not in ids[:place] else f"{each}#{place}" for place, each in enumerate(ids)]


def _said(message: Message) -> str:
    return f"{message.sender_name} adds: {message.content}{attached.named(message)}"


def _tools(turn: Turn, talk: Talk, names: list[str]) -> list[ToolSpec]:
    """The tools it is given; none for the last request the limits allow, so that it has to answer."""
    if talk.responses >= turn.limits.steps - 1:
        return []
    return [TOOLS[name] for name in names if name in TOOLS]
