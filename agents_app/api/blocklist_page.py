"""Where people find the block list's address: those who may give it to a firewall, and nobody else."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from agents_app.api.blocklists import address, homes_of
from agents_app.services import containment
from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.errors import NotFound
from sessions_app.models import ChatSession
from sessions_app.pages.doors import actor_of, page

MOST_ROWS = 500


@require_GET
@never_cache
@page
def block_list(request: HttpRequest) -> HttpResponse:
    homes = homes_of(actor_of(request))
    if not homes:
        raise NotFound()
    feeds = [
        {
            "organization": home,
            "url": address(request, home),
            "blocked": containment.live(home.pk).select_related("incident").order_by("-id")[:MOST_ROWS],
        }
        for home in homes
    ]
    return render(request, "blocklist/page.html", {"feeds": feeds})


def link(session: ChatSession, by: Actor) -> str:
    """Where a room points to the list; nothing for who may not see it."""
    return reverse("block-list") if permissions.may(by, "see_blocklists", session.organization_id) else ""
