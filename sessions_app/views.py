"""Pages: parse, call one service, render."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_GET, require_POST

from sessions_app import demo, permissions
from sessions_app.models import Evidence, Incident, Organization, Severity
from sessions_app.pages import doors, error_pages, evidence, forms_with_files, incident_list, room, themes
from sessions_app.pages.doors import actor_of, form_with_files, incident_for, page
from sessions_app.pages.forms import ChangeForm, DeclareForm
from sessions_app.services import incidents

A_YEAR_S = 31_536_000


@require_GET
@page
def incident_rows(request: HttpRequest) -> HttpResponse:
    return _incident_list(request, DeclareForm())


@require_GET
@page
@conditional_page
def incident_updates(request: HttpRequest) -> HttpResponse:
    """The rows alone, for a list that is looked at; with an ETag, so that asking again for the same costs no body."""
    found = incident_list.page_of(incident_list.Filters.parse(request.GET), by=actor_of(request))
    return render(request, "incidents/_rows.html", {"incidents": found.incidents})


@require_POST
@page
def declare(request: HttpRequest) -> HttpResponse:
    form = DeclareForm(request.POST)
    if not form.is_valid():
        return _incident_list(request, form, status=400)
    incident = incidents.declare(organization=_home(request), **form.cleaned_data, by=actor_of(request))
    return redirect("war-room", incident.pk)


@require_POST
@page
def load_demo(request: HttpRequest) -> HttpResponse:
    incident = demo.load(_home(request), by=actor_of(request))
    return redirect("war-room", incident.pk)


@require_GET
@page
def war_room(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    incident = incident_for(request, incident_id)
    context = room.context(incident, by=actor_of(request), look=room.Look.asked(request.GET))
    return render(request, "room/room.html", context)


@form_with_files
@require_POST
def post_message(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    incident = incident_for(request, incident_id)
    assert incident.room is not None
    return forms_with_files.say(request, incident.room, then=redirect("war-room", incident.pk))


@require_POST
@page
def change_incident(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    incident = incident_for(request, incident_id)
    form = ChangeForm(request.POST)
    if form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("severity", "status")}
        commander = {"commander_id": request.user.pk} if form.cleaned_data["take_command"] else {}
        incidents.change(incident_id=incident.pk, changes={**chosen, **commander}, by=actor_of(request))
    return redirect("war-room", incident.pk)


@require_POST
@page
def resolve_incident(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    incident = incident_for(request, incident_id)
    words = request.POST.get("words", "").replace("\x00", "").strip()[:4000]
    incidents.resolve(incident_id=incident.pk, words=words, by=actor_of(request))
    messages.success(request, _("The incident is resolved."))
    return redirect("war-room", incident.pk)


@form_with_files
@require_POST
def attach_evidence(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    return forms_with_files.attach(request, incident_for(request, incident_id))


@require_GET
@page
def evidence_page(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    row = Evidence.objects.select_related("incident", "uploaded_by").filter(pk=evidence_id).first()
    if row is None or not permissions.sees(actor_of(request), row):
        raise Http404
    context = {
        "evidence": row,
        "download_url": f"/api/v1/evidence/{row.pk}",
        **evidence.lines_of(row, request.GET, by=actor_of(request)),
    }
    return render(request, "incidents/evidence.html", context)


@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for this one on pages that name no icon, such as the admin's."""
    return redirect(static("img/warroom.svg"))


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """The switch without JavaScript."""
    response = doors.back(request)
    chosen = request.POST.get("theme", "")
    if chosen in themes.THEMES:
        response.set_cookie(themes.COOKIE, chosen, max_age=A_YEAR_S, samesite="Lax", secure=request.is_secure())
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_pages.error_page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_pages.error_page(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_pages.error_page(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    return error_pages.error_page(request, 500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_pages.error_page(request, 403, **error_pages.CSRF)


def _incident_list(request: HttpRequest, form: DeclareForm, *, status: int = 200) -> HttpResponse:
    by = actor_of(request)
    filters = incident_list.Filters.parse(request.GET)
    found = incident_list.page_of(filters, by=by)
    organization = permissions.organizations_of(by).order_by("pk").first()
    context = {
        "incidents": found.incidents, "next_page": found.next, "filters": filters, "filtered": bool(filters),
        "form": form,
        "severities": Severity.choices, "statuses": Incident.Status.choices,
        "may_declare": organization is not None and permissions.may(by, "declare", organization.pk),
    }  # fmt: skip
    return render(request, "incidents/list.html", context, status=status)


def _home(request: HttpRequest) -> Organization:
    """The organisation a person declares in: the first they may."""
    by = actor_of(request)
    theirs = permissions.organizations_of(by).order_by("pk")
    found = next((one for one in theirs if permissions.may(by, "declare", one.pk)), None)
    return found or permissions.organization_for(by, None)
