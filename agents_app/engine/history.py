"""What a run's agent is told before it is asked: who it is, the incident, and what was said in the room."""

from typing import Any

from django.conf import settings
from django.db.models import Q
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    UserPromptPart,
)

from agents_app.engine import attached, data_blocks
from agents_app.models import Run
from sessions_app import resources
from sessions_app.models import Incident, Message

SPOKEN = ("text", "summary", "report", "question", "answer")
# The longest single message that goes back to the model; the whole stays in the room.
LONGEST = 8_000
KNOWN = ("title", "description", "severity", "status", "source", "opened_at")
INDICATORS = 60
ALERTS = 3


def of(run: Run, *, told: str | None = None, most: int | None = None) -> list[ModelMessage]:
    """The instructions (or what is `told` instead), the talk so far, and last what the run has to answer."""
    requests: list[ModelRequestPart] = [SystemPromptPart(content=_instructions(run) if told is None else told)]
    messages: list[ModelMessage] = []
    limit = settings.ENGINEER_CHAT_CONTEXT_HISTORY_LIMIT if most is None else most
    for message in _before(run, limit):
        if message.sender_name == run.agent.name and message.sender_type in ("agent", "ai"):
            messages += [ModelRequest(parts=requests)] if requests else []
            messages.append(ModelResponse(parts=[TextPart(content=message.content[:LONGEST])]))
            requests = []
        else:
            requests.append(UserPromptPart(content=_said(message, run)))
    requests.append(UserPromptPart(content=_asked(run)))
    return [*messages, ModelRequest(parts=requests)]


def _asked(run: Run) -> str:
    if run.prompt is None:
        return "Say where the incident stands."
    return run.prompt.content + attached.opened(run.prompt)


def who(run: Run) -> str:
    return run.agent.instructions or f"You are {run.agent.name}. {run.agent.description}"


def known(incident: Incident) -> dict[str, Any]:
    """What stands on the incident itself, for data blocks."""
    shown = resources.incident(incident, indicators=[]).wire()
    seen = incident.indicators.order_by("-seen_count", "id")
    return {
        "incident": {name: shown[name] for name in KNOWN},
        "alerts": list(incident.alerts.order_by("id").values("title", "severity", "source", "count")[:ALERTS]),
        "indicators": list(seen.values("kind", "value", "private", "seen_count")[:INDICATORS]),
    }


def _before(run: Run, most: int) -> list[Message]:
    """What was said before the prompt, and the replies to that, even where they came after the prompt."""
    spoken = Message.objects.filter(session_id=run.session_id, message_type__in=SPOKEN).exclude(status="failed")
    if run.prompt:
        replies = Q(run__prompt__seq__lt=run.prompt.seq)
        spoken = spoken.filter(Q(seq__lt=run.prompt.seq) | replies)
    newest = spoken.exclude(run=run).order_by("-seq")[:most]
    return sorted(newest, key=lambda message: message.seq)


def _said(message: Message, run: Run) -> str:
    """A person's words as they are; another agent's are data, since they repeat what alerts and logs say."""
    content = message.content[:LONGEST]
    if message.sender_type == "user":
        same = run.prompt is None or message.sender_id == run.prompt.sender_id
        content += attached.opened(message)
        return content if same else f"{message.sender_name} said: {content}"
    return data_blocks.block("said", {"by": message.sender_name, "text": content})


def _instructions(run: Run) -> str:
    parts = [who(run), data_blocks.RULE]
    if incident := run.session.incident:
        parts += [data_blocks.block(name, value) for name, value in _incident(incident).items()]
    return "\n\n".join(parts)


def _incident(incident: Incident) -> dict[str, Any]:
    rounds = incident.round_summaries.order_by("version")
    return {
        **known(incident),
        "evidence": list(incident.evidence.order_by("id").values("filename", "lines", "size")),
        "rounds": list(rounds.values("round", "summary", "findings", "suggestions", "confidence")),
    }
