"""What every page shares: a signed-in person as the actor, and a refusal turned into words on a page."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from sessions_app import actors, permissions
from sessions_app.actors import Actor
from sessions_app.errors import Denied, NotFound, Refused
from sessions_app.models import Incident

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """A page for a signed-in person: what is not theirs is 404; a refused form says why on the page it came from."""
    return _answering(view, refused=back)


def form_with_files(view: View) -> View:
    """The same for a form that is read only once it is known who sends it; the view asks for its token after that.

    Django's own check looks for the token in the form, and reads all of it; nor is it read for the way back.
    """
    return csrf_exempt(_answering(view, refused=_back_where_it_stood))


def _answering(view: View, *, refused: Callable[[HttpRequest], HttpResponse]) -> View:
    @login_required
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404(error.detail) from error
        except Refused as error:
            if request.method == "POST":
                messages.error(request, _("Nothing was changed. {why}").format(why=error.detail))
                return refused(request)
            if isinstance(error, Denied):
                raise PermissionDenied(error.detail) from error
            raise

    return answer


def actor_of(request: HttpRequest) -> Actor:
    return actors.person(request.user)  # type: ignore[arg-type]  # `page` let nobody else in


def incident_for(request: HttpRequest, incident_id: UUID) -> Incident:
    incident = (
        Incident.objects.select_related("room", "commander", "organization", "merged_into")
        .filter(pk=incident_id)
        .first()
    )
    if incident is None:
        raise NotFound()
    permissions.require(actor_of(request), "see", incident)
    return incident


def position(text: str) -> int | None:
    """A number from a link, as far as a database counts; anything else only came from a link too, and means nothing."""
    return min(int(text), 2**53) if text.isascii() and text.isdecimal() and len(text) <= 20 else None


def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def back(request: HttpRequest, *, otherwise: str = "incidents") -> HttpResponseRedirect:
    """To the page a form stood on; never to another site."""
    return _to(request, request.POST.get("next") or request.headers.get("Referer", ""), otherwise)


def _back_where_it_stood(request: HttpRequest) -> HttpResponseRedirect:
    return _to(request, request.headers.get("Referer", ""), "incidents")


def _to(request: HttpRequest, came_from: str, otherwise: str) -> HttpResponseRedirect:
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure()):
        return HttpResponseRedirect(came_from)
    return redirect(otherwise)
