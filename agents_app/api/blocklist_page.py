"""The block list for people: what is blocked and why, who may take it off, and for some the address of its feed."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from agents_app.api.blocklists import address
from agents_app.services import blocked, containment
from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.errors import Invalid, NotFound
from sessions_app.models import ChatSession, Organization
from sessions_app.pages.doors import actor_of, back, page, uuid_of

LONGEST_REASON = 1000


@require_GET
@never_cache
@page
def block_list(request: HttpRequest) -> HttpResponse:
    by = actor_of(request)
    homes = permissions.organizations_of(by).order_by("pk")
    if not homes:
        raise NotFound()
    return render(request, "blocklist/page.html", {"feeds": [_feed(request, home, by) for home in homes]})


def _feed(request: HttpRequest, home: Organization, by: Actor) -> dict[str, object]:
    """Everybody of the organisation sees what is blocked; the address is a pass, so few see that."""
    return {
        "organization": home,
        "url": address(request, home) if permissions.may(by, "see_blocklists", home.pk) else "",
        "may_unblock": permissions.may(by, "unblock", home.pk),
        "entries": blocked.entries(home.pk),
    }


@require_POST
@page
def unblock(request: HttpRequest) -> HttpResponse:
    by = actor_of(request)
    home = permissions.organization_for(by, uuid_of(request.POST.get("organization", "")) or UUID(int=0))
    said = {name: request.POST.get(name, "").replace("\x00", "").strip() for name in ("indicator", "reason")}
    if not said["reason"]:
        raise Invalid(_("Say why it is taken off the block list."))
    reason = said["reason"][:LONGEST_REASON]
    containment.lift(organization=home, indicator=said["indicator"][:255], reason=reason, by=by)
    messages.success(request, _("{indicator} is no longer blocked.").format(indicator=said["indicator"][:255]))
    return back(request, otherwise="block-list")


def link(session: ChatSession, by: Actor) -> str:
    """Where a room points to the list."""
    return reverse("block-list") if permissions.may(by, "see", session.organization_id) else ""


def may_unblock(session: ChatSession, by: Actor) -> bool:
    return permissions.may(by, "unblock", session.organization_id)
