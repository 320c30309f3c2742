"""Asking a model once: time limits, tries, what is shown while it speaks, and an answer that can be used."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic_ai.direct import model_request_stream
from pydantic_ai.exceptions import ModelAPIError, ModelConnectionError, ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse
from pydantic_ai.models import StreamedResponse

from agents_app.catalogue import ToolSpec
from agents_app.engine import filtering, models, spending, typed_answers
from agents_app.engine.answers import Answer
from agents_app.engine.checkpoint import make_storable, storable
from agents_app.engine.failures import FAILURES, Cut, Failure, Late, Useless, refusal, retry_after, transient
from agents_app.engine.reading import FieldReader, Reader, Silence, TextReader
from agents_app.engine.spending import Usage
from agents_app.engine.streaming import Marks, Speaker
from agents_app.engine.watch import Cancelled
from agents_app.models import Agent, Run
from agents_app.services import providers, quotas
from sessions_app import actors
from sessions_app.errors import Refused
from sessions_app.events import executors
from sessions_app.masking import Running
from sessions_app.models import Message

if TYPE_CHECKING:
    from agents_app.engine.turn import Turn

ANTHROPIC = "anthropic"
# Nobody reads a longer reply, and the room would carry it to every viewer.
LONGEST_REPLY = 400_000


@dataclass
class Asking:
    turn: "Turn"
    messages: list[ModelMessage]
    tools: list[ToolSpec]
    output: type[BaseModel] | None
    show: str | None
    agent: Agent
    message_type: str
    round: int | None
    marks: Marks
    keep: Callable[[Answer], dict[str, Any]] | None
    usage: Usage = field(default_factory=Usage)

    async def ask(self) -> Answer:
        """Ask until an answer fits, within the limits; what was shown of a failed one stays, marked so."""
        means = await self.turn.means_of(self.agent)
        self.resolved, self.mask = models.build(means.chosen), means.mask.having_told(filtering.told(self.messages))
        self.deadline = asyncio.get_running_loop().time() + min(self.turn.limits.total_s, self.turn.seconds_left)
        corrections: list[ModelMessage] = []
        while True:
            await self.turn.afford(partial(self._expected, corrections))
            response = await self._answered(corrections)
            try:
                output = typed_answers.read(response, self.output, self.tools)
            except ValidationError as misfit:
                await self._send_back(misfit, response, corrections)
            else:
                return await self._settle(response, output, corrections)

    # --- One request, tried more than once ----------------------------------------------------------------------------
    async def _answered(self, corrections: list[ModelMessage]) -> ModelResponse:
        tried = 0
        while True:
            tried += 1
            self.reader = self._reader()
            self.said = Running(self.mask, self.reader.text)
            self.speaker = Speaker(
                self.turn.lease, actors.agent(self.agent.name), read=self.said.text,
                message_type=self.message_type, round=self.round, marks=self.marks,
            )  # fmt: skip
            self.stream: StreamedResponse | None = None
            self.heard = self.whole = False
            try:
                return await self._request([*self.messages, *corrections])
            except Cancelled:
                self._count_unfinished(corrections)
                await self._leave("cancelled")
                raise
            except FAILURES as error:
                self._count_unfinished(corrections, error)
                wait = self._wait_before_next(error, tried)
                if wait is None:
                    raise await self._refusal(error) from error
                await self._try_again(wait, corrections)
            finally:
                self.speaker.hush()

    async def _request(self, messages: list[ModelMessage]) -> ModelResponse:
        """One request, its events heard as they come; the clock starts anew with each of them."""
        limits = self.turn.limits
        try:
            async with asyncio.timeout_at(self._patience(limits.first_token_s)) as clock:
                with self.turn.watch.interrupts(clock):
                    async with self._stream(messages) as self.stream:
                        async for event in self.stream:
                            self.heard = True
                            if self.reader.hear(event):
                                await self._hear()
                            if not self.turn.watch.stopping:
                                clock.reschedule(self._patience(limits.stall_s))
                        return self._useful(self.stream.get())
        except TimeoutError:
            self.turn.watch.check()
            raise self._late() from None
        except ModelAPIError as error:
            if self.heard and not isinstance(error, ModelHTTPError) and _broken_off(error):
                raise Cut from error
            raise

    def _patience(self, limit: float) -> float:
        """Until when to wait for the next word. A run with little time of its own keeps half of it for its next try."""
        now = asyncio.get_running_loop().time()
        if self.turn.limits.run_s is not None and self.turn.retried != self.turn.limits.retries_a_run:
            limit = min(limit, (self.deadline - now) / 2)
        return min(self.deadline, now + limit)

    async def _try_again(self, wait: float, corrections: list[ModelMessage]) -> None:
        await self.speaker.reset("The model's provider failed in the middle of it; it is asked again.")
        if self.usage.requests:
            await self._count()
            await self.turn.afford(partial(self._expected, corrections))
        await self.turn.watch.sleep(wait)

    async def _refusal(self, error: Failure) -> Refused:
        """Leave it there: what is said to who asked, and noted of the provider."""
        await self._leave("failed")
        refused = refusal(error)
        if not isinstance(error, Useless):  # what it says is one thing, whether it answers another
            await executors.run(partial(providers.note_error, self.resolved.provider.pk, refused.detail))
        return refused

    def _stream(self, messages: list[ModelMessage]) -> Any:
        return model_request_stream(
            self.resolved.model,
            messages,
            model_settings=self.resolved.settings,
            model_request_parameters=typed_answers.parameters(self.tools, self.output),
        )

    async def _hear(self) -> None:
        await self.speaker.hear()
        if self.reader.size > LONGEST_REPLY:
            raise Useless("LLM_TOKEN_LIMIT", "The model's reply was too long; it was broken off.")

    def _late(self) -> Late:
        if asyncio.get_running_loop().time() >= self.deadline:
            return Late("The model took too long over its reply.")
        return Late(
            "The model stopped in the middle of its reply." if self.heard else "The model did not begin to answer."
        )

    def _wait_before_next(self, error: Failure, tried: int) -> float | None:
        """Seconds until the next try, or None if there is no use in one."""
        limits = self.turn.limits
        if tried >= limits.tries or self.turn.retried == limits.retries_a_run or not transient(error):
            return None
        asked = retry_after(error)
        wait = random.uniform(0, limits.retry_base_s * 2**tried) if asked is None else asked
        too_late = asyncio.get_running_loop().time() + wait >= self.deadline
        if too_late or wait > limits.retry_ceiling_s:
            return None
        self.turn.retried += 1
        return wait

    # --- What came ----------------------------------------------------------------------------------------------------
    def _reader(self) -> Reader:
        if self.show is None:
            return Silence()
        return TextReader() if self.show == "text" else FieldReader(typed_answers.OUTPUT_TOOL, self.show)

    def _useful(self, response: ModelResponse) -> ModelResponse:
        make_storable(response)
        self.caught = filtering.hide(response, self.mask)
        if not _ended(response):
            raise Cut
        self.usage.add(response, demo=self.resolved.demo)
        self.whole = True
        if response.finish_reason == "content_filter":
            raise Useless("LLM_CONTENT_FILTER", "The model's provider refused the content.")
        if response.tool_calls or (response.text or "").strip():
            return response
        if response.finish_reason == "length":
            raise Useless("LLM_TOKEN_LIMIT", "The model had no room left for an answer.")
        raise Useless("LLM_API_ERROR", "The model gave an empty answer.")

    async def _send_back(
        self, misfit: ValidationError, response: ModelResponse, corrections: list[ModelMessage]
    ) -> None:
        if len(corrections) // 2 >= self.turn.limits.corrections:
            await self._leave("failed")
            raise Refused("LLM_API_ERROR", "The model's answer did not have the form that was asked for.") from misfit
        await self.speaker.reset("The answer did not have the form that was asked for; it is written again.")
        await self._count(caught=self.caught)
        corrections += [response, ModelRequest(parts=typed_answers.faults(misfit, response))]

    async def _settle(
        self, response: ModelResponse, output: BaseModel | None, corrections: list[ModelMessage]
    ) -> Answer:
        text = self._said(response, output)
        shown = self.show is not None and bool(text)
        answer = Answer(response, text, output, self.speaker.id if shown else None, corrections)
        kept = self.keep(answer) if self.keep else None
        if shown:
            thought = {"message_type": Message.Type.THINKING} if answer.calls and self.show == "text" else {}
            then = self._record(kept, self.caught)
            await self.speaker.end(text, then=then, metadata=self._metadata(self.caught), **thought)
            self._counted()
        else:
            await self.speaker.reset("Nothing was said.")
            await self._count(kept, self.caught)
        if kept is not None:
            self.turn.run.checkpoint = kept
        return answer

    async def _leave(self, status: str) -> None:
        """Keep what was shown of an answer that will not be finished."""
        text, caught = self.said.whole(), self.said.counts
        if self.speaker.begun:
            then = self._record(None, caught)
            await self.speaker.end(text, then=then, status=status, metadata=self._metadata(caught))
            self._counted()
        elif self.usage.requests:
            await self._count()

    # --- What it took -------------------------------------------------------------------------------------------------
    def _expected(self, corrections: list[ModelMessage]) -> int:
        """Tokens the next request may take, as far as one can tell before it is made."""
        reply = self.resolved.chosen.config.get("max_tokens") or quotas.TYPICAL_REPLY
        return quotas.estimate(self._asked(corrections), reply=reply)

    def _asked(self, corrections: list[ModelMessage]) -> str:
        return " ".join(spending.written(part) for message in [*self.messages, *corrections] for part in message.parts)

    def _count_unfinished(self, corrections: list[ModelMessage], error: Failure | None = None) -> None:
        """A try that was cut is paid for like any other, made again or not; one that was refused outright is not."""
        if not self.whole and (self.heard or isinstance(error, Late)):
            asked = quotas.estimate(self._asked(corrections), reply=0)
            self.usage.add_unfinished(asked, self.stream.get() if self.stream else None)

    async def _count(self, checkpoint: dict[str, Any] | None = None, caught: Counter[str] | None = None) -> None:
        """Count a request whose answer nobody is shown."""
        await executors.run(
            partial(spending.held_record, self.turn.lease, self._record(checkpoint, caught or Counter()))
        )
        self._counted()

    def _record(self, checkpoint: dict[str, Any] | None, caught: Counter[str]) -> Callable[[Run], None]:
        """What is written with the end of an answer."""
        return partial(
            spending.record, usage=self.usage, checkpoint=checkpoint, chosen=self.resolved.chosen, agent=self.agent,
            caught=caught,
        )  # fmt: skip

    def _counted(self) -> None:
        """What was reserved went with the request; the next needs its own."""
        self.usage, self.turn.run.reserved = Usage(), None

    def _said(self, response: ModelResponse, output: BaseModel | None) -> str:
        if output is not None and self.show not in (None, "text"):
            return storable(str(getattr(output, self.show or "")))
        return self.said.whole() if self.show else storable(response.text or "")

    def _metadata(self, caught: Counter[str]) -> dict[str, Any]:
        """Every answer says what gave it, and what was masked; the demo model is never taken for a real one."""
        told = {"provider": self.resolved.provider.name, "model": self.resolved.name, **self.marks.metadata}
        told |= {"masked": dict(caught)} if caught else {}
        return {**told, "demo": True, "estimated": True} if self.resolved.demo else told


def _broken_off(error: ModelAPIError) -> bool:
    """Whether the connection was lost under a stream, or the stream ended before its time; not what a server said."""
    return isinstance(error, ModelConnectionError) or error.__cause__ is None


def _ended(response: ModelResponse) -> bool:
    """Whether the model came to its end: a stream may just stop, and Anthropic's client takes that for one."""
    said_why = (response.provider_details or {}).get("finish_reason")
    return bool(response.finish_reason or said_why) or response.provider_name != ANTHROPIC
