"""The kinds of model servers, one module each.

Each is imported when one of its kind is first needed: the SDKs take seconds to import, which every start would wait
for, and tens of megabytes to keep; the demo model needs none of them.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from pydantic_ai.models import Model

from agents_app.models import Provider


@dataclass(frozen=True)
class Failures:
    """What an SDK raises, by what it means."""

    all: type[Exception]
    timed_out: type[Exception]
    unreachable: type[Exception]
    unauthorised: tuple[type[Exception], ...]
    status: type[Exception]


def failures_of(sdk: Any, *, all: type[Exception]) -> Failures:
    """Both SDKs are made by one generator, and name all but their root alike."""
    return Failures(
        all=all,
        timed_out=sdk.APITimeoutError,
        unreachable=sdk.APIConnectionError,
        unauthorised=(sdk.AuthenticationError, sdk.PermissionDeniedError),
        status=sdk.APIStatusError,
    )


class ModelServer(Protocol):
    """What is to be had from a server of one kind; on the loop that uses it."""

    @property
    def FAILURES(self) -> Failures: ...

    def model(self, provider: Provider, name: str) -> Model: ...

    async def listed(self, provider: Provider, most: int, seconds: float) -> set[str]:
        """The names of the models that the server has."""


def of(provider: Provider) -> ModelServer:
    """Its kind's module. Blocks while that is imported: on a loop only where a thread has asked for it before."""
    if provider.kind == Provider.Kind.ANTHROPIC:
        from agents_app.engine.model_servers import anthropic

        return anthropic
    from agents_app.engine.model_servers import openai

    return openai
