"""OpenAI, and the many servers that speak as it does."""

import openai
from openai import AsyncOpenAI
from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai import OpenAIProvider

from agents_app.engine import clients
from agents_app.engine.model_servers import failures_of
from agents_app.models import Provider
from agents_app.services import providers

FAILURES = failures_of(openai, all=openai.OpenAIError)


def client(provider: Provider) -> AsyncOpenAI:
    address = provider.base_url or providers.OPENAI_ADDRESS
    return clients.shared(AsyncOpenAI, openai.DefaultAsyncHttpxClient, address, clients.key_of(provider))


def model(provider: Provider, name: str) -> Model:
    # `max_completion_tokens` is unknown to most compatible servers. A stream without a finish reason was cut off.
    profile = OpenAIModelProfile(
        openai_chat_supports_max_completion_tokens=provider.kind == Provider.Kind.OPENAI,
        openai_chat_streaming_requires_finish_reason=True,
    )
    return OpenAIChatModel(name, provider=OpenAIProvider(openai_client=client(provider)), profile=profile)


async def listed(provider: Provider, most: int, seconds: float) -> set[str]:
    """All that it lists in one page; this interface has no bound to ask for."""
    offered = await client(provider).models.list(timeout=seconds)
    return {each.id for each in offered.data or []}
