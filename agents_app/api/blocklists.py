"""The block list as firewalls read it: plain text at an address that is its own pass."""

import hashlib
from typing import Annotated
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import condition
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app.api.answers import BlockedEntry, Blocklist, Unblocked
from agents_app.services import blocked, containment
from agents_app.services.feed_tokens import LIST_NAME, organization_of, token_of
from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.api.doors import Door, idempotent
from sessions_app.api.problems import answering
from sessions_app.api.schema.describing import Media, Operation, described, describes
from sessions_app.errors import Denied
from sessions_app.models import Organization
from sessions_app.vocabulary import Body

TEXT = Media("text/plain", {"type": "string"})


def lines(token: str) -> bytes:
    organization = organization_of(token)
    if organization is None:
        raise Http404
    live = containment.live(organization.pk).values_list("indicator", flat=True)
    return "".join(f"{each}\n" for each in sorted(set(live))).encode()


def _etag(request: HttpRequest, token: str) -> str:
    # The view reads the list once; its tag is made from the very bytes it answers with.
    request.blocked = lines(token)  # type: ignore[attr-defined]
    return f'"{hashlib.sha256(request.blocked).hexdigest()[:32]}"'  # type: ignore[attr-defined]


@describes(GET=Operation("The feed a firewall reads", {200: TEXT, 304: None}, public=True))
@answering("GET", "HEAD")
@condition(etag_func=_etag)
def feed(request: HttpRequest, token: str) -> HttpResponse:
    response = HttpResponse(request.blocked, content_type="text/plain; charset=utf-8")  # type: ignore[attr-defined]
    response["Cache-Control"] = "private, no-cache"
    return response


class Blocklists(Door):
    """Where the organisation's lists are: the address is the pass, so commanders and admins only."""

    @described("Where the block lists are", list[Blocklist])
    def get(self, request: Request) -> Response:
        homes = homes_of(self.actor)
        if not homes:
            raise Denied(_("Commanders and admins see where the block lists are."))
        return Response([{"name": LIST_NAME, "url": address(request, home)} for home in homes])


class UnblockOrder(Body):
    indicator: Annotated[str, Field(min_length=1, max_length=255)]
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    organization_id: UUID | None = None


class Blocked(Door):
    """What is blocked now, for everybody who works there."""

    @described("What is blocked now and why, newest first", list[BlockedEntry])
    def get(self, request: Request) -> Response:
        homes = permissions.organizations_of(self.actor).order_by("pk")
        return Response([_entry(each).wire() for home in homes for each in blocked.entries(home.pk)])


class Unblock(Door):
    """A person of the role approver or above takes an indicator off; each room that had it blocked is told."""

    @described(
        "Take an indicator off the block list", Unblocked, body=UnblockOrder,
        errors=("NOT_FOUND", "CONFLICT", "IDEMPOTENCY_MISMATCH"),
    )  # fmt: skip
    @idempotent
    def post(self, request: Request) -> Response:
        told = self.body(UnblockOrder)
        home = permissions.organization_for(self.actor, told.organization_id)
        entries = containment.lift(organization=home, indicator=told.indicator, reason=told.reason, by=self.actor)
        return Response(Unblocked(indicator=told.indicator, entries=entries).wire())


def _entry(each: blocked.Entry) -> BlockedEntry:
    row = each.row
    return BlockedEntry(
        id=row.pk, organization_id=row.organization_id, indicator=row.indicator, kind=row.kind, until=row.until,
        reason=row.reason, asked_by=each.asked_by, allowed_by=each.allowed_by, incident_id=row.incident_id,
        created_at=row.created_at,
    )  # fmt: skip


def homes_of(actor: Actor) -> list[Organization]:
    """The organisations whose lists somebody may give to a firewall."""
    homes = permissions.organizations_of(actor).order_by("pk")
    return [home for home in homes if actor.in_person and permissions.may(actor, "see_blocklists", home.pk)]


def address(request: HttpRequest | Request, organization: Organization) -> str:
    return request.build_absolute_uri(reverse("blocklist-feed", args=[token_of(organization)]))


urlpatterns = [
    path("blocklists", Blocklists.as_view(), name="blocklists"),
    path("blocklists/entries", Blocked.as_view(), name="blocklist-entries"),
    path("blocklists/unblock", Unblock.as_view(), name="blocklist-unblock"),
    path("blocklists/<str:token>.txt", feed, name="blocklist-feed"),
]
