"""From a provider's row to a pydantic-ai model."""

import asyncio
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from openai import AsyncOpenAI
from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings

from agents_app.engine import demo_model
from agents_app.models import Provider
from agents_app.models.providers import KEY_SETTINGS
from agents_app.services import providers
from agents_app.services.configuring import Chosen
from sessions_app.errors import Refused

OPENAI_KINDS = (Provider.Kind.OPENAI, Provider.Kind.OPENAI_COMPATIBLE)


@dataclass(frozen=True)
class Resolved:
    model: Model
    provider: Provider
    name: str
    settings: ModelSettings
    chosen: Chosen

    @property
    def demo(self) -> bool:
        return self.provider.kind == Provider.Kind.DEMO


def build(chosen: Chosen) -> Resolved:
    """Make the model, on the loop that will use it."""
    provider, name = chosen.provider, chosen.model
    return Resolved(_model(provider, name), provider, name, _settings(chosen.config), chosen)


def client(provider: Provider) -> AsyncOpenAI:
    """The connections to an OpenAI-compatible server, shared by all runs of this loop. Retries are ours, not its."""
    of_loop = _clients.setdefault(asyncio.get_running_loop(), {})
    address, key = provider.base_url or providers.OPENAI_ADDRESS, _key(provider)
    if (address, key) not in of_loop:
        of_loop[address, key] = AsyncOpenAI(base_url=address, api_key=key or "none-needed", max_retries=0)
    return of_loop[address, key]


async def close() -> None:
    """Close this loop's connections."""
    for each in _clients.pop(asyncio.get_running_loop(), {}).values():
        await each.close()


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], AsyncOpenAI]] = WeakKeyDictionary()


def _model(provider: Provider, name: str) -> Model:
    if provider.kind == Provider.Kind.DEMO:
        return demo_model.model()
    if provider.kind not in OPENAI_KINDS:
        raise Refused("AGENT_CONFIG_ERROR", f"Providers of kind {provider.kind} can't be used yet.")
    # `max_completion_tokens` is unknown to most compatible servers. A stream without a finish reason was cut off.
    profile = OpenAIModelProfile(
        openai_chat_supports_max_completion_tokens=provider.kind == Provider.Kind.OPENAI,
        openai_chat_streaming_requires_finish_reason=True,
    )
    return OpenAIChatModel(name, provider=OpenAIProvider(openai_client=client(provider)), profile=profile)


def _key(provider: Provider) -> str:
    """The installation's key goes to the installation's address only, whatever an organisation writes in its row."""
    ours = provider.organization_id is None or provider.base_url in ("", settings.OPENAI_BASE_URL)
    if provider.key_variable not in KEY_SETTINGS or not ours:
        return ""
    return str(getattr(settings, provider.key_variable))


def _settings(config: dict[str, Any]) -> ModelSettings:
    chosen = ModelSettings()
    if (temperature := config.get("temperature")) is not None:
        chosen["temperature"] = temperature
    if (top_p := config.get("top_p")) is not None:
        chosen["top_p"] = top_p
    if (max_tokens := config.get("max_tokens")) is not None:
        chosen["max_tokens"] = max_tokens
    return chosen
