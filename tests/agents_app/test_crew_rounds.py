"""A crew works an incident: rounds, plan, summaries, messages, status, report."""

import pytest

from agents_app.models import BlockedIndicator, Run
from agents_app.services import plans, runs
from sessions_app import actors
from sessions_app.models import ChatSession
from tests.agents_app.crew_alerts import BRUTE_FORCE, SERVICE_DOWN
from tests.agents_app.crew_room import CrewRoom

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room() -> CrewRoom:
    return CrewRoom.open(BRUTE_FORCE.alert, log=BRUTE_FORCE.log, source="wazuh")


def test_a_crew_is_sent_when_an_incident_opens(room: CrewRoom) -> None:
    run = room.run
    assert (run.mode, run.lane, run.status, run.requested_by) == ("crew", "crew", "queued", None)
    assert run.agent.role == "captain"


def test_the_crew_looks_first_and_then_waits_for_a_person(room: CrewRoom) -> None:
    run = room.work()
    assert (run.status, run.waiting_for) == ("waiting", "approval")
    (approval,) = room.pending()
    assert (approval.tool, approval.agent_name) == ("block_indicator", "Operator Ines")
    assert approval.args["indicator"] == "203.0.113.77"
    kinds = [(kind, status) for kind, _, status in room.plan()]
    assert kinds[-3:] == [("round", "running"), ("task", "waiting"), ("action", "waiting")]
    assert BlockedIndicator.objects.count() == 0


def test_after_an_approval_it_blocks_once_sums_up_and_reports(room: CrewRoom) -> None:
    assert room.work_to_the_end("approve").status == "succeeded"
    assert [row.indicator for row in BlockedIndicator.objects.all()] == ["203.0.113.77"]
    room.incident.refresh_from_db()
    assert (room.incident.status, room.incident.summary_version) == ("investigating", 2)
    assert "203.0.113.77 is blocked for 30 minutes, allowed by approver" in room.incident.summary
    assert "203.0.113.77 was blocked for 30 minutes after approver allowed it" in room.report
    assert {status for _, _, status in room.plan()} == {"succeeded"}


def test_what_the_crew_says_streams_into_the_room_as_messages_of_its_agents(room: CrewRoom) -> None:
    room.work_to_the_end()
    spoken = [(message.sender_name, message.message_type, message.round) for message in room.messages()]
    assert spoken == [
        ("Captain Mira", "plan", 1),
        ("Expert Yuki", "summary", 1),
        ("Captain Mira", "plan", 2),
        ("Expert Yuki", "summary", 2),
        ("Captain Mira", "plan", 3),
        ("Expert Yuki", "report", None),
    ]
    started = {event.data["message_id"] for event in room.events("message.start")}
    assert {str(message.pk) for message in room.messages("plan", "summary")} <= started
    assert all(message.metadata["demo"] for message in room.messages("plan", "summary"))


def test_everybody_sees_round_task_action_call_and_outcome_as_events(room: CrewRoom) -> None:
    room.work_to_the_end()
    assert [event.data["round"] for event in room.events("round.started")] == [1, 2]
    assert [event.data["version"] for event in room.events("round.summarized")] == [1, 2]
    assert [event.data["kind"] for event in room.events("task.created")] == ["task"] * len(room.events("task.created"))
    changes = [event.data["changes"]["status"] for event in room.events("incident.changed")]
    assert changes == [["open", "investigating"]], "whether it is contained is for a person to say"
    (reported,) = room.events("incident.reported")
    assert reported.data["report_id"] == str(room.incident.reports.get().pk)


def test_the_plan_of_the_snapshot_is_what_the_events_told(room: CrewRoom) -> None:
    room.work_to_the_end()
    told: dict[str, dict[str, object]] = {}
    for event in room.events("plan.updated", "plan.step"):
        nodes = event.data.get("nodes") or [event.data["node"]]
        told |= {node["id"]: node for node in nodes}
    session = ChatSession.objects.get(pk=room.incident.room_id)
    ((plan),) = plans.of_session(session)
    assert plan["run_id"] == str(room.run.pk)
    assert {node["id"]: node for node in plan["nodes"]} == told


def test_each_call_of_the_ledger_belongs_to_one_action_of_the_plan(room: CrewRoom) -> None:
    room.work_to_the_end()
    linked = list(room.run.plan_nodes.exclude(tool_call=None).values_list("tool_call_id", flat=True))
    assert sorted(linked) == sorted(call.pk for call in room.calls())


def test_an_alert_of_availability_ends_without_a_request_to_anybody() -> None:
    room = CrewRoom.open(SERVICE_DOWN.alert, source="alertmanager")
    assert room.work().status == "succeeded"
    assert room.events("approval.requested") == []
    assert room.messages("notice")[0].content.startswith("“billing-3 is down”")
    assert "Nothing was blocked." in room.report


def test_usage_is_counted_and_marked_an_estimate(room: CrewRoom) -> None:
    usage = room.work_to_the_end().usage
    assert usage["estimated"]
    assert usage["requests"] > 8


def test_a_cancelled_crew_closes_its_plan_and_leaves_a_report(room: CrewRoom) -> None:
    room.work()
    runs.cancel(run_id=room.run.pk, by=actors.person(room.approver))
    assert room.run.status == Run.Status.CANCELLED
    assert not {"pending", "running", "waiting"} & {status for _, _, status in room.plan()}
    assert "The crew was cancelled by approver." in room.report
