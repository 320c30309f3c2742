"""The language switch, and the words a page brings along for its scripts."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation.trans_real import DjangoTranslation
from django.views.decorators.http import require_POST
from django.views.i18n import JavaScriptCatalog

from sessions_app import languages
from sessions_app.models import User
from sessions_app.pages import doors
from sessions_app.services import languages as choices


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Kept with the person, and in this browser for when nobody is signed in; an empty choice is the browser's."""
    response = doors.back(request)
    language = request.POST.get("language", "")
    if language in ("", *languages.LANGUAGES):
        if isinstance(request.user, User):
            choices.choose(language=language, by=doors.actor_of(request))
        languages.remember(response, language)
    return response


def chosen(request: HttpRequest | None) -> str:
    """What the switch shows as chosen: nothing is the browser's own."""
    if request is None:
        return ""
    kept = languages.chosen_by(request) or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return kept if kept in languages.LANGUAGES else ""


def catalog() -> dict[str, Any]:
    """The words of static/js in the language of this page; English needs none."""
    return _catalog(translation.get_language() or settings.LANGUAGE_CODE)


@cache
def _catalog(language: str) -> dict[str, Any]:
    if language == settings.LANGUAGE_CODE:
        return {}
    folders = [str(folder) for folder in settings.LOCALE_PATHS]
    view = JavaScriptCatalog()
    view.translation = DjangoTranslation(language, domain="djangojs", localedirs=folders)
    words: dict[str, Any] = view.get_catalog()
    return words
