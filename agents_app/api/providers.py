"""REST of providers: what models there are, and whether they answer right now."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app.api.answers import Providers
from agents_app.engine import probing
from agents_app.models import Provider
from agents_app.services import configuring, providers
from sessions_app import permissions
from sessions_app.api.doors import Door
from sessions_app.api.schema.describing import described, stands_for
from sessions_app.events import executors


class ProviderStatus(Door):
    """The providers of the caller's organisations and those for all, as they were last seen."""

    @described("Models, and whether they answer", Providers)
    def get(self, request: Request) -> Response:
        rows = _rows(self)
        # The async view around this one looks at them, and then asks again.
        request._request.providers = rows  # type: ignore[attr-defined]
        return Response({"data": [_shown(row) for row in rows], "next": None})


_answer: Callable[..., HttpResponse] = ProviderStatus.as_view()


@stands_for(ProviderStatus)
async def status(request: HttpRequest) -> HttpResponse:
    """Look, with a limit of seconds, and without holding a thread meanwhile."""
    response: HttpResponse = await executors.run(partial(_answer, request))
    rows: list[Provider] | None = getattr(request, "providers", None)
    if rows is None:
        return response
    await probing.look(rows)
    return await executors.run(partial(_answer, request))


def _rows(door: Door) -> list[Provider]:
    mine = permissions.organizations_of(door.actor).values_list("pk", flat=True)
    return providers.seen_by(list(mine))


def _shown(row: Provider) -> dict[str, Any]:
    health = getattr(row, "health", None)
    return {
        "id": str(row.pk),
        "name": row.name,
        "kind": row.kind,
        "model_type": row.model_type,
        "available": bool(health and health.available),
        "detail": health.detail if health else "Nobody has looked yet.",
        "models": configuring.models_of(row),
        "reachable": health.reached if health else None,
        "authorised": health.authorised if health else None,
        "model_present": health.model_present if health else None,
        "last_error": (health.last_error if health else "") or None,
        "last_error_at": health.last_error_at if health else None,
        "latency_ms": health.latency_ms if health else None,
        "checked_at": health.checked_at if health else None,
        "demo": row.kind == Provider.Kind.DEMO,
    }


urlpatterns = [path("providers/status", status, name="provider-status")]
