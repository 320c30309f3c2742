"""The demo incident: one alert and the log behind it, through the same doors as any other."""

from __future__ import annotations

import io

import orjson
from django.db import transaction
from django.utils import timezone

from sessions_app import ingest
from sessions_app.actors import Actor
from sessions_app.demo import story
from sessions_app.models import Incident, Organization
from sessions_app.services import alerts, evidence


@transaction.atomic
def load(organization: Organization, by: Actor) -> Incident:
    """Open the demo incident, or find the one that is there. One transaction: its crew starts with the log at hand."""
    now = timezone.now()
    alert = story.alert(now)
    fingerprint = ingest.read("wazuh", alert)[0].fingerprint
    known = organization.alerts.filter(fingerprint=fingerprint).select_related("incident").order_by("-id").first()
    if known is not None:
        return known.incident
    received = alerts.receive(organization=organization, source="wazuh", body=orjson.dumps(alert), by=by)
    incident = received.incidents[0]
    log = "\n".join(story.log(now)) + "\n"
    evidence.attach(incident=incident, filename="bastion-1-auth.log", stream=io.BytesIO(log.encode()), by=by)
    return incident
