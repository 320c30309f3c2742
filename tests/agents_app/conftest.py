"""What the engine's tests stand on: a room, an agent, and a model server that does what the script says."""

from collections.abc import Iterator

import pydantic_ai.models
import pytest

from agents_app.models import Agent, Provider
from sessions_app.models import ChatSession
from tests import factories
from tests.fakes.openai_server import MODEL, FakeOpenAI


@pytest.fixture
def models() -> Iterator[FakeOpenAI]:
    """A model server of this test's own; requests to it are real."""
    with FakeOpenAI() as fake, pydantic_ai.models.override_allow_model_requests(True):
        yield fake


@pytest.fixture
def assistant(transactional_db: None, models: FakeOpenAI) -> Agent:
    """An agent that asks the fake server."""
    provider = Provider.objects.create(
        organization=factories.organization(), name="fake", kind="openai-compatible", base_url=models.url,
        default_model=MODEL, offered=[{"name": MODEL}],
    )  # fmt: skip
    return factories.agent(name="Assistant", provider=provider, model=MODEL, tools=["calculator", "current_time"])


@pytest.fixture
def room(assistant: Agent) -> ChatSession:
    return factories.room(agent=assistant)
