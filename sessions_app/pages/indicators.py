"""Indicators on pages: a pasted text is added, and one indicator is shown with all that is known of it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sessions_app import extensions
from sessions_app.models import Incident, Indicator
from sessions_app.pages.doors import actor_of, incident_for, page
from sessions_app.services import evidence_custody as custody
from sessions_app.services import indicators

MOST_NAMED = 6


@require_POST
@page
def add(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    incident = incident_for(request, incident_id)
    text = request.POST.get("text", "").replace("\x00", "")[: indicators.LONGEST_TEXT]
    messages.success(request, in_words(indicators.add_all(incident=incident, text=text, by=actor_of(request))))
    return redirect("war-room", incident.pk)


@require_GET
@page
def show(request: HttpRequest, incident_id: UUID, indicator_id: UUID) -> HttpResponse:
    incident = incident_for(request, incident_id)
    row = indicators.of_incident(incident, indicator_id)
    blocked = row.blocked_until is not None and row.blocked_until > timezone.now()
    seen = indicators.describe_row(row)
    custody.note(incident.evidence.all(), way="searched", by=actor_of(request))
    context = {"incident": incident, "indicator": row, "blocked": blocked, "seen": seen}
    return render(request, "incidents/indicator.html", {**context, **_rights(incident, request)})


def _rights(incident: Incident, request: HttpRequest) -> dict[str, Any]:
    may = extensions.page_parts.get("may_unblock")
    return {"may_unblock": bool(may and incident.room and may(incident.room, actor_of(request)))}


def in_words(noted: indicators.Noted) -> str:
    """The same as `notedLine` in static/js/models/indicators.js."""
    parts = []
    if noted.added:
        parts.append(_("Added {count}: {names}.").format(count=len(noted.added), names=_names(noted.added)))
    if noted.known:
        parts.append(_("Here already: {names}.").format(names=_names(noted.known)))
    if noted.unread:
        parts.append(_("Nothing found in: {lines}.").format(lines="; ".join(noted.unread)))
    return " ".join(parts)


def _names(rows: list[Indicator]) -> str:
    more = ["…"] if len(rows) > MOST_NAMED else []
    return ", ".join([row.value for row in rows[:MOST_NAMED]] + more)
