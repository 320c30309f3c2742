"""An engineer chat: a person's own questions, answered from the newest summary and the evidence, and nothing else."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from pydantic_ai.messages import ModelMessage

from agents_app.catalogue import TOOLS
from agents_app.engine import data_blocks, history
from agents_app.engine.modes import react
from agents_app.engine.streaming import Marks
from agents_app.engine.turn import Done, Parked, Turn
from agents_app.models import Run
from sessions_app.models import Incident, Message

CRAFT = (
    "You answer one engineer in private, beside an incident's war room. Neither the room nor its agents see this talk. "
    "You look things up and explain; you change nothing. Stand on the summary, the evidence and what was said here, "
    "name what you stand on, and say so when you do not know."
)
FILES = 20


@dataclass(frozen=True)
class Known:
    """What the model is told of the incident, and which version of its summary that was."""

    told: str
    version: int | None
    before: int | None

    @property
    def marks(self) -> Marks:
        moved = self.before is not None and self.version != self.before
        changed = {"summary_changed": {"from": self.before, "to": self.version}} if moved else {}
        return Marks(Message.SenderType.AI, self.version, changed)


async def drive(turn: Turn) -> Done | Parked:
    """Answer with the tools that only look; nothing here waits for a person."""
    known = await turn.read(look, turn.run)
    looking = [name for name in turn.agent.tools if name in TOOLS and _only_looks(name)]
    begin = partial(_talk, told=known.told)
    return await react.converse(
        turn, begin, looking, marks=known.marks, round=turn.run.prompt and turn.run.prompt.round
    )


def look(run: Run) -> Known:
    """The incident as it stands: its newest summary and an index of the evidence; never what agents said meanwhile."""
    answered = Message.objects.filter(session_id=run.session_id, sender_type=Message.SenderType.AI)
    answered = answered.exclude(summary_version=None).exclude(run=run)
    before = answered.order_by("-seq").values_list("summary_version", flat=True).first()
    parts = [history.who(run), CRAFT, data_blocks.RULE]
    if (incident := run.session.incident) is None:
        return Known("\n\n".join(parts), None, before)
    blocks = [data_blocks.block(name, value) for name, value in _blocks(incident).items()]
    return Known("\n\n".join([*parts, *blocks]), incident.summary_version, before)


def _talk(run: Run, *, told: str) -> list[ModelMessage]:
    """At most so many messages in all, the question among them."""
    return history.of(run, told=told, most=max(0, settings.ENGINEER_CHAT_CONTEXT_HISTORY_LIMIT - 1))


def _blocks(incident: Incident) -> dict[str, Any]:
    newest = incident.round_summaries.order_by("-version")
    summary = newest.values("version", "round", "summary", "findings", "suggestions", "confidence").first()
    files = incident.evidence.order_by("-id").values("filename", "lines", "size", "created_at")[:FILES]
    blocks = {**history.known(incident), "evidence": list(files)}
    # Under the name and in the shape that rounds have elsewhere: there is one, the newest.
    return {**blocks, "rounds": [summary]} if summary else blocks


def _only_looks(name: str) -> bool:
    return TOOLS[name].harmless and not TOOLS[name].asks_a_person
