"""Where an agent's model comes from: the agent's own provider, or the installation's default."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from agents_app import clock
from agents_app.models import Provider, ProviderHealth

ENVIRONMENT = "environment"
DEMO = "offline-demo"
OPENAI_ADDRESS = "https://api.openai.com/v1"
OPENAI_MODEL = "gpt-4.1-mini"
MOST_LOOKED_AT = 20


def ensure_shared() -> Provider:
    """Write the providers that the environment names, for all organisations; answers the default one."""
    Provider.objects.update_or_create(
        organization=None,
        name=DEMO,
        defaults={
            "kind": Provider.Kind.DEMO,
            "model_type": Provider.ModelType.LOCAL,
            "default_model": DEMO,
            "offered": [{"name": DEMO}],
        },
    )
    model = settings.WARROOM_MODEL or OPENAI_MODEL
    Provider.objects.update_or_create(
        organization=None,
        name=ENVIRONMENT,
        defaults={
            "kind": Provider.Kind.OPENAI_COMPATIBLE if settings.OPENAI_BASE_URL else Provider.Kind.OPENAI,
            "base_url": settings.OPENAI_BASE_URL,
            "key_variable": "OPENAI_API_KEY",
            "default_model": model,
            "offered": [{"name": model}],
            "enabled": bool(settings.OPENAI_BASE_URL or settings.OPENAI_API_KEY),
        },
    )
    return default()


def default() -> Provider:
    """The provider of agents that name none: the environment's if it names one, else the offline demo."""
    shared = Provider.objects.filter(organization=None, enabled=True, name__in=(ENVIRONMENT, DEMO))
    there = {row.name: row for row in shared.select_related("health")}
    return there.get(ENVIRONMENT) or there.get(DEMO) or ensure_shared()


def seen_by(organization_ids: list[Any]) -> list[Provider]:
    """The providers of these organisations and those for all, the enabled ones."""
    return list(
        Provider.objects.filter(enabled=True)
        .filter(Q(organization=None) | Q(organization__in=organization_ids))
        .select_related("health")
        .order_by("name", "id")
    )


def record_health(
    provider_id: Any, *, available: bool, detail: str, latency_ms: int | None, reached: bool, listed: list[str]
) -> None:
    """Keep what the last look saw; what a server listed stays known while it is away."""
    seen = {"available": available, "detail": detail[:300], "latency_ms": latency_ms, "reached": reached,
            "checked_at": clock.now(), **({"listed": listed} if listed else {})}  # fmt: skip
    ProviderHealth.objects.update_or_create(provider_id=provider_id, defaults=seen)


def not_looked_at_since(when: datetime) -> list[Provider]:
    """The enabled providers with a server whose last look is older than this."""
    served = Provider.objects.filter(enabled=True).exclude(kind=Provider.Kind.DEMO)
    return list(served.filter(Q(health=None) | Q(health__checked_at__lt=when)).order_by("id")[:MOST_LOOKED_AT])
