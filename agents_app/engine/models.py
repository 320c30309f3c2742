"""From a provider's row to a pydantic-ai model."""

from dataclasses import dataclass
from typing import Any

from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings

from agents_app.engine import clients, demo_model
from agents_app.models import Provider
from agents_app.services.configuring import Chosen


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


def _model(provider: Provider, name: str) -> Model:
    match provider.kind:
        case Provider.Kind.DEMO:
            return demo_model.model()
        case Provider.Kind.ANTHROPIC:
            return AnthropicModel(name, provider=AnthropicProvider(anthropic_client=clients.anthropic_client(provider)))
        case _:
            return _openai_model(provider, name)


def _openai_model(provider: Provider, name: str) -> Model:
    # `max_completion_tokens` is unknown to most compatible servers. A stream without a finish reason was cut off.
    profile = OpenAIModelProfile(
        openai_chat_supports_max_completion_tokens=provider.kind == Provider.Kind.OPENAI,
        openai_chat_streaming_requires_finish_reason=True,
    )
    served = OpenAIProvider(openai_client=clients.openai_client(provider))
    return OpenAIChatModel(name, provider=served, profile=profile)


def _settings(config: dict[str, Any]) -> ModelSettings:
    chosen = ModelSettings()
    if (temperature := config.get("temperature")) is not None:
        chosen["temperature"] = temperature
    if (top_p := config.get("top_p")) is not None:
        chosen["top_p"] = top_p
    if (max_tokens := config.get("max_tokens")) is not None:
        chosen["max_tokens"] = max_tokens
    return chosen
