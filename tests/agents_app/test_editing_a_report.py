"""Versions of a report: written over no one's words, looked at, drafted anew, taken along with their facts."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents_app.models import Approval
from agents_app.services import report_exports
from sessions_app import actors
from sessions_app.models import AuditEntry, Event, Incident, Report, User
from sessions_app.services import evidence
from tests.callers import Caller, person
from tests.factories import incident, organization, run, tool_call, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def found() -> Incident:
    return incident(title="Odd sign-ins")


@pytest.fixture
def casey() -> User:
    return user("casey", role="commander", name="Casey")


def put(caller: Caller, found: Incident, **body: Any) -> Any:
    return caller.client.put(f"/api/v1/incidents/{found.pk}/report", body, "application/json")


def test_who_began_from_an_older_version_is_told_whose_came_first(found: Incident, casey: User) -> None:
    caller, other = person(casey), person(user())
    first = put(caller, found, markdown="# One", version=0)
    assert (first.status_code, first.json()["version"], first.json()["author"]["name"]) == (200, 1, "Casey")
    assert put(caller, found, markdown="# Two", status="final", version=1).status_code == 200
    late = put(other, found, markdown="# Mine", version=1)
    assert (late.status_code, late.json()["error_code"]) == (409, "CONFLICT")
    assert (late.json()["details"]["version"], late.json()["details"]["author"]["name"]) == (2, "Casey")
    assert put(other, found, markdown="# Mine", version=2).json()["version"] == 3
    for wrong in (-1, "2", True, 1.5):
        assert put(other, found, markdown="x", version=wrong).status_code == 400
    assert found.reports.count() == 3
    written = AuditEntry.objects.filter(action="report.written").order_by("seq")
    assert list(written.values_list("detail__version", flat=True)) == [1, 2, 3]


def test_every_version_stays_and_says_who_wrote_it_when(found: Incident, casey: User) -> None:
    caller, path = person(casey), f"incidents/{found.pk}/report"
    put(caller, found, markdown="# One")
    put(caller, found, markdown="# Two", status="final")
    listed = caller.get(f"{path}/versions", limit=1).json()
    assert (listed["data"][0]["version"], listed["data"][0]["status"], listed["next"]) == (2, "final", "2")
    (older,) = caller.get(f"{path}/versions", cursor="2").json()["data"]
    assert (older["version"], older["author"]["name"]) == (1, "Casey")
    assert caller.get(f"{path}/versions/1").json()["markdown"] == "# One"
    assert caller.get(f"{path}/versions/3").status_code == 404


@pytest.mark.once
@pytest.mark.parametrize("lines", [[str(number % 101) for number in range(2000)], [*map(str, range(6000))]])
def test_texts_that_would_take_minutes_to_align_stand_one_after_the_other(lines: list[str]) -> None:
    """A hundred lines again and again, each too rare to be left out of the comparison; or very many lines."""
    before, after = Report(markdown="\n".join(lines)), Report(markdown="\n".join(["x", *lines[1:]]))
    told = report_exports.difference(before, after)
    assert [each["kind"] for each in told] == ["removed"] * len(lines) + ["added"] * len(lines)
    assert [each["text"] for each in told[: len(lines)]] == lines
    assert report_exports.difference(before, before) == []


def test_a_list_of_versions_reads_none_of_their_texts(found: Incident, casey: User) -> None:
    """There may be hundreds, of hundreds of kilobytes each."""
    caller = person(casey)
    put(caller, found, markdown="# One")
    put(caller, found, markdown="# Two")
    browser = Client()
    browser.force_login(casey)
    for ask in (
        lambda: caller.get(f"incidents/{found.pk}/report/versions").json()["data"],
        lambda: re.findall("Version [0-9]", browser.get(f"/incidents/{found.pk}/report/versions/").text),
    ):
        with CaptureQueriesContext(connection) as asked:
            assert len(ask()) == 2
        assert "markdown" not in str(asked.captured_queries)


def test_a_draft_comes_from_the_log_at_a_persons_wish(found: Incident, casey: User) -> None:
    caller, path = person(casey), f"incidents/{found.pk}"
    caller.patch(path, {"severity": "critical"})
    caller.client.put(f"/api/v1/{path}/roles/scribe", {"user_id": str(casey.pk)}, "application/json")
    caller.post(f"{path}/tasks", {"title": "Rotate the key", "assignee_id": str(casey.pk)})
    made = caller.post(f"{path}/report", {"version": 0})
    assert (made.status_code, made.json()["version"], made.json()["status"]) == (201, 1, "draft")
    words = made.json()["markdown"]
    for line in ("- Acknowledged: ", "- Scribe: Casey", "Casey changed severity from high to critical",
                 "- [ ] Rotate the key (Casey)", "Nobody was asked to decide anything."):  # fmt: skip
        assert line in words
    assert caller.post(f"{path}/report", {"version": 0}).status_code == 409
    assert person(user(role="observer")).post(f"{path}/report").status_code == 403


def test_the_facts_go_along_as_json_and_the_copy_is_audited(found: Incident, casey: User) -> None:
    caller, path = person(casey), f"incidents/{found.pk}"
    call = tool_call(run(found.room), args={"indicator": "203.0.113.7"}, state="succeeded")
    Approval.objects.create(
        organization=organization(), incident=found, session=found.room, tool_call=call, tool=call.tool, args=call.args,
        status="approved", decided_by=casey, level="approve", risk="high", policy={"rule": "x"}, version=1, digest="x",
        agent_name="Operator", expires_at=found.opened_at, decided_at=found.opened_at, created_at=found.opened_at,
        fingerprint="x",
    )  # fmt: skip
    caller.post(f"{path}/tasks", {"title": "Rotate the key"})
    put(caller, found, markdown="# Ours\n\nkey AKIAQ3EGUZX5WJ7LM2PT")
    caller.patch(path, {"status": "resolved"})
    evidence.attach_text(incident=found, filename="late.log", text="203.0.113.8\n", by=actors.person(casey))
    file = caller.get(f"{path}/report/export", format="json")
    assert file.headers["Content-Disposition"] == 'attachment; filename="report-odd-sign-ins-1.json"'
    told = file.json()
    assert (told["report"]["version"], told["report"]["author"]["name"]) == (1, "Casey")
    assert told["times"]["to_acknowledge_s"] is not None
    assert told["times"]["resolved_at"] is not None
    (decision,) = told["decisions"]
    assert (decision["decided_by"]["name"], decision["outcome"]) == ("Casey", "succeeded")
    assert [task["title"] for task in told["follow_ups"]] == ["Rotate the key"]
    assert told["evidence_since"] == caller.get(f"{path}/report").json()["evidence_since"] == ["late.log"]
    assert "AKIA" not in file.text
    markdown = caller.get(f"{path}/report/export")
    assert (markdown.headers["Content-Type"], markdown.text[:6]) == ("text/markdown; charset=utf-8", "# Ours")
    assert caller.get(f"{path}/report/export", format="pdf").status_code == 400
    exported = AuditEntry.objects.filter(action="report.exported").order_by("seq")
    assert list(exported.values_list("detail__format", flat=True)) == ["json", "md"]
    assert person(user(org=organization("other"))).get(f"{path}/report/export").status_code == 404
    assert Event.objects.filter(type="incident.reported").count() == 1
