"""An observer tries every verb of REST and socket in their own organisation: all of it is refused, nothing changes."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from sessions_app import actors, commands
from sessions_app.client_frames import Cmd
from sessions_app.errors import Refused
from sessions_app.models import Event
from sessions_app.vocabulary import COMMANDS
from tests import callers, factories
from tests.faults.test_isolation import things

pytestmark = pytest.mark.django_db(transaction=True)

DECISION = {"version": 1, "digest": "sha256:" + "0" * 64, "decision": "approve"}
REST: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("post", "incidents", {"title": "x", "severity": "low"}),
    ("patch", "incidents/{incident_id}", {"title": "x"}),
    ("post", "incidents/{incident_id}/tasks", {"title": "x"}),
    ("patch", "incidents/{incident_id}/tasks/{task_id}", {"title": "y"}),
    ("put", "incidents/{incident_id}/roles", {}),
    ("post", "incidents/{incident_id}/indicators", {"value": "203.0.113.7"}),
    ("post", "incidents/{incident_id}/crew", {}),
    ("post", "ingest", {"title": "x"}),
    ("post", "sessions", {"title": "x"}),
    ("patch", "sessions/{session_id}", {"title": "y"}),
    ("delete", "sessions/{session_id}", {}),
    ("post", "sessions/{session_id}/end", {}),
    ("post", "sessions/{session_id}/messages", {"content": "x"}),
    ("post", "sessions/{session_id}/chat", {"content": "x"}),
    ("post", "chat/start", {"agentId": "{agent_id}", "message": "x"}),
    ("post", "runs/{run_id}/cancel", {}),
    ("post", "runs/{run_id}/pause", {}),
    ("post", "runs/{run_id}/resume", {}),
    ("post", "runs/{run_id}/retry", {}),
    ("post", "runs/{run_id}/steer", {"content": "x"}),
    ("post", "approvals/{approval_id}/decision", DECISION),
    ("post", "questions/{question_id}/answer", {"content": "x"}),
    ("post", "outcomes/{tool_call_id}", {"outcome": "skip"}),
    ("delete", "grants/{grant_id}", {}),
    ("post", "engineer-chat/send", {"incident_id": "{incident_id}", "message": "x"}),
)
DATA: dict[str, dict[str, Any]] = {
    "message.send": {"content": "x"}, "session.config": {"config": {"temperature": 1}}, "run.steer": {"content": "x"},
    "approval.decide": DECISION, "approval.withdraw": {"version": 1}, "question.answer": {"content": "x"},
    "outcome.decide": {"outcome": "skip"}, "feedback.give": {"rating": "up"},
}  # fmt: skip
# Who has no vote has none to withdraw.
REFUSED = ("PERMISSION_DENIED", "APPROVAL_FORBIDDEN", "CONFLICT")
# What a socket answers by itself, without a service.
OF_THE_SOCKET = {"typing", "auth.refresh"}


def test_by_rest_all_of_it_is_forbidden() -> None:
    ids = things()
    observer = callers.person(factories.user(role="observer"))
    before = Event.objects.count()
    answers = {(method, path): _ask(observer, method, path, body, ids) for method, path, body in REST}
    assert {key: answer for key, answer in answers.items() if answer != 403} == {}
    assert Event.objects.count() == before


def test_by_socket_no_command_is_carried_out() -> None:
    ids = things()
    by = actors.person(factories.user(role="observer"))
    stranger = actors.person(factories.user(role="commander", org=factories.organization("other")))
    before = Event.objects.count()
    for kind in COMMANDS.keys() - OF_THE_SOCKET:
        fields = {name: str(value) for name, value in ids.items() if name in COMMANDS[kind].model_fields}
        data = {**fields, **DATA.get(kind, {})}
        for who, codes in (
            (by, ("PERMISSION_DENIED", "APPROVAL_FORBIDDEN", "CONFLICT")),
            (stranger, ("SESSION_NOT_FOUND",)),
        ):
            cmd = Cmd(t="cmd", cid=uuid4(), room=ids["session_id"], type=kind, data=data)
            with pytest.raises(Refused) as refused:
                commands.carry_out(cmd, by=who)
            assert refused.value.code in codes, (kind, who.name, refused.value)
    assert Event.objects.count() == before


def _ask(who: callers.Caller, method: str, path: str, body: dict[str, Any], ids: dict[str, UUID]) -> int:
    named = {name: value.format(**ids) if isinstance(value, str) else value for name, value in body.items()}
    call = getattr(who.client, method)
    answer = call(f"/api/v1/{path.format(**ids)}", named, "application/json")
    return int(answer.status_code)
