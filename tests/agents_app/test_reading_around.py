"""Tools that read around an incident: its relatives, its timeline, and the runbooks."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from agents_app import catalogue
from agents_app.models import Runbook
from agents_app.services import runbooks, timelines
from agents_app.tools.incidents import LONGEST_RUNBOOK
from sessions_app import actors
from sessions_app.models import Alert, ChatSession, Event, EvidenceLook, Incident
from sessions_app.services import evidence, merging, related
from tests import factories
from tests.agents_app.control import Scene, said, scene

pytestmark = pytest.mark.django_db(transaction=True)

LOG = """\
2026-11-20T03:10:00Z gate-1 sshd[1]: Failed password for ops from 203.0.113.9 port 1
2026-11-20T03:12:44Z gate-1 sshd[1]: Accepted password for ops from 203.0.113.9 port 1
a line without a time
2026-11-20T03:13:10Z gate-1 sudo: ops : USER=root ; COMMAND=/usr/bin/id
2026-11-20T03:13:30Z gate-1 cron: nothing to see
2026-11-20T05:00:00Z gate-1 sshd[1]: session closed for user ops
"""


def call(made: Scene, tool: str, **args: Any) -> dict[str, Any]:
    told = said(made.act(tool, args))
    assert told["outcome"] == "succeeded", told
    return told["result"]


def named(incident: Incident, *values: tuple[str, str]) -> None:
    for kind, value in values:
        incident.indicators.create(organization_id=incident.organization_id, kind=kind, value=value)


# --- Related incidents ------------------------------------------------------------------------------------------------
def test_related_incidents_say_why_and_come_the_nearest_first() -> None:
    made = scene()
    assert made.incident
    named(made.incident, ("ip", "203.0.113.9"), ("user", "ops"), ("host", "gate-1"), ("user", "root"))
    near = factories.incident(made.organization, title="Scan of the gate")
    named(near, ("ip", "203.0.113.9"), ("host", "gate-1"))
    far = factories.incident(made.organization, title="Odd sign-in", status="closed")
    named(far, ("user", "ops"))
    named(factories.incident(made.organization, title="Everyday"), ("user", "root"))
    named(factories.incident(factories.organization("other"), title="Theirs"), ("ip", "203.0.113.9"))
    found = call(made, "find_related_incidents")["incidents"]
    assert [each["title"] for each in found] == ["Scan of the gate", "Odd sign-in"]
    assert found[0]["why"] == ["both name the ip 203.0.113.9", "both name the host gate-1"]
    assert (found[1]["status"], found[1]["why"]) == ("closed", ["both name the user ops"])


def test_the_same_alert_and_the_same_technique_relate_too() -> None:
    home = factories.organization()
    shared: dict[str, Any] = {"source": "wazuh", "metadata": {"techniques": ["T1110"]}}
    one, other = (factories.incident(home, title=title, **shared) for title in ("Guessing", "Guessing"))
    for incident in (one, other):
        Alert.objects.create(
            organization=home, incident=incident, source="wazuh", fingerprint="f1", title="Guessing", severity="high",
            raw={},
        )  # fmt: skip
    (found,) = related.of(one)
    assert found.id == other.pk
    assert found.why == (
        "the same alert of wazuh opened it",
        "wazuh gave it the same title",
        "both are of technique T1110",
    )


def test_a_name_that_half_of_all_incidents_know_relates_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(related, "TOO_COMMON", 1)
    home = factories.organization()
    rows = [factories.incident(home, title=f"Number {number}") for number in range(3)]
    for row in rows:
        named(row, ("host", "siem-1"))
    assert related.of(rows[0]) == []


# --- The timeline -----------------------------------------------------------------------------------------------------
@pytest.fixture
def logged() -> Scene:
    made = scene()
    assert made.incident
    evidence.attach(incident=made.incident, filename="auth.log", stream=io.BytesIO(LOG.encode()), by=actors.SYSTEM)
    return made


@pytest.mark.parametrize("around", ["2026-11-20T03:12:44Z", "2026-11-20 03:12:44", "auth.log:2"])
def test_a_timeline_puts_lines_in_order_around_a_moment(logged: Scene, around: str) -> None:
    told = call(logged, "timeline_of", around=around, minutes_before=5, minutes_after=5)
    assert [each["where"] for each in told["entries"]] == ["auth.log:1", "auth.log:2", "auth.log:4", "auth.log:5"]
    assert told["total"] == 4
    assert told["entries"][1]["text"].endswith("Accepted password for ops from 203.0.113.9 port 1")


def test_whoever_puts_evidence_in_order_or_describes_what_stands_in_it_has_looked(logged: Scene) -> None:
    call(logged, "timeline_of", around="auth.log:2")
    assert logged.incident
    (look,) = EvidenceLook.objects.filter(evidence__incident=logged.incident, evidence__filename="auth.log")
    assert (look.way, look.actor_kind) == ("searched", "agent")
    EvidenceLook.objects.all().delete()
    call(logged, "describe_indicator", indicator="203.0.113.9")
    assert EvidenceLook.objects.filter(evidence__filename="auth.log").count() == 1


def test_what_an_agent_looks_at_in_private_its_owner_has_looked_at(logged: Scene) -> None:
    """The chain of custody is read by many, and that somebody asks in private is for auditors."""
    owner = logged.person("responder")
    session = ChatSession.objects.filter(pk=logged.session.pk)
    session.update(category="engineer_chat", owner=owner)
    call(logged, "search_evidence", query="203.0.113.9")
    (look,) = EvidenceLook.objects.all()
    assert (look.actor_kind, look.actor_id, look.way) == ("user", str(owner.pk), "searched")


def test_reading_for_a_timeline_ends_before_its_tool_gives_up(logged: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not call(logged, "timeline_of", around="auth.log:2")["cut"]
    assert catalogue.TOOLS["timeline_of"].seconds > timelines.READING_SECONDS
    monkeypatch.setattr(timelines, "READING_SECONDS", -1)
    told = call(logged, "timeline_of", around=timezone.now().isoformat())
    assert told["cut"]
    assert "evidence was added: auth.log" in [each["text"] for each in told["entries"]], "the room is told in any case"


def test_a_timeline_may_be_about_somebody_and_is_cut_where_it_was_asked_to_be(logged: Scene) -> None:
    told = call(logged, "timeline_of", around="auth.log:2", minutes_before=0, minutes_after=120, about="ops", limit=2)
    assert [each["where"] for each in told["entries"]] == ["auth.log:2", "auth.log:4"]
    assert told["total"] == 3


def test_alerts_and_what_was_done_in_the_room_stand_in_the_timeline(logged: Scene) -> None:
    assert logged.incident
    now = timezone.now()
    Alert.objects.create(
        organization=logged.organization, incident=logged.incident, source="falco", fingerprint="f", title="A shell",
        severity="high", raw={}, occurred_at=now - timedelta(minutes=1),
    )  # fmt: skip
    logged.act()
    told = call(logged, "timeline_of", around=now.isoformat())
    entries = [(each["source"], each["text"]) for each in told["entries"]]
    assert entries[0] == ("alert", "A shell")
    assert ("room", "evidence was added: auth.log") in entries
    assert any(source == "room" and "asked for block" in text for source, text in entries)


def test_what_was_done_where_an_incident_was_merged_from_stands_in_the_timeline_too(logged: Scene) -> None:
    assert logged.incident
    other = factories.incident(logged.organization, title="Scan of the gate")
    evidence.attach(incident=other, filename="scan.log", stream=io.BytesIO(b"x"), by=actors.SYSTEM)
    seq = Event.objects.get(session=other.room_id).seq
    commander = actors.person(logged.person("commander"))
    merging.merge(incident_id=other.pk, into=logged.incident.pk, by=commander)
    told = call(logged, "timeline_of", around=timezone.now().isoformat(), about="evidence")
    where = {each["text"]: each["where"] for each in told["entries"]}
    assert where["evidence was added: scan.log"] == f"event {seq} of “Scan of the gate”"
    assert "of" not in where["evidence was added: auth.log"]


@pytest.mark.parametrize("around", ["yesterday", "25:00", "auth.log:3", "auth.log:99", "nothing.log:1"])
def test_a_moment_that_is_none_is_refused_in_words(logged: Scene, around: str) -> None:
    told = said(logged.act("timeline_of", {"around": around}))
    assert told["outcome"] == "failed"
    assert "Line" in told["error"] or "Name a time" in told["error"] or "time of day" in told["error"]


# --- Runbooks ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "technique", "title"),
    [
        ("somebody tries a brute-force at SSH", "", "Password guessing and brute force"),
        ("Many failed logins", "", "Password guessing and brute force"),
        ("what now", "T1110.003", "Password guessing and brute force"),
        ("ransomware note on a share", "", "Malware on a machine"),
        ("odd thing", "T1059.007", "Malware on a machine"),
        ("an access key in a public repository", "", "An exposed key or secret"),
        ("target down: billing", "", "A service is down or failing"),
        ("disk full on db-2", "", "A service is down or failing"),
    ],
)
def test_a_shipped_runbook_is_found_by_words_and_by_technique(query: str, technique: str, title: str) -> None:
    told = call(scene(incident=False), "lookup_runbook", query=query, technique=technique)
    first = told["runbooks"][0]
    assert (first["title"], first["origin"]) == (title, "the product")
    assert first["why"]
    assert "## " in first["text"]
    assert title not in told["others"]


def test_what_fits_nothing_gets_the_titles_of_what_there_is() -> None:
    told = call(scene(), "lookup_runbook", query="zebra crossing")
    assert (told["runbooks"], len(told["others"])) == ([], 4)


def test_an_organisation_has_its_own_and_may_replace_or_switch_off_what_is_shipped() -> None:
    home = factories.organization()
    Runbook.objects.create(
        organization=home, title="Badge reader offline", words="badge reader, door", body="Call Kim."
    )
    Runbook.objects.create(organization=home, title="MALWARE on a machine", words="malware", body="Ours.")
    Runbook.objects.create(organization=home, title="An exposed key or secret", body="-", enabled=False)
    assert [each.guide.body for each in runbooks.find(home, "The badge reader at gate 2 is dark")] == ["Call Kim."]
    assert [each.guide.body for each in runbooks.find(home, "malware")] == ["Ours."]
    titles = {each.title for each in runbooks.of(home)}
    assert "An exposed key or secret" not in titles
    assert "Badge reader offline" not in {each.title for each in runbooks.of(factories.organization("other"))}


def test_what_is_offered_to_a_crew_needs_more_than_a_word_in_common() -> None:
    home = factories.organization()
    assert runbooks.applying(factories.incident(home, title="The service of machine 7 has a new connection")) == []
    (match,) = runbooks.applying(factories.incident(home, title="Gronk", metadata={"techniques": ["T1552.001", 7]}))
    assert (match.guide.title, match.why) == ("An exposed key or secret", ("technique T1552.001",))


def test_the_shipped_runbooks_are_whole_and_fit_into_an_answer() -> None:
    for guide in runbooks.shipped():
        assert guide.words
        assert guide.techniques
        assert len(guide.body) < LONGEST_RUNBOOK
        for part in ("## Find out first", "## Done when", "## Ask people"):
            assert part in guide.body


def test_a_runbook_names_techniques_in_their_form() -> None:
    made = Runbook(organization=factories.organization(), title="x", body="y", techniques="T1110, nonsense")
    with pytest.raises(ValidationError):
        made.full_clean()
    made.techniques = "T1110, T1078.004"
    made.full_clean()
