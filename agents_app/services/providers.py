"""Where models come from: what the environment names, what an organisation chose, and how each was last seen."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import Q

from agents_app import clock, sealing
from agents_app.models import DefaultModel, Provider, ProviderHealth
from sessions_app.masking import own
from sessions_app.models import Organization

ENVIRONMENT = "environment"
ANTHROPIC = "anthropic"
DEMO = "offline-demo"
OPENAI_ADDRESS = "https://api.openai.com/v1"
OPENAI_MODEL = "gpt-4.1-mini"
ANTHROPIC_ADDRESS = "https://api.anthropic.com"
ANTHROPIC_MODEL = "claude-sonnet-4-5"
# What may stand before the colon of WARROOM_MODEL. Model names have colons too, so any other word is part of the name.
NAMED = {
    "openai": ENVIRONMENT, "openai-compatible": ENVIRONMENT, ENVIRONMENT: ENVIRONMENT, "anthropic": ANTHROPIC,
    "demo": DEMO, DEMO: DEMO,
}  # fmt: skip
MOST_LOOKED_AT = 20


@dataclass(frozen=True)
class Seen:
    """What a look at a provider's server saw; `authorised` and `model_present` are None where nobody could tell."""

    available: bool
    detail: str
    latency_ms: int | None = None
    reached: bool = True
    authorised: bool | None = None
    model_present: bool | None = None
    listed: list[str] = field(default_factory=list)


def ensure_shared() -> Provider:
    """Write the providers that the environment names, for all organisations; answers the default one."""
    _share(DEMO, Provider.Kind.DEMO, DEMO, model_type=Provider.ModelType.LOCAL)
    named, model = _wanted()
    _share(
        ENVIRONMENT,
        Provider.Kind.OPENAI_COMPATIBLE if settings.OPENAI_BASE_URL else Provider.Kind.OPENAI,
        model if named == ENVIRONMENT and model else OPENAI_MODEL,
        base_url=settings.OPENAI_BASE_URL,
        key_variable="OPENAI_API_KEY",
        enabled=bool(settings.OPENAI_BASE_URL or settings.OPENAI_API_KEY),
    )
    _share(
        ANTHROPIC,
        Provider.Kind.ANTHROPIC,
        model if named == ANTHROPIC and model else ANTHROPIC_MODEL,
        base_url=settings.ANTHROPIC_BASE_URL,
        key_variable="ANTHROPIC_API_KEY",
        enabled=bool(settings.ANTHROPIC_BASE_URL or settings.ANTHROPIC_API_KEY),
    )
    return default()


def default() -> Provider:
    """The provider of agents that name none: the one WARROOM_MODEL means, else a real one, else the offline demo."""
    shared = Provider.objects.filter(organization=None, enabled=True, name__in=(ENVIRONMENT, ANTHROPIC, DEMO))
    there = {row.name: row for row in shared.select_related("health")}
    found = next((there[name] for name in (_wanted()[0], ENVIRONMENT, ANTHROPIC, DEMO) if name in there), None)
    return found or ensure_shared()


def default_of(organization_id: Any) -> DefaultModel | None:
    """What an organisation has chosen for all of its agents."""
    chosen = DefaultModel.objects.filter(organization=organization_id, provider__enabled=True)
    return chosen.select_related("provider__health").first()


def set_key(provider: Provider, key: str) -> None:
    """Keep a key of the provider's own, sealed; none takes it away."""
    provider.sealed_key = sealing.seal(key) if key else ""
    provider.save(update_fields=["sealed_key"])


def secrets_of(organization: Organization) -> dict[str, str]:
    """What is masked wherever it stands: the keys that are sealed here and for all, of disabled providers too."""
    theirs = Provider.objects.filter(Q(organization=None) | Q(organization=organization)).exclude(sealed_key="")
    opened = map(_opened, theirs.values_list("sealed_key", flat=True))
    return {key: "provider key" for key in opened if len(key) >= own.SHORTEST}


def seen_by(organization_ids: list[Any]) -> list[Provider]:
    """The providers of these organisations and those for all, the enabled ones."""
    return list(
        Provider.objects.filter(enabled=True)
        .filter(Q(organization=None) | Q(organization__in=organization_ids))
        .select_related("health")
        .order_by("name", "id")
    )


def record_health(provider_id: Any, seen: Seen) -> None:
    """Keep what the last look saw; what a server listed stays known while it is away, and its last error while not."""
    now = clock.now()
    told = {"available": seen.available, "detail": seen.detail[:300], "latency_ms": seen.latency_ms,
            "reached": seen.reached, "authorised": seen.authorised, "model_present": seen.model_present,
            "checked_at": now}  # fmt: skip
    if seen.listed:
        told["listed"] = seen.listed
    if not seen.available:
        told |= {"last_error": seen.detail[:300], "last_error_at": now}
    ProviderHealth.objects.update_or_create(provider_id=provider_id, defaults=told)


def note_error(provider_id: Any, words: str) -> None:
    """What the last request to a model ended in, for whoever looks after the provider."""
    ProviderHealth.objects.filter(provider=provider_id).update(last_error=words[:300], last_error_at=clock.now())


def not_looked_at_since(when: datetime) -> list[Provider]:
    """The enabled providers with a server whose last look is older than this."""
    served = Provider.objects.filter(enabled=True).exclude(kind=Provider.Kind.DEMO)
    return list(served.filter(Q(health=None) | Q(health__checked_at__lt=when)).order_by("id")[:MOST_LOOKED_AT])


# --- Steps ------------------------------------------------------------------------------------------------------------
def _wanted() -> tuple[str, str]:
    """The provider and the model that WARROOM_MODEL means; of a plain name, whoever is there for such models."""
    prefix, colon, rest = settings.WARROOM_MODEL.partition(":")
    if colon and prefix in NAMED:
        return NAMED[prefix], rest
    theirs = settings.WARROOM_MODEL.startswith("claude") and not settings.OPENAI_BASE_URL
    return (ANTHROPIC if theirs else ENVIRONMENT if settings.WARROOM_MODEL else ""), settings.WARROOM_MODEL


def _share(name: str, kind: str, model: str, **fields: Any) -> None:
    told = {"kind": kind, "default_model": model, "offered": [{"name": model}], **fields}
    Provider.objects.update_or_create(organization=None, name=name, defaults=told)


@lru_cache(maxsize=1000)
def _opened(sealed: str) -> str:
    """Once in a process: each reply asks. What another SECRET_KEY sealed can't be known, nor said by anybody here."""
    try:
        return sealing.unseal(sealed)
    except sealing.Unreadable:
        return ""
