"""A merge while a crew is at work, and two merges at once: what waits is cancelled, and one of two wins."""

import threading

import pytest
from django.db import connections

from agents_app.engine.dispatcher import Settled, Waiting
from agents_app.models import Approval, BlockedIndicator, Grant, Run, ToolPolicy
from agents_app.tools import OutcomeUnclear
from sessions_app import actors, snapshot
from sessions_app.actors import Actor
from sessions_app.errors import Conflict
from sessions_app.models import Incident, Merge, User
from sessions_app.services import merging
from tests import factories
from tests.agents_app.control import EVIL, Scene, offer_reboots, said, scene
from tests.agents_app.crew_alerts import BRUTE_FORCE
from tests.agents_app.crew_room import CrewRoom
from tests.callers import person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def commander() -> User:
    return factories.user(role="commander")


def test_the_crew_stops_and_its_requests_are_cancelled_in_the_same_transaction(commander: User) -> None:
    room = CrewRoom.open(BRUTE_FORCE.alert, log=BRUTE_FORCE.log, source="wazuh")
    room.work()
    (asked,) = room.pending()
    target = factories.incident(title="The whole story")
    merging.merge(incident_id=room.incident.pk, into=target.pk, by=actors.person(commander))
    asked.refresh_from_db()
    assert (asked.status, room.run.status) == (Approval.Status.CANCELLED, Run.Status.CANCELLED)
    assert not room.incident.reports.exists(), "it goes on elsewhere: there is nothing to report on"
    assert [event.type for event in room.events()][-1] == "session.ended"
    assert room.events("approval.cancelled")[0].seq < room.events("session.ended")[0].seq
    assert target.evidence.filter(filename="auth.log").exists()
    merging.unmerge(incident_id=room.incident.pk, by=actors.person(commander))
    room.incident.refresh_from_db()
    assert (room.incident.status, room.incident.evidence.count()) == ("investigating", 2)
    assert room.run.status == Run.Status.CANCELLED, "a person sends it again"


def test_an_outcome_that_nobody_saw_is_still_said_where_it_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    made, reboots = scene(), offer_reboots(monkeypatch)
    ToolPolicy.objects.create(organization=made.organization, tool="reboot_host", effect="allow")
    reboots.raises = OutcomeUnclear("The answer never came.")
    assert isinstance(made.act("reboot_host", {"host": "web-1"}), Waiting)
    made.park("outcome")
    put_into(made, factories.incident(made.organization, title="The whole story"))
    assert (made.call.state, Run.objects.get(pk=made.run.pk).status) == ("unknown", "cancelled")
    assert [each["id"] for each in snapshot.take(made.session.pk, by=by(made)).parts["unknowns"]] == [str(made.call.pk)]
    outcome = f"outcomes/{made.call.pk}"
    caller = person(made.person("approver"))
    assert caller.post(outcome, {"outcome": "retry"}).status_code == 409, "nothing runs for what has ended"
    assert caller.post(outcome, {"outcome": "happened"}).json()["state"] == "succeeded"


def test_what_waits_in_the_target_goes_on_and_a_grant_of_the_merged_room_is_over() -> None:
    source, target = scene(), scene()
    for each in (source, target):
        each.act()
    source.decide(grant={"ttl_s": 600, "max_uses": 2})
    assert target.incident
    put_into(source, target.incident)
    assert Grant.objects.live().count() == 0
    target.decide()
    assert isinstance(target.again(), Settled)
    assert (target.blocked, target.events("execution")) == ([EVIL], ["execution.started", "execution.succeeded"])
    assert said(source.again())["outcome"] == "cancelled", "allowed, and not begun"
    assert source.incident
    merging.unmerge(incident_id=source.incident.pk, by=by(source))
    assert Grant.objects.live().count() == 0
    assert source.events("approval") == ["approval.requested", "approval.approved"]
    assert BlockedIndicator.objects.count() == 1


def by(made: Scene) -> Actor:
    return actors.person(made.person("commander"))


def put_into(made: Scene, target: Incident) -> None:
    assert made.incident
    merging.merge(incident_id=made.incident.pk, into=target.pk, by=by(made))


def test_of_two_merges_across_one_happens(commander: User) -> None:
    one, two = factories.incident(title="One"), factories.incident(title="Two")
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def put(source: Incident, target: Incident) -> None:
        start.wait(10)
        try:
            merging.merge(incident_id=source.pk, into=target.pk, by=actors.person(commander))
            outcomes.append("merged")
        except Conflict:
            outcomes.append("conflict")
        finally:
            connections.close_all()

    both = [threading.Thread(target=put, args=pair) for pair in ((one, two), (two, one))]
    for each in both:
        each.start()
    for each in both:
        each.join(30)
    assert sorted(outcomes) == ["conflict", "merged"]
    assert Merge.objects.count() == Incident.objects.exclude(merged_into=None).count() == 1
