"""F11: another organisation's ids through every address of the API. What is another's answers as what is not there."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from agents_app.models import Approval, Question, ToolCall
from sessions_app.models import Evidence, Incident, Message, User
from tests.callers import Caller, person, program
from tests.factories import incident, organization, room, run, tool_call, user

pytestmark = pytest.mark.django_db(transaction=True)
METHODS = ("get", "post", "put", "patch", "delete")
BODIES: tuple[dict[str, Any], ...] = (
    {},
    {"content": "x"},
    {"title": "x"},
    {"value": "203.0.113.7"},
    {"outcome": "skip", "note": "x"},
    {"version": 1, "digest": "sha256:" + "0" * 64, "decision": "approve"},
)


def addresses(patterns: Any = None, before: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every address of the API that names something by id, with its converters."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        here = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each.url_patterns, here)
        elif isinstance(each, URLPattern) and here.startswith("api/") and "<" in here:
            yield here, each.pattern.converters


def things() -> dict[str, UUID]:
    """One of everything in the organisation, by the name addresses call it."""
    found: Incident = incident()
    call: ToolCall = tool_call(run(found.room, status="waiting"), state="unknown")
    home, session = found.organization, found.room
    file = Evidence.objects.create(
        incident=found, filename="a.log", stored_name="a", content_type="text/plain", size=1, sha256="0" * 64
    )
    asked: dict[str, Any] = {"session": session, "expires_at": timezone.now()}
    policy = {"need": [{"role": "approver", "approve": 1, "reject": 1}], "eligible": [], "exclude": [], "rule": "x"}
    approval = Approval.objects.create(
        organization=home, incident=found, tool_call=call, digest="sha256:" + "0" * 64, fingerprint="f", policy=policy,
        level="approve", tool="block_indicator", tool_schema="s", args={}, agent_name="Operator", risk="high", **asked,
    )  # fmt: skip
    question = Question.objects.create(run=call.run, tool_call=call, question="Which?", asked_by="Captain", **asked)
    said = Message.objects.create(session=session, seq=1, sender_type="user", sender_name="x", content="x")
    return {
        "incident_id": found.pk, "session_id": session.pk, "run_id": call.run_id, "tool_call_id": call.pk,
        "approval_id": approval.pk, "question_id": question.pk, "evidence_id": file.pk, "message_id": said.pk,
        "agent_id": session.agent_id, "task_id": found.follow_ups.create(title="x").pk,
    }  # fmt: skip


def filled(address: str, converters: dict[str, Any], ids: dict[str, UUID]) -> str:
    for name, converter in converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower()
        spelled = f"<{kind}:{name}>" if f"<{kind}:{name}>" in address else f"<{name}>"
        value = ids.get(name) if kind == "uuid" else "1"
        assert value is not None, f"{address}: this test knows no {name}"
        address = address.replace(spelled, str(value))
    return "/" + address


def told(answer: HttpResponse) -> tuple[int, Any]:
    assert not getattr(answer, "streaming", False)
    problem = answer.json() if answer.content else {}
    return answer.status_code, {name: problem.get(name) for name in ("error_code", "detail", "details")}


def callers() -> dict[str, Caller]:
    other = organization("other")
    gone: User = user("gone", role="commander")
    gone.memberships.update(active=False)
    return {
        "outsider": person(user("outsider", org=other, role="commander")),
        "admin of another": person(user("elsewhere", org=other, role="admin")),
        "ex-member": person(gone),
        "program of another": program(other, "read", "write", "ingest"),
    }


def test_what_is_anothers_answers_as_what_is_not_there() -> None:
    ids = things()
    nothing = {name: uuid4() for name in ids}
    seen = 0
    for who, caller in callers().items():
        for address, converters in addresses():
            if not any(type(each).__name__ == "UUIDConverter" for each in converters.values()):
                continue
            for method in METHODS:
                for body in BODIES if method in ("post", "put", "patch") else BODIES[:1]:
                    there, missing = (
                        told(_call(caller, method, filled(address, converters, which), body))
                        for which in (ids, nothing)
                    )
                    assert there == missing, (who, method, address, body)
                    assert there[0] in (400, 403, 404, 405), (who, method, address, body, there)
                    seen += 1
    assert seen > 400
    # And what is there is there, for those it belongs to.
    member = person(user())
    for path in ("incidents/{incident_id}", "sessions/{session_id}", "runs/{run_id}", "approvals/{approval_id}"):
        assert member.get(path.format(**ids)).status_code == 200, path


def test_lists_hold_nothing_of_anothers() -> None:
    things()
    for who, caller in callers().items():
        for path in ("incidents", "sessions", "approvals", "agents"):
            answer = caller.get(path)
            if answer.status_code == 200:
                assert answer.json()["data"] == [], (who, path)


def test_an_engineer_chat_of_another_person_answers_as_what_is_not_there() -> None:
    private = room(category="engineer_chat", owner=user())
    colleague = person(user(role="commander"))
    for address, converters in addresses():
        if list(converters) == ["session_id"]:
            for method in METHODS:
                there, missing = (
                    told(_call(colleague, method, filled(address, converters, {"session_id": which}), {"content": "x"}))
                    for which in (private.pk, uuid4())
                )
                assert there == missing, (method, address)


def _call(caller: Caller, method: str, path: str, body: dict[str, Any]) -> HttpResponse:
    if method == "get":
        return caller.client.get(path)
    return getattr(caller.client, method)(path, body, "application/json")
