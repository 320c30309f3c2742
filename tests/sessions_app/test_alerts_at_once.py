"""The same alert from several senders at once is one incident, whoever comes first."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from sessions_app import actors
from sessions_app.models import Alert, Event, Incident, Organization
from sessions_app.services import alerts
from tests import factories

SENDERS = 6
ALERT = json.dumps({"title": "Flood", "host": "web-1", "src_ip": "203.0.113.90", "severity": "high"}).encode()


@pytest.mark.django_db(transaction=True)
def test_the_same_alert_many_times_at_once_opens_one_incident_and_counts_them_all() -> None:
    home = factories.organization()
    factories.agent(home)
    start = Barrier(SENDERS)

    def send(_: int) -> alerts.Received:
        try:
            organization = Organization.objects.get(pk=home.pk)
            start.wait(20)
            return alerts.receive(organization=organization, source="", body=ALERT, by=actors.SYSTEM)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(SENDERS) as senders:
        received = list(senders.map(send, range(SENDERS)))
    incident = Incident.objects.get()
    assert {each.incidents[0].pk for each in received} == {incident.pk}
    assert sum(each.deduplicated for each in received) == SENDERS - 1
    assert (incident.alert_count, Alert.objects.get().count) == (SENDERS, SENDERS)
    assert {row.seen_count for row in incident.indicators.all()} == {SENDERS}
    seqs = list(Event.objects.filter(session=incident.room_id).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))
    assert Event.objects.filter(type="incident.opened").count() == 1
