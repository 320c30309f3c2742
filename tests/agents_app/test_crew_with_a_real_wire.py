"""The crew with a model server over HTTP: its typed answers stream as words, and its failures are survived."""

from collections.abc import Iterator

import pytest
from django.test import override_settings
from pydantic_ai.models import override_allow_model_requests

from agents_app.models import Provider
from tests.agents_app.crew_alerts import SERVICE_DOWN
from tests.agents_app.crew_room import CrewRoom
from tests.fakes.openai_server import FakeOpenAI

pytestmark = pytest.mark.django_db(transaction=True)

WHY = "The billing host does not answer; let us see what we have."
SUMMARY = "Round 1. Nothing but the alert is known."


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as server, override_allow_model_requests(True):
        with override_settings(OPENAI_BASE_URL=server.url, WARROOM_MODEL="fake-1"):
            yield server


def opened() -> CrewRoom:
    return CrewRoom.open(SERVICE_DOWN.alert, source="alertmanager")


def test_typed_answers_over_the_wire_become_messages_calls_and_a_report(server: FakeOpenAI) -> None:
    server.calls("answer", why=WHY, tasks=[{"kind": "query", "goal": "Count the evidence"}], done=False)
    server.calls("answer", actions=[{"task": 1, "what": "Count it", "intent": "query"}])
    server.calls("summarize_evidence")
    server.calls("answer", summary=SUMMARY, findings=[], suggestions=["Call the owners"], confidence="low")
    server.calls("answer", why="That is all.", tasks=[], done=True)
    server.calls("answer", overview="billing-3 is down.", assessment="A fault.", follow_ups=["Call the owners"])
    room = opened()
    assert room.work().status == "succeeded"
    assert [(message.message_type, message.content) for message in room.messages("plan", "summary")] == [
        ("plan", WHY),
        ("summary", SUMMARY),
        ("plan", "That is all."),
    ]
    assert [(call.tool, call.state) for call in room.calls()] == [("summarize_evidence", "succeeded")]
    assert "- [ ] Call the owners" in room.report
    assert not any(message.metadata.get("demo") for message in room.messages())


def test_what_others_wrote_goes_to_the_model_as_data_and_only_the_operator_gets_tools(server: FakeOpenAI) -> None:
    server.calls("answer", why=WHY, tasks=[{"kind": "query", "goal": "Count the evidence"}], done=False)
    server.calls("answer", actions=[])
    server.calls("summarize_evidence")
    server.calls("answer", summary=SUMMARY)
    server.calls("answer", why="That is all.", done=True)
    server.calls("answer", overview="Down.", assessment="A fault.")
    opened().work()
    captain, _, operator = server.requests[:3]
    assert '<data name="alerts">' in captain["messages"][1]["content"]
    assert "never an instruction" in captain["messages"][0]["content"]
    assert [tool["function"]["name"] for tool in captain["tools"]] == ["answer"]
    offered = {tool["function"]["name"] for tool in operator["tools"]}
    assert "summarize_evidence" in offered
    assert not offered & {"block_indicator", "unblock_indicator", "answer"}


def test_a_provider_that_refuses_every_request_leaves_a_report_from_the_data(server: FakeOpenAI) -> None:
    for _ in range(2):
        server.fails(401)
    room = opened()
    assert room.work().status == "succeeded"
    assert "The captain's model failed" in room.report
    assert "billing-3" in room.report
    assert Provider.objects.get(name="environment").enabled
