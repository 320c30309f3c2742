"""From a provider's row to a pydantic-ai model."""

from dataclasses import dataclass
from typing import Any

from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings

from agents_app.engine import demo_model, model_servers
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


def load(provider: Provider) -> None:
    """Import what speaks to the provider's server, here in a thread, so that `build` need not on the loop."""
    if provider.kind != Provider.Kind.DEMO:
        model_servers.of(provider)


def build(chosen: Chosen) -> Resolved:
    """Make the model, on the loop that will use it."""
    provider, name = chosen.provider, chosen.model
    demo = provider.kind == Provider.Kind.DEMO
    model = demo_model.model() if demo else model_servers.of(provider).model(provider, name)
    return Resolved(model, provider, name, _settings(chosen.config), chosen)


def _settings(config: dict[str, Any]) -> ModelSettings:
    chosen = ModelSettings()
    if (temperature := config.get("temperature")) is not None:
        chosen["temperature"] = temperature
    if (top_p := config.get("top_p")) is not None:
        chosen["top_p"] = top_p
    if (max_tokens := config.get("max_tokens")) is not None:
        chosen["max_tokens"] = max_tokens
    return chosen
