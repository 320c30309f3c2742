"""Answers to what no view answered: problem+json for programs, a page for people."""

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app import signing_in, views
from sessions_app.api.problems import problem, refusal_of
from sessions_app.errors import Refused
from sessions_app.pages import sign_in
from sessions_app.pages.error_pages import error_page

NO_TOKEN = _("A browser's session needs the header X-CSRFToken.")
AWAY: dict[str, str | Promise] = {
    "code": "503",
    "headline": _("The database does not answer"),
    "happened": _("The server could not reach its database, or another program held it for too long."),
    "lost": _("What you sent last was not stored."),
    "todo": _("Wait a few seconds, go back, and send it again."),
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(Refused("INVALID_REQUEST"), request) if of_api(request) else views.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(Refused("PERMISSION_DENIED"), request) if of_api(request) else views.forbidden(request, exception)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    if of_api(request):
        return problem(Refused("PERMISSION_DENIED", str(NO_TOKEN)), request)
    return views.csrf_failed(request, reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(Refused("NOT_FOUND"), request) if of_api(request) else views.not_found(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """What went wrong stays in the log; the caller gets the id of the request to name it by."""
    refused = refusal_of(sys.exc_info()[1]) or Refused("INTERNAL_ERROR")
    if of_api(request):
        return problem(refused, request)
    if refused.code != "SERVICE_UNAVAILABLE":
        return views.failed(request)
    page = error_page(request, 500, **AWAY)
    page.status_code = refused.entry.status
    page["Retry-After"] = "5"
    return page


def locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    """What the middleware of axes answers with when a sign-in was refused for too many failures."""
    if not of_api(request):
        return sign_in.locked_out(request)
    credentials = getattr(request, "axes_credentials", None) or {}
    return problem(signing_in.locked(request, str(credentials.get("username", ""))), request)


def of_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
