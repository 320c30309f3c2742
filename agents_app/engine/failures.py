"""What went wrong at a model, by type and status and never by its words: whether to try again, and how to say it."""

from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelServerError,
    ModelTimeoutError,
    ModelUnavailableError,
)

from sessions_app.errors import Refused

TRANSIENT_STATUSES = frozenset({408, 409, 429})
TIMEOUT_STATUSES = frozenset({408, 504})


class Late(Exception):
    """The model kept us waiting beyond a limit."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(words)


class Cut(Exception):
    """The stream ended before the model had finished."""


class Useless(Exception):
    """The model answered, but with nothing we can use."""

    def __init__(self, code: str, words: str) -> None:
        self.code, self.words = code, words
        super().__init__(words)


Failure = AgentRunError | Late | Cut | Useless
FAILURES = (AgentRunError, Late, Cut, Useless)


def transient(error: Failure) -> bool:
    """Whether the same request may well succeed in a moment."""
    if isinstance(error, Late | Cut):
        return True
    if isinstance(error, ModelQuotaExceededError):
        return False
    if isinstance(error, ModelHTTPError):
        return error.status_code in TRANSIENT_STATUSES or error.status_code >= 500
    return isinstance(error, ModelConnectionError | ModelRateLimitError | ModelUnavailableError | ModelServerError)


def retry_after(error: Failure) -> float | None:
    return error.retry_after if isinstance(error, ModelAPIError) else None


def refusal(error: Failure) -> Refused:
    """The failure as one of our codes, in words for the person who waits for the reply."""
    if isinstance(error, Useless):
        return Refused(error.code, error.words)
    code, words = _code_and_words(error)
    status = {"status": error.status_code} if isinstance(error, ModelHTTPError) else {}
    return Refused(code, words, details=status, retry_after_s=retry_after(error))


def _code_and_words(error: Failure) -> tuple[str, str]:
    status = error.status_code if isinstance(error, ModelHTTPError) else None
    if isinstance(error, Late):
        return "LLM_TIMEOUT", error.words
    if isinstance(error, ModelTimeoutError) or status in TIMEOUT_STATUSES:
        return "LLM_TIMEOUT", "The model did not answer in time."
    if isinstance(error, ModelQuotaExceededError):
        return "LLM_RATE_LIMIT", "The account at the model's provider has used up its quota."
    if isinstance(error, ModelRateLimitError) or status == 429:
        return "LLM_RATE_LIMIT", "The model's provider asks us to slow down."
    if isinstance(error, ModelContextWindowExceededError) or status == 413:
        return "LLM_TOKEN_LIMIT", "The conversation is too long for the model."
    if isinstance(error, ContentFilterError):
        return "LLM_CONTENT_FILTER", "The model's provider refused the content."
    return "LLM_API_ERROR", _api_error(error, status)


def _api_error(error: Failure, status: int | None) -> str:
    if isinstance(error, ModelAuthenticationError):
        return "The model's provider does not accept our key."
    if isinstance(error, ModelNotFoundError):
        return "The model's provider does not have this model."
    if isinstance(error, Cut):
        return "The model's provider broke off in the middle of the reply."
    if isinstance(error, ModelConnectionError):
        return "The model's provider can't be reached."
    if status:
        return f"The model's provider answered with an error ({status})."
    return "The model's provider sent something that is not an answer."
