"""The war room's forms for what people arrange: command, roles, tasks, pins, merges. The same services as by REST."""

from datetime import UTC
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sessions_app import log_words, permissions
from sessions_app.errors import Invalid
from sessions_app.models import Event, Incident
from sessions_app.pages.doors import actor_of, back, incident_for, page, position, uuid_of
from sessions_app.services import follow_ups, incident_roles, incidents, merging, timeline

ENTRIES = 100
# What says nothing to who looks for what to pin: deltas of agents' work, and that one began what has its own end.
QUIET = (
    "message.start", "message.reset", "message.thinking", "usage.recorded", "plan.step", "plan.updated", "run.queued",
    "run.started", "run.waiting", "run.succeeded", "execution.started", "tool.called", "session.created",
    "session.activated",
)  # fmt: skip
# Each has an event of its own that tells it in a line.
TOLD_ELSEWHERE = ("report", "summary")
DECIDED = ("rejected", "expired", "cancelled")
# Of a task in the crew's plan it is told what became of it, not each step on its way there.
UNDER_WAY = ("pending", "running", "waiting")


class TaskForm(forms.Form):
    title = forms.CharField(max_length=300)
    assignee = forms.UUIDField(required=False)
    # As the label says: in UTC, whatever the browser's own zone.
    due = forms.DateTimeField(required=False)


class RoleForm(forms.Form):
    role = forms.RegexField(r"^[a-z][a-z0-9_-]{0,23}$")
    person = forms.UUIDField(required=False)


@require_POST
@page
def take_command(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    by = actor_of(request)
    incidents.change(incident_id=incident_for(request, incident_id).pk, changes={"commander_id": by.user_id}, by=by)
    return redirect("war-room", incident_id)


@require_POST
@page
def set_status(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """What the room suggests, at one click."""
    status = request.POST.get("status", "")
    if status not in Incident.Status.values:
        raise Invalid(_("There is no such status."))
    incidents.change(
        incident_id=incident_for(request, incident_id).pk, changes={"status": status}, by=actor_of(request)
    )
    return redirect("war-room", incident_id)


@require_POST
@page
def give_role(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    form = RoleForm({**request.POST.dict(), "role": request.POST.get("role", "").strip().lower().replace(" ", "_")})
    told = _valid(form)
    incident_roles.give(
        incident_id=incident_for(request, incident_id).pk, role=told["role"], user_id=told["person"],
        by=actor_of(request),
    )  # fmt: skip
    return redirect("war-room", incident_id)


@require_POST
@page
def add_task(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    fields = _fields(_valid(TaskForm(request.POST)))
    follow_ups.add(incident_id=incident_for(request, incident_id).pk, fields=fields, by=actor_of(request))
    return redirect("war-room", incident_id)


@require_POST
@page
def change_task(request: HttpRequest, incident_id: UUID, task_id: UUID) -> HttpResponse:
    """Done, open again, or the whole task anew."""
    status = request.POST.get("status", "")
    if status and status not in ("open", "done"):
        raise Invalid(_("A task is open or done."))
    changes = {"status": status} if status else _fields(_valid(TaskForm(request.POST)))
    incident = incident_for(request, incident_id)
    follow_ups.change(task_id=task_id, incident_id=incident.pk, changes=changes, by=actor_of(request))
    return redirect("war-room", incident_id)


@require_POST
@page
def pin(request: HttpRequest, incident_id: UUID, seq: int) -> HttpResponse:
    incident, by = incident_for(request, incident_id), actor_of(request)
    if request.POST.get("action") == "unpin":
        timeline.unpin(incident_id=incident.pk, seq=seq, by=by)
    else:
        note = request.POST.get("note", "").replace("\x00", "").strip()[:1000]
        timeline.pin(incident_id=incident.pk, seq=seq, note=note, by=by)
    return back(request)


@require_POST
@page
def merge(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    into = uuid_of(request.POST.get("into", ""))
    if into is None:
        raise Invalid(_("Choose the incident to merge into."))
    target = incident_for(request, into)
    merging.merge(incident_id=incident_for(request, incident_id).pk, into=target.pk, by=actor_of(request))
    messages.success(request, _("It is part of this incident now."))
    return redirect("war-room", target.pk)


@require_POST
@page
def unmerge(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    merging.unmerge(incident_id=incident_for(request, incident_id).pk, by=actor_of(request))
    messages.success(request, _("The incident stands on its own again."))
    return redirect("war-room", incident_id)


@require_GET
@page
def timeline_page(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """The whole log in words, newest first, each entry with its pin."""
    incident = incident_for(request, incident_id)
    before = position(request.GET.get("before", ""))
    told = Event.objects.filter(session=incident.room_id).exclude(type__in=QUIET)
    rows = list((told.filter(seq__lt=before) if before else told).order_by("-seq")[: ENTRIES + 1])
    assert incident.room is not None
    pins = {row.seq: row for row in incident.room.pins.all()}
    executed = {each.data["tool_call"]["id"] for each in rows if each.type.startswith("execution.")}
    entries = [
        {"seq": each.seq, "ts": each.ts, "text": log_words.line_of(each.type, each.data, each.actor_name),
         "pin": pins.get(each.seq)}
        for each in rows[:ENTRIES]
        if not _told_elsewhere(each, executed)
    ]  # fmt: skip
    context = {
        "incident": incident, "entries": entries, "older": rows[ENTRIES - 1].seq if len(rows) > ENTRIES else None,
        "may_change": may_arrange(request, incident),
    }  # fmt: skip
    return render(request, "incidents/timeline.html", context)


def _told_elsewhere(entry: Event, executed: set[str]) -> bool:
    """What people decided of a call is told by its request, what it changed by its execution: once is enough."""
    data = entry.data
    if entry.type == "task.updated":
        return data.get("kind") == "task" and data["status"] in UNDER_WAY
    if entry.type == "tool.result":
        return data["id"] in executed or (data["approval_id"] is not None and data["state"] in DECIDED)
    return data.get("message_type") in TOLD_ELSEWHERE


def may_arrange(request: HttpRequest, incident: Incident) -> bool:
    may = permissions.may(actor_of(request), "change_incident", incident.organization_id)
    return may and incident.merged_into_id is None


def _valid(form: forms.Form) -> dict[str, Any]:
    if not form.is_valid():
        raise Invalid("; ".join(f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items()))
    return form.cleaned_data


def _fields(told: dict[str, Any]) -> dict[str, Any]:
    due = told["due"].replace(tzinfo=UTC) if told["due"] else None
    return {"title": told["title"], "assignee_id": told["assignee"], "due": due}
