"""Pages for what went wrong: what happened, whether anything was lost, what to do, and a reference to copy."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.pages.themes import theme_of

WORDS: dict[int, dict[str, str | Promise]] = {
    400: {
        "headline": _("That request made no sense"),
        "happened": _("The server could not read what the browser sent."),
        "lost": _("Nothing that was there before."),
        "todo": _("Go back, reload the page, and try again."),
    },
    403: {
        "headline": _("Your role does not allow this"),
        "happened": _("The page is there, but it is not for the role you have in this organisation."),
        "lost": _("Nothing. Nothing was changed either."),
        "todo": _("Ask an admin of your organisation, or sign in as somebody else."),
    },
    404: {
        "headline": _("There is nothing here"),
        "happened": _("The address is wrong, or what it names belongs to another organisation."),
        "lost": _("Nothing."),
        "todo": _("Check the link, or find the incident in the list."),
    },
    500: {
        "headline": _("Something broke on our side"),
        "happened": _("The server failed while it made this page."),
        "lost": _("What you sent last may not have been stored. All that the room showed before is safe in its log."),
        "todo": _("Go back and look whether it is there; if it is not, try again. Tell an admin the reference below."),
    },
}
CSRF: dict[str, str | Promise] = {
    "headline": _("This form is too old"),
    "happened": _("The form came from a page that was opened before you signed in, or cookies are switched off."),
    "lost": _("What the form held was not stored. Your browser's back button still has it."),
    "todo": _("Go back, reload the page, and send it again."),
}


def error_page(request: HttpRequest, status: int, **words: str | Promise) -> HttpResponse:
    reference = getattr(request, "request_id", "")
    told: dict[str, Any] = {"code": status, **WORDS[status], **words}
    context = {**told, "reference": reference, "theme": theme_of(request)}
    return render(request, "error.html", context, status=status)
