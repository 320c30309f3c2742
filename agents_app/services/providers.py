"""Where an agent's model comes from: the agent's own provider, or the installation's default."""

from typing import Any

from django.conf import settings
from django.db.models import Q

from agents_app import clock
from agents_app.models import Agent, Provider, ProviderHealth

ENVIRONMENT = "environment"
DEMO = "offline-demo"
OPENAI_ADDRESS = "https://api.openai.com/v1"
OPENAI_MODEL = "gpt-4.1-mini"


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
    shared = Provider.objects.filter(organization=None, enabled=True)
    return shared.filter(name=ENVIRONMENT).first() or shared.filter(name=DEMO).first() or ensure_shared()


def choose(agent: Agent, config: dict[str, Any]) -> tuple[Provider, str]:
    """Provider and model of a run: what its config says, else the agent's, else the default."""
    provider = _named(agent, config.get("provider")) or _own(agent) or default()
    own_model = agent.model if provider.pk == agent.provider_id else ""
    return provider, config.get("model") or own_model or provider.default_model


def seen_by(organization_ids: list[Any]) -> list[Provider]:
    """The providers of these organisations and those for all, the enabled ones."""
    return list(
        Provider.objects.filter(enabled=True)
        .filter(Q(organization=None) | Q(organization__in=organization_ids))
        .select_related("health")
        .order_by("name", "id")
    )


def _named(agent: Agent, name: str | None) -> Provider | None:
    if not name:
        return None
    return (
        Provider.objects.filter(enabled=True, name=name)
        .filter(Q(organization=None) | Q(organization_id=agent.organization_id))
        .order_by("organization_id")
        .first()
    )


def _own(agent: Agent) -> Provider | None:
    return agent.provider if agent.provider and agent.provider.enabled else None


def record_health(provider_id: Any, *, available: bool, detail: str, latency_ms: int | None) -> None:
    """Keep what the last look saw."""
    seen = {"available": available, "detail": detail[:300], "latency_ms": latency_ms, "checked_at": clock.now()}
    ProviderHealth.objects.update_or_create(provider_id=provider_id, defaults=seen)
