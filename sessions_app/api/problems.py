"""Errors as application/problem+json: one shape for every door of the API."""

import math
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import orjson
from asgiref.sync import iscoroutinefunction
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions

from sessions_app.errors import Refused

View = TypeVar("View", bound=Callable[..., Any])
SAFE = frozenset({"GET", "HEAD"})
PROBLEM = "application/problem+json"
# The database is away, or another writer holds it for longer than we wait.
DATABASE_AWAY = (OperationalError, InterfaceError)
RETRY_AFTER_S = {"SERVICE_UNAVAILABLE": 5.0, "RATE_LIMIT_EXCEEDED": 5.0}
CODES: dict[type[Exception], str] = {
    Http404: "NOT_FOUND",
    PermissionDenied: "PERMISSION_DENIED",
    RequestDataTooBig: "PAYLOAD_TOO_LARGE",
    exceptions.MethodNotAllowed: "METHOD_NOT_ALLOWED",
    exceptions.NotAcceptable: "NOT_ACCEPTABLE",
    exceptions.UnsupportedMediaType: "UNSUPPORTED_MEDIA_TYPE",
    exceptions.NotAuthenticated: "NOT_AUTHENTICATED",
    exceptions.AuthenticationFailed: "NOT_AUTHENTICATED",
    exceptions.PermissionDenied: "PERMISSION_DENIED",
    exceptions.NotFound: "NOT_FOUND",
    exceptions.Throttled: "RATE_LIMIT_EXCEEDED",
    exceptions.APIException: "INVALID_REQUEST",
}


def body(refused: Refused, request_id: str | None) -> dict[str, Any]:
    return {
        "type": f"urn:warroom:error:{refused.code}",
        "title": refused.title,
        "status": refused.entry.status,
        "detail": refused.detail,
        "error_code": refused.code,
        "message": refused.detail,
        "recoverable": refused.entry.recoverable,
        "details": refused.details,
        "request_id": request_id,
        "timestamp": timezone.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def problem(refused: Refused, request: HttpRequest) -> HttpResponse:
    response = HttpResponse(
        orjson.dumps(body(refused, getattr(request, "request_id", None)), default=str),
        status=refused.entry.status,
        content_type=PROBLEM,
    )
    wait = refused.retry_after_s or RETRY_AFTER_S.get(refused.code)
    if wait is not None:
        response["Retry-After"] = str(max(1, math.ceil(wait)))
    if refused.code == "NOT_AUTHENTICATED":
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    return response


def answering(*methods: str) -> Callable[[View], View]:
    """Let a view that is a plain function answer to some methods only; another is told which."""

    def only(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return view(request, *args, **kwargs) if request.method in methods else _not_allowed(request, methods)

        @wraps(view)
        async def answer_async(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method in methods:
                return await view(request, *args, **kwargs)
            return _not_allowed(request, methods)

        made: Any = answer_async if iscoroutinefunction(view) else answer
        # Where nothing can be changed no token is asked for, or a wrong method would be told of that first.
        made.csrf_exempt = SAFE.issuperset(methods)
        return cast(View, made)

    return only


def _not_allowed(request: HttpRequest, methods: tuple[str, ...]) -> HttpResponse:
    response = problem(Refused("METHOD_NOT_ALLOWED"), request)
    response["Allow"] = ", ".join(methods)
    return response


def refusal_of(error: BaseException | None) -> Refused | None:
    """Our word for an exception of a library; none for what is our own fault."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, DATABASE_AWAY):
        return Refused("SERVICE_UNAVAILABLE", _("The database can't be reached right now; try again shortly."))
    for kind, code in CODES.items():
        if isinstance(error, kind):
            return Refused(code, _words(error))
    return None


def exception_response(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """REST framework's handler; what we have no word for goes on to Django, which logs it and asks `failures`."""
    refused = refusal_of(error)
    return problem(refused, context["request"]._request) if refused else None


def _words(error: BaseException | None) -> str:
    """What REST framework says is meant for the caller; what other libraries say is not."""
    if not isinstance(error, exceptions.APIException) or isinstance(error.detail, list | dict):
        return ""
    return str(error.detail)
