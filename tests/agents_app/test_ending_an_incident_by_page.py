"""What stands at the end of an incident on its page: the report is ready, a person resolves; and where the feed is."""

import re

import pytest
from django.test import Client

from agents_app.models import Run
from sessions_app.models import Message
from tests import factories
from tests.agents_app.crew_alerts import BRUTE_FORCE
from tests.agents_app.crew_room import CrewRoom

pytestmark = pytest.mark.django_db(transaction=True)
HIDDEN = re.compile(r"<resolve-card[^>]* hidden")
PARTS = re.compile(r'<span data-field="(done|stopped|failed)"( hidden)?>')
READY = "Ready to resolve"


@pytest.fixture
def room() -> CrewRoom:
    return CrewRoom.open(BRUTE_FORCE.alert, log=BRUTE_FORCE.log, source="wazuh")


def client(role: str, *, slug: str = "demo") -> Client:
    signed_in = Client()
    person = factories.user(role=role, org=factories.organization(slug))
    signed_in.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return signed_in


def page(of: Client, room: CrewRoom) -> str:
    return of.get(f"/incidents/{room.incident.pk}/").text


def test_when_the_crew_has_reported_its_incident_waits_for_a_person_to_resolve_it(room: CrewRoom) -> None:
    commander = client("commander")
    assert HIDDEN.search(page(commander, room))
    room.work_to_the_end("approve")
    room.incident.refresh_from_db()
    assert room.incident.status == "investigating", "the crew neither closes nor says that it is contained"
    assert not HIDDEN.search(page(commander, room))
    assert "report ready" in commander.get("/").text
    answer = commander.post(f"/incidents/{room.incident.pk}/resolve/", {"words": "The account has a new password."})
    assert answer.status_code == 302
    room.incident.refresh_from_db()
    assert (room.incident.status, room.incident.closed_at is None) == ("resolved", False)
    said = Message.objects.get(content="The account has a new password.")
    (closed,) = room.events("incident.closed")
    assert (said.sender_type, said.seq < closed.seq) == ("user", True)
    assert HIDDEN.search(page(commander, room))
    assert "report ready" not in commander.get("/").text


def test_a_request_that_ends_tomorrow_says_so(room: CrewRoom) -> None:
    room.work()
    [asked] = room.pending()
    assert f"expires at <strong>{asked.expires_at:%Y-%m-%d %H:%M} UTC</strong>" in page(client("approver"), room)


@pytest.mark.parametrize(
    ("decision", "told"),
    [("approve", ["asked for", "approved", "was done"]), ("reject", ["asked for", "rejected"])],
)
def test_the_timeline_tells_once_what_became_of_a_call(room: CrewRoom, decision: str, told: list[str]) -> None:
    room.work_to_the_end(decision)
    listed = client("observer").get(f"/incidents/{room.incident.pk}/timeline/").text
    lines = [line for line in listed.splitlines() if "block_indicator (" in line]
    requests = len(room.events("approval.requested"))
    assert requests
    assert [sum(words in line for line in lines) for words in told] == [requests] * len(told), lines
    assert len(lines) == requests * len(told), lines
    assert "called search_evidence (" in listed, "what nobody has to decide on is told by its end"


def test_the_timeline_tells_how_the_crews_tasks_ended_and_who_resolved_the_incident(room: CrewRoom) -> None:
    room.work_to_the_end("reject")
    commander = client("commander")
    commander.post(f"/incidents/{room.incident.pk}/resolve/", {})
    listed = commander.get(f"/incidents/{room.incident.pk}/timeline/").text
    ended = [status for status in ("succeeded", "rejected") if f"marked a task as {status}: " in listed]
    assert ended == ["succeeded", "rejected"]
    assert "changed a task" not in listed, "that a task came under way is not told"
    assert "session " not in "".join(re.findall(r"<p>(.*)</p>", listed)), "a session is nobody's word"
    assert re.findall(r"<p>commander\d* (.* the incident)<", listed) == ["resolved the incident"]
    assert len(re.findall(r"\d\d:\d\d:\d\d UTC</time>", listed)) == listed.count("<time ")


def test_a_report_drafted_anew_does_not_deny_the_words_of_the_crew(room: CrewRoom) -> None:
    room.work_to_the_end("approve")
    commander = client("commander")
    commander.post(f"/incidents/{room.incident.pk}/report/draft/")
    listed = commander.get(f"/incidents/{room.incident.pk}/report/").text
    assert "without the words of a crew: an earlier version may have them." in listed


@pytest.mark.parametrize(("status", "said"), [("cancelled", "stopped"), ("failed", "failed")])
def test_a_crew_that_failed_is_not_called_stopped(room: CrewRoom, status: str, said: str) -> None:
    room.work_to_the_end("approve")
    Run.objects.filter(pk=room.run.pk).update(status=status)
    shown = page(client("commander"), room)
    assert f">The crew {'was stopped' if said == 'stopped' else 'failed'}</h2>" in shown
    assert f'data-crew-broke-off="{said}"' in shown
    parts = {name: bool(hidden) for name, hidden in PARTS.findall(shown)}
    assert parts == {"done": True, "stopped": said != "stopped", "failed": said != "failed"}


def test_a_report_of_a_crew_at_work_again_is_not_ready(room: CrewRoom) -> None:
    room.work_to_the_end("approve")
    sent = client("responder").post(f"/api/v1/incidents/{room.incident.pk}/crew", {}, content_type="application/json")
    assert sent.status_code == 202, sent.text
    assert HIDDEN.search(page(client("commander"), room))


def test_who_may_not_close_an_incident_resolves_none(room: CrewRoom) -> None:
    room.work_to_the_end("approve")
    address = f"/incidents/{room.incident.pk}/resolve/"
    responder = client("responder")
    assert address not in page(responder, room)
    refused = responder.post(address, {"words": "Done."}, follow=True)
    assert "Nothing was changed." in refused.text
    assert client("commander", slug="other").post(address).status_code == 404
    room.incident.refresh_from_db()
    assert room.incident.status == "investigating"
    assert not Message.objects.filter(content="Done.").exists()
