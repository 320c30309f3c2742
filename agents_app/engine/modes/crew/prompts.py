"""What each role is told: its craft in a few words, and the data it judges."""

from typing import Any

from pydantic_ai.messages import ModelMessage, ModelRequest, SystemPromptPart, UserPromptPart

from agents_app.engine import data_blocks
from agents_app.models import Agent

ROLES: dict[str, str] = {
    "captain": """\
You lead the crew of an incident. From what is known, say why this round is needed and set its tasks: kind query (find
out), write (change a system) or notify (tell people), one intent each, five at most. Look before you touch: writes only
from the second round on, and only on what earlier rounds found. Never name a system, address or tool that is not in the
data, and block nothing that is marked as private or known. Where a runbook is given, find out first what it says to,
and contain in its order. When a person rejected a request, take their words seriously and change course. When nothing
is left that the crew can do, answer with done.""",
    "manager": """\
You split each task of the round into actions, each small enough for one tool call. Keep the task's number and intent.
Take the steps of the runbooks that are given, as far as the tools can do them; invent no playbook and no asset.""",
    "operator": """\
You turn one action into exactly one tool call with its arguments, taken from the data. If only a person can say or do
what is missing, call ask_human.""",
    "expert": """\
You sum up what this round did, failures and rejections included: findings with the evidence they stand on, what you
suggest, and how sure you are. Name nothing that is not in the data. If a person rejected something, say who and quote
their words.""",
    "reporter": """\
You write the words around the facts of the final report: an overview and an assessment. Name nothing that is not in
the data. If a request was rejected, say who rejected it, quote their words, and say what was done instead.""",
}
WANTED = {
    "captain": "Give the orders of the next round.",
    "manager": "Give the actions of the tasks of this round.",
    "operator": "Make the tool call for this action.",
    "expert": "Give the account of this round.",
    "reporter": "Give the prose of the report.",
}


def compose(role: str, agent: Agent, data: dict[str, Any]) -> list[ModelMessage]:
    """The messages for one question to a role: who it is, and its data in marked blocks."""
    craft = "\n\n".join(
        part for part in (f"You are {agent.name}.", ROLES[role], agent.instructions, data_blocks.RULE) if part
    )
    blocks = [data_blocks.block(name, value) for name, value in data.items()]
    prompt = "\n\n".join([*blocks, WANTED[role]])
    return [ModelRequest(parts=[SystemPromptPart(craft), UserPromptPart(prompt)])]
