"""Search as a page of its own: what the palette finds, for who has no script, or wants all of it before them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from sessions_app.errors import Refused
from sessions_app.pages.doors import actor_of, page
from sessions_app.pages.places import page_of
from sessions_app.services import search
from sessions_app.services.search import Hit, Kind

KINDS = {"incident": _("Incidents"), "session": _("Chats"), "message": _("Messages")}


@dataclass(frozen=True)
class Shown(Hit):
    url: str = ""


@require_GET
@page
def results(request: HttpRequest) -> HttpResponse:
    q = request.GET.get("q", "").replace("\x00", "").strip()[: search.LONGEST]
    kind = request.GET.get("kind", "")
    hits, refused = list[Hit](), None
    try:
        hits = search.find(q, by=actor_of(request), kind=cast(Kind, kind) if kind in KINDS else None)
    except Refused as error:
        refused = error
    context = {
        "q": q, "kind": kind, "kinds": KINDS.items(), "groups": _groups(hits), "full": len(hits) >= search.MOST,
        "refused": refused and refused.detail,
    }  # fmt: skip
    response = render(request, "search/results.html", context, status=refused.entry.status if refused else 200)
    if refused and refused.retry_after_s:
        response["Retry-After"] = str(math.ceil(refused.retry_after_s))
    return response


def _groups(hits: Sequence[Hit]) -> list[tuple[object, list[Shown]]]:
    shown = [Shown(**vars(hit), url=page_of(hit)) for hit in hits]
    groups = [(label, [hit for hit in shown if hit.kind == kind]) for kind, label in KINDS.items()]
    return [group for group in groups if group[1]]
