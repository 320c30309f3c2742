"""What no agent asks for by itself in a demo: a question, calls whose end nobody saw, something destructive.

The rows are made by the services, in the database of a server that runs; its rooms find them as they find what another
process has written.
"""

import subprocess

from tests.services.server import PROJECT, Server, command_line

# `call(tool, args)`: a call in the locked session of the incident, of a run of its own that waits for it. Of its own,
# since a run goes on with the first answer, and what else it has asked is cancelled when it ends a moment later.
PREPARED = """
from dataclasses import replace
from uuid import uuid4
from django.db import transaction
from agents_app import catalogue, policy
from agents_app.models import Agent, Run, ToolCall
from agents_app.services import approvals, calls, questions
from sessions_app import actors
from sessions_app.events import log
from sessions_app.models import Incident

operator = actors.agent("Operator Ines")
with transaction.atomic():
    session = log.lock(Incident.objects.get(pk={incident!r}).room_id)
    agent = Agent.objects.get(organization=session.organization_id, name="Operator Ines")

    def call(tool, args, **fields):
        run = Run.objects.create(
            session=session, agent=agent, mode="react", status="waiting", waiting_for={waiting_for!r}
        )
        return ToolCall.objects.create(
            run=run, ordinal=1, call_id="call-1", tool=tool, args=args, agent_name=agent.name,
            idempotency_key=uuid4().hex, **fields,
        )

"""
QUESTION = """
    asked = {"question": "Is 203.0.113.9 one of yours?", "options": ["Yes", "No", "Nobody knows"]}
    for _ in range(2):
        wondering = call("ask_human", asked)
        questions.ask(call=wondering, run=wondering.run, by=operator)
"""
UNKNOWN = """
    for number in (31, 32, 33):
        args = {"indicator": f"203.0.113.{number}", "minutes": 60, "reason": "It guesses passwords."}
        calls.become_unknown(call("block_indicator", args, state="claimed"), by=operator)
"""
DESTRUCTIVE = """
    args = {"indicator": "203.0.113.41", "minutes": 60, "reason": "It guesses passwords."}
    asked = call("block_indicator", args, reason="It guesses passwords.")
    spec = replace(catalogue.TOOLS["block_indicator"], destructive=True)
    ruling = policy.judge(calls.situation(asked, run=asked.run))
    approvals.ask(call=asked, run=asked.run, spec=spec, ruling=ruling, by=operator)
"""


def ask(server: Server, incident: str, what: str, *, waiting_for: str) -> None:
    code = PREPARED.format(incident=incident, waiting_for=waiting_for) + what
    command = command_line("shell", "--verbosity", "0", "-c", code)
    subprocess.run(command, env=server.environment, cwd=PROJECT, check=True, timeout=60)
