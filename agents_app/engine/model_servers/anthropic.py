"""Anthropic's Messages API."""

import anthropic
from anthropic import AsyncAnthropic
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from agents_app.engine import clients
from agents_app.engine.model_servers import failures_of
from agents_app.models import Provider
from agents_app.services import providers

FAILURES = failures_of(anthropic, all=anthropic.AnthropicError)


def client(provider: Provider) -> AsyncAnthropic:
    # The SDK says /v1 itself; people write it, as they do for the others.
    address = (provider.base_url or providers.ANTHROPIC_ADDRESS).rstrip("/").removesuffix("/v1")
    return clients.shared(AsyncAnthropic, anthropic.DefaultAsyncHttpxClient, address, clients.key_of(provider))


def model(provider: Provider, name: str) -> Model:
    return AnthropicModel(name, provider=AnthropicProvider(anthropic_client=client(provider)))


async def listed(provider: Provider, most: int, seconds: float) -> set[str]:
    theirs = await client(provider).models.list(limit=most, timeout=seconds)
    return {each.id for each in theirs.data or []}
