"""Whatever the alert: the crew names nobody, no number and no time that is not in alert, evidence or ledger."""

import json
import re

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from agents_app.models import Approval, BlockedIndicator, ToolCall
from sessions_app import indicators
from sessions_app.models import Event
from tests.agents_app.crew_alerts import (
    BARE,
    BRUTE_FORCE,
    DISK_FULL,
    MALWARE,
    OWN_SCANNER,
    SERVICE_DOWN,
    STORIES,
    Story,
)
from tests.agents_app.crew_room import CrewRoom

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = re.compile(r"\d+")
CLOCK = re.compile(r"\b\d\d:\d\d:\d\d\b")
# Numbers of ours: rounds, the hash's name, and the days of the month that a time of ours is written with.
OURS = {"1", "2", "3", "256"}


def known(room: CrewRoom, story: Story) -> str:
    """All that the crew may know of: the alert, its evidence, the rows, and the ledger."""
    of_room = {"session_id": room.incident.room_id}
    rows = [
        *room.incident.alerts.values(),
        *room.incident.indicators.values(),
        *room.incident.evidence.values(),
        *ToolCall.objects.filter(run__session_id=room.incident.room_id).values(),
        *Approval.objects.filter(incident=room.incident).values(),
        *BlockedIndicator.objects.filter(incident=room.incident).values(),
        *Event.objects.filter(**of_room).exclude(type__startswith="message.").values("ts"),
    ]
    told = json.dumps(rows, cls=DjangoJSONEncoder, ensure_ascii=False)
    # Times of rows are cut to the second in a report, and moved to UTC.
    moments = " ".join(str(value) for row in rows for value in row.values() if hasattr(value, "tzinfo"))
    opened = str(room.incident.opened_at)
    return (
        f"{told} {moments} {opened} {json.dumps(story.alert, ensure_ascii=False)} {story.log} {room.approver.username}"
    )


def texts(room: CrewRoom) -> list[str]:
    rounds = room.incident.round_summaries.all()
    said = [each.content for each in room.messages()]
    found = [f"{each.summary} {json.dumps(each.findings, ensure_ascii=False)} {each.suggestions}" for each in rounds]
    return [*said, *found, room.report]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_every_name_number_and_time_is_in_the_alert_its_evidence_or_the_ledger(story: Story) -> None:
    room = CrewRoom.open(story.alert, log=story.log, source=story.source)
    assert room.work_to_the_end().status == "succeeded"
    room.incident.refresh_from_db()
    corpus = known(room, story)
    numbers = {*NUMBER.findall(corpus), *OURS}
    numbers |= {number.lstrip("0") for number in numbers}
    for text in texts(room):
        assert {number for number in NUMBER.findall(text) if number not in numbers} == set(), text
        assert {time for time in CLOCK.findall(text) if time not in corpus} == set(), text
        named = {each.value for each in indicators.extract(text) if each.kind not in ("file", "process")}
        assert {value for value in named if value.lower() not in corpus.lower()} == set(), text


def test_different_alerts_get_different_reports() -> None:
    seen = {}
    for story in (BRUTE_FORCE, SERVICE_DOWN, DISK_FULL, BARE):
        room = CrewRoom.open(story.alert, log=story.log, source=story.source)
        room.work_to_the_end()
        seen[story.name] = room.report
        assert room.incident.title in room.report
    assert len(set(seen.values())) == len(seen)


@pytest.mark.parametrize(
    ("story", "blocked"),
    [
        (BRUTE_FORCE, ["203.0.113.77"]),
        (MALWARE, ["198.51.100.201"]),
        (SERVICE_DOWN, []),
        (DISK_FULL, []),
        (OWN_SCANNER, []),
        (BARE, []),
    ],
    ids=lambda each: getattr(each, "name", None),
)
def test_the_crew_asks_to_block_what_acts_from_outside_and_nothing_else(story: Story, blocked: list[str]) -> None:
    room = CrewRoom.open(story.alert, log=story.log, source=story.source)
    room.work_to_the_end()
    assert [call.args["indicator"] for call in room.calls("block_indicator")] == blocked
    room.incident.refresh_from_db()
    assert room.incident.status == ("contained" if blocked else "investigating")


def test_the_first_summary_counts_what_the_log_holds() -> None:
    room = CrewRoom.open(BRUTE_FORCE.alert, log=BRUTE_FORCE.log, source="wazuh")
    room.work_to_the_end()
    first = room.incident.round_summaries.order_by("version")[0]
    lines = BRUTE_FORCE.log.splitlines()
    assert f"hold {len(lines)} lines" in first.summary
    assert f"203.0.113.77 with {sum('203.0.113.77' in line for line in lines)} lines" in first.summary
