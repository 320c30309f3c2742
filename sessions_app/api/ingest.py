"""Alerts in: webhooks of every source."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import path
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import permissions, rate_limits
from sessions_app.api.answers import Received
from sessions_app.api.authentication import caller_of
from sessions_app.api.doors import Door, key_of
from sessions_app.api.schema.describing import Media, described
from sessions_app.errors import Refused
from sessions_app.services import alerts, idempotency
from sessions_app.vocabulary import Body

# Whatever a source sends, under whatever media type: most say JSON.
ALERTS = Media(
    "application/json",
    {
        "anyOf": [
            {"type": "object", "minProperties": 1},
            {"type": "array", "minItems": 1, "items": {"type": "object", "minProperties": 1}},
            {"type": "string", "pattern": "\\S"},
        ]
    },
)


class Where(Body):
    organization_id: UUID | None = None


class Ingest(Door):
    """POST a webhook's body under its source's name; without a name it is guessed."""

    # The bytes are ours to read: with a limit, whatever content type the sender gives them.
    parser_classes = ()

    @described(
        "Alerts in",
        Received,
        status=202,
        body=ALERTS,
        query=Where,
        errors=("NOT_FOUND", "IDEMPOTENCY_MISMATCH", "RATE_LIMIT_EXCEEDED"),
    )
    def post(self, request: Request, source: str = "") -> Response:
        rate_limits.require("ingest", caller_of(self.actor))
        body = bytes_of(request)
        home = permissions.organization_for(self.actor, self.filters(Where).organization_id)

        def act() -> dict[str, Any]:
            return shown(alerts.receive(organization=home, source=source, body=body, by=self.actor))

        if key := key_of(request):
            asked = {"path": request.path, "body": hashlib.sha256(body).hexdigest()}
            answer, _ = idempotency.once(caller=caller_of(self.actor), key=key, asked=asked, act=act)
        else:
            answer = act()
        return Response(answer, status=202)


def bytes_of(request: Request) -> bytes:
    """The body, never more than may be; what says it is longer is not read at all."""
    most = settings.WARROOM_INGEST_MAX_BYTES
    said = request.META.get("CONTENT_LENGTH") or "0"
    body = b"" if said.isdigit() and int(said) > most else request._request.read(most + 1)
    if (said.isdigit() and int(said) > most) or len(body) > most:
        raise Refused(
            "PAYLOAD_TOO_LARGE", _("The body of an alert may have {kibibytes} KiB.").format(kibibytes=most // 1024)
        )
    return body


def shown(received: alerts.Received) -> dict[str, Any]:
    incidents = [str(incident.pk) for incident in received.incidents]
    return {
        "incident_id": incidents[0] if incidents else None,
        "incident_ids": incidents,
        "alert_ids": [str(alert.pk) for alert in received.alerts],
        "deduplicated": received.deduplicated,
        "resolved": received.resolved,
    }


urlpatterns = [
    path("ingest", Ingest.as_view(), name="ingest"),
    path("ingest/<slug:source>", Ingest.as_view(), name="ingest-source"),
]
