"""The demo incident: a password guessed over SSH, as Wazuh tells it, with the log file of the machine."""

import re
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from sessions_app.actors import Actor
from sessions_app.models import Incident, Organization
from sessions_app.services import alerts, evidence

HERE = Path(__file__).parent
TIME = re.compile(r"2026-01-05T\d\d:\d\d:\d\d\.\d+")
LAST_LINE = datetime.fromisoformat("2026-01-05T03:20:52.235433+00:00")
AGO = timedelta(minutes=2)


@transaction.atomic
def open_incident(*, organization: Organization, by: Actor) -> Incident:
    """Open it as if the alert came in now; its log file is there before any agent can look."""
    later = timezone.now() - AGO - LAST_LINE
    alert, log = (_moved((HERE / name).read_text(), later) for name in ("alert.json", "auth.log"))
    incident = alerts.receive(organization=organization, source="wazuh", body=alert.encode(), by=by).incidents[0]
    evidence.attach(
        incident=incident, filename="web-01-auth.log", stream=BytesIO(log.encode()), content_type="text/plain", by=by
    )
    return incident


def _moved(text: str, later: timedelta) -> str:
    """The same story at another time."""
    return TIME.sub(lambda found: (datetime.fromisoformat(found[0]) + later).isoformat(timespec="microseconds"), text)
