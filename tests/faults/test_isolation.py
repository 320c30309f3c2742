"""F11: another organisation's ids through every address of the API. What is another's answers as what is not there."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from agents_app.models import Approval, Grant, Question, ToolCall
from sessions_app.models import Evidence, Incident, Message, Upload, User
from tests.callers import Caller, person, program
from tests.factories import incident, organization, run, tool_call, user
from tests.faults.addresses import BODIES, METHODS, addresses, call, filled, told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


def things() -> dict[str, UUID]:
    """One of everything in the organisation, by the name addresses call it."""
    found: Incident = incident()
    made: ToolCall = tool_call(run(found.room, status="waiting"), state="unknown")
    home, session = found.organization, found.room
    file = Evidence.objects.create(
        incident=found, filename="a.log", stored_name="a", content_type="text/plain", size=1, sha256="0" * 64
    )
    sent = Upload.objects.create(
        session=session, filename="a", stored_name="b", content_type="text/plain", size=1, sha256="0" * 64
    )
    asked: dict[str, Any] = {"session": session, "expires_at": timezone.now()}
    policy = {"need": [{"role": "approver", "approve": 1, "reject": 1}], "eligible": [], "exclude": [], "rule": "x"}
    approval = Approval.objects.create(
        organization=home, incident=found, tool_call=made, digest="sha256:" + "0" * 64, fingerprint="f", policy=policy,
        level="approve", tool="block_indicator", tool_schema="s", args={}, agent_name="Operator", risk="high", **asked,
    )  # fmt: skip
    grant = Grant.objects.create(
        session=session, agent_name="Operator", tool="block_indicator", uses_left=1, expires_at=asked["expires_at"],
        given_by=user(role="approver"), approval=approval,
    )  # fmt: skip
    question = Question.objects.create(run=made.run, tool_call=made, question="Which?", asked_by="Captain", **asked)
    said = Message.objects.create(session=session, seq=1, sender_type="user", sender_name="x", content="x")
    indicator = found.indicators.create(organization=home, kind="ip", value="203.0.113.7")
    return {
        "incident_id": found.pk, "session_id": session.pk, "run_id": made.run_id, "tool_call_id": made.pk,
        "approval_id": approval.pk, "question_id": question.pk, "evidence_id": file.pk, "message_id": said.pk,
        "agent_id": session.agent_id, "task_id": found.follow_ups.create(title="x").pk, "upload_id": sent.pk,
        "grant_id": grant.pk, "indicator_id": indicator.pk,
    }  # fmt: skip


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
    seen, unfit = 0, set[tuple[str, str, str]]()
    for who, caller in callers().items():
        for address, converters in addresses():
            if not any(type(each).__name__ == "UUIDConverter" for each in converters.values()):
                continue
            for method in METHODS:
                for body in BODIES if method in ("post", "put", "patch") else BODIES[:1]:
                    if (asked := (method, address, str(body))) in unfit:
                        continue  # what the address does not take is refused before anybody looks who asks
                    there, missing = (
                        told(call(caller, method, filled(address, converters, which), body)) for which in (ids, nothing)
                    )
                    assert there == missing, (who, method, address, body)
                    assert there[0] in (400, 403, 404, 405), (who, method, address, body, there)
                    if there[0] in (400, 405):
                        unfit.add(asked)
                    seen += 1
    assert seen > 400
    # And what is there is there, for those it belongs to.
    member = person(user())
    for path in ("incidents/{incident_id}", "sessions/{session_id}", "runs/{run_id}", "approvals/{approval_id}"):
        assert member.get(path.format(**ids)).status_code == 200, path


def test_lists_hold_nothing_of_anothers() -> None:
    things()
    for who, caller in callers().items():
        for path in ("incidents", "sessions", "approvals", "agents", "grants", "quotas", "uploads"):
            answer = caller.get(path)
            if answer.status_code == 200:
                assert answer.json()["data"] == [], (who, path)
