"""The report as pages: read, edit with a preview, versions and what each changed. All of it works without a script."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents_app.services import report_exports, report_times, reports
from sessions_app import markdown, permissions
from sessions_app.errors import Conflict, Denied, Invalid
from sessions_app.models import Incident, Report
from sessions_app.pages.doors import actor_of, incident_for, page


class ReportForm(forms.Form):
    markdown = forms.CharField(max_length=reports.LONGEST, strip=False)
    status = forms.ChoiceField(choices=[("draft", "draft"), ("final", "final")])
    version = forms.IntegerField(min_value=0)


@require_GET
@page
def report(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    incident = incident_for(request, incident_id)
    newest = _newest(incident)
    context = {
        "incident": incident, "report": newest, "html": markdown.render(newest.markdown) if newest else "",
        "since": report_exports.since(incident, newest) if newest else [], "times": _times(incident),
        "may_write": _may_write(request, incident),
    }  # fmt: skip
    return render(request, "incidents/report.html", context)


@page
def edit(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    incident = incident_for(request, incident_id)
    if not _may_write(request, incident):
        raise Denied(_("Your role does not write reports, or the incident was merged."))
    if request.method != "POST":
        newest = _newest(incident)
        text = newest.markdown if newest else f"# {incident.title}\n"
        return _editor(request, incident, text, newest.status if newest else "draft", newest.version if newest else 0)
    return _save(request, incident)


@require_POST
@page
def preview(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """The text as it will look, by the one renderer; a fragment for the editor's script."""
    incident_for(request, incident_id)
    return HttpResponse(markdown.render(request.POST.get("markdown", "")[: reports.LONGEST]))


@require_POST
@page
def redraft(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    incident = incident_for(request, incident_id)
    reports.redraft(incident_id=incident.pk, by=actor_of(request))
    messages.success(request, _("The report is drafted anew from the log; what was there is an earlier version."))
    return redirect("report", incident.pk)


@require_GET
@page
def versions(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    incident = incident_for(request, incident_id)
    rows = incident.reports.select_related("author").defer("markdown").order_by("-version")
    return render(request, "incidents/report_versions.html", {"incident": incident, "versions": rows})


@require_GET
@page
def version(request: HttpRequest, incident_id: UUID, number: int) -> HttpResponse:
    """One version: what it changed, and as it was."""
    incident = incident_for(request, incident_id)
    row = reports.numbered(incident, number)
    before = incident.reports.filter(version=number - 1).first()
    context = {
        "incident": incident, "report": row, "html": markdown.render(row.markdown),
        "changes": report_exports.difference(before, row) if before else [], "before": before,
    }  # fmt: skip
    return render(request, "incidents/report_version.html", context)


def _save(request: HttpRequest, incident: Incident) -> HttpResponse:
    form = ReportForm(request.POST)
    if not form.is_valid():
        raise Invalid("; ".join(f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items()))
    told = form.cleaned_data
    if request.POST.get("action") == "preview":
        return _editor(request, incident, html=markdown.render(told["markdown"]), **_kept(told))
    try:
        reports.edit(
            incident_id=incident.pk, markdown=told["markdown"].replace("\r\n", "\n").replace("\x00", ""),
            status=told["status"], version=told["version"], by=actor_of(request),
        )  # fmt: skip
    except Conflict as error:
        return _conflict(request, incident, told, error)
    return redirect("report", incident.pk)


def _conflict(request: HttpRequest, incident: Incident, told: dict[str, Any], error: Conflict) -> HttpResponse:
    """Their words stay in the box, beside what came first; saved once more they stand on that."""
    newest = _newest(incident)
    if newest is None or incident.merged_into_id:
        raise error
    mine = Report(markdown=told["markdown"].replace("\r\n", "\n"))
    changes = report_exports.difference(newest, mine)
    extra: dict[str, Any] = {"conflict": error.detail, "newest": newest, "changes": changes}
    return _editor(request, incident, status=409, **{**_kept(told), "version": newest.version}, **extra)


def _kept(told: dict[str, Any]) -> dict[str, Any]:
    return {"text": told["markdown"], "state": told["status"], "version": told["version"]}


def _editor(
    request: HttpRequest, incident: Incident, text: str, state: str, version: int, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"incident": incident, "text": text, "state": state, "version": version, **more}
    return render(request, "incidents/report_edit.html", context, status=status)


def _newest(incident: Incident) -> Report | None:
    return incident.reports.select_related("author").order_by("-version").first()


def _times(incident: Incident) -> dict[str, str]:
    times = report_times.of(incident)
    took = {"acknowledge": times.to_acknowledge, "resolve": times.to_resolve}
    return {name: report_times.in_words(value) for name, value in took.items() if value is not None}


def _may_write(request: HttpRequest, incident: Incident) -> bool:
    return permissions.may(actor_of(request), "write_report", incident.organization_id) and not incident.merged_into_id
