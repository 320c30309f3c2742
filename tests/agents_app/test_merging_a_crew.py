"""A merge while a crew is at work, and two merges at once: what waits is cancelled, and one of two wins."""

import threading

import pytest
from django.db import connections

from agents_app.models import Approval, Run
from sessions_app import actors
from sessions_app.errors import Conflict
from sessions_app.models import Incident, Merge, User
from sessions_app.services import merging
from tests import factories
from tests.agents_app.crew_alerts import BRUTE_FORCE
from tests.agents_app.crew_room import CrewRoom

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
