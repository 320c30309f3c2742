"""What the engine's tests stand on: a room, an agent, and a model server that does what the script says."""

from collections.abc import AsyncIterator, Iterator

import pydantic_ai.models
import pytest

from agents_app.dispatch.embedded import Runner

# A server imports them when it first needs them; here no first test shall have that in its time.
from agents_app.engine.model_servers import anthropic, openai  # noqa: F401
from agents_app.models import Agent, Provider
from sessions_app.models import ChatSession
from tests import factories
from tests.agents_app.calling import Person
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


@pytest.fixture
def rita(transactional_db: None) -> Person:
    return Person(factories.user("rita", role="responder"))


@pytest.fixture
def olga(transactional_db: None) -> Person:
    return Person(factories.user("olga", role="observer"))


@pytest.fixture
def stranger(transactional_db: None) -> Person:
    return Person(factories.user("otto", role="commander", org=factories.organization("other")))


@pytest.fixture
async def runner(room: ChatSession) -> AsyncIterator[Runner]:
    made = Runner()
    await made.start()
    yield made
    await made.stop()
