"""REST of the tools there are, and what a call of each needs."""

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from agents_app import policy
from agents_app.api.answers import ToolList
from agents_app.catalogue import TOOLS, ToolSpec
from agents_app.policy import Situation
from sessions_app import permissions
from sessions_app.api.doors import Door
from sessions_app.api.schema.describing import described
from sessions_app.models import Organization


class Tools(Door):
    @described("Tools, and what a call of each needs", ToolList)
    def get(self, request: Request) -> Response:
        home = permissions.organizations_of(self.actor).order_by("pk").first()
        return Response({"data": [shown(spec, home) for spec in TOOLS.values()], "next": None})


def shown(spec: ToolSpec, home: Organization | None) -> dict[str, Any]:
    usual = policy.judge(Situation(organization=home, tool=spec.name, spec=spec, args={})) if home else None
    return {
        "name": spec.name,
        "description": spec.description,
        "arguments": spec.schema,
        "changes": spec.changes,
        "idempotent": spec.repeatable,
        "destructive": spec.destructive,
        "risk": "destructive" if spec.destructive else spec.risk,
        # Before arguments are known; some are refused all the same, such as our own networks.
        "policy": {"effect": usual.effect.value, "rule": usual.rule} if usual else None,
    }


urlpatterns = [path("tools", Tools.as_view(), name="tool-list")]
