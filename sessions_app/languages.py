"""In which language somebody is spoken to: what they chose, this browser's cookie, Accept-Language, or English.

Only words for a person follow it. Codes, names of fields and whatever the log holds are the same in every language.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.cookie import parse_cookie
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware

LANGUAGES = dict(settings.LANGUAGES)


@sync_and_async_middleware
def LanguageMiddleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer each request in its caller's language; nothing of it stays behind for the next."""

    async def answer_async(request: HttpRequest) -> HttpResponse:
        # A thread only for who may have chosen: a program says what it wants in its header.
        known = sync_to_async(language_of)(request) if _signed_in_here(request) else None
        language = await known if known else translation.get_language_from_request(request)
        with translation.override(language):
            return _named(await cast(Awaitable[HttpResponse], get_response(request)), language)

    def answer(request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        with translation.override(language):
            return _named(cast(HttpResponse, get_response(request)), language)

    if iscoroutinefunction(get_response):
        return markcoroutinefunction(answer_async)
    return answer


def language_of(request: HttpRequest) -> str:
    chosen = chosen_by(request) if _signed_in_here(request) else ""
    return chosen or translation.get_language_from_request(request)


def chosen_by(request: HttpRequest) -> str:
    """The language somebody has chosen for themselves; nothing when they left it to the browser."""
    try:
        chosen = getattr(request.user, "language", "")
    except (OperationalError, InterfaceError):
        return ""  # a page that needs no database must not fail for its words
    return chosen if chosen in LANGUAGES else ""


def of_socket(headers: Mapping[str, str], user: Any) -> str:
    """The same for a socket, whose opening has headers and no request."""
    opening = HttpRequest()
    opening.user = user or AnonymousUser()
    opening.META["HTTP_ACCEPT_LANGUAGE"] = headers.get("accept-language", "")
    opening.COOKIES = parse_cookie(headers.get("cookie", ""))
    return chosen_by(opening) or translation.get_language_from_request(opening)


def in_english(words: object) -> str:
    """Lazy words for what is kept and not told to one reader."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(words)


def remember(response: HttpResponse, language: str) -> None:
    """Keep a choice in this browser, for the pages that come before a sign-in; an empty one is forgotten."""
    if not language:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=settings.LANGUAGE_COOKIE_AGE, httponly=True,
        samesite="Lax", secure=settings.LANGUAGE_COOKIE_SECURE,
    )  # fmt: skip


def _signed_in_here(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES and "Authorization" not in request.headers


def _named(response: HttpResponse, language: str) -> HttpResponse:
    response.headers.setdefault("Content-Language", language)
    patch_vary_headers(response, ("Accept-Language",))
    return response
