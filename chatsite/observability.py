"""Logs that carry the request they belong to: lines for a person at a terminal, JSON for whatever collects them."""

import logging.config
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware
from structlog.typing import EventDict, Processor
from uuid_utils import uuid7

from sessions_app.masking import mask

SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# The address of a block list is its key: whoever reads a log must not be able to read the feed.
KEYS_IN_ADDRESSES = re.compile(r"(?<=/blocklists/)[^/\s]+(?=\.txt)")

# What an operator does not want to read: a line an access, each refused password twice, each bad Host header.
QUIET = {
    "asyncio": "WARNING",
    "axes": "ERROR",
    "daphne": "ERROR",
    "django": "WARNING",
    "django.request": "ERROR",
    "django.security.DisallowedHost": "CRITICAL",
    "httpcore2": "WARNING",
    "httpx2": "WARNING",
    "openai": "WARNING",
    "twisted": "WARNING",
    "uvicorn": "WARNING",
}


@sync_and_async_middleware
def RequestIdMiddleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Name each request, by the caller's X-Request-ID where it is sane; answer and log lines carry the name."""

    def named(request: HttpRequest) -> str:
        offered = request.headers.get("X-Request-ID", "")
        name = offered if SANE_REQUEST_ID.fullmatch(offered) else str(uuid7())
        request.request_id = name  # type: ignore[attr-defined]
        return name

    async def answer_async(request: HttpRequest) -> HttpResponse:
        with structlog.contextvars.bound_contextvars(request_id=named(request)):
            response = await cast(Awaitable[HttpResponse], get_response(request))
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response

    def answer(request: HttpRequest) -> HttpResponse:
        with structlog.contextvars.bound_contextvars(request_id=named(request)):
            response = cast(HttpResponse, get_response(request))
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response

    if iscoroutinefunction(get_response):
        return markcoroutinefunction(answer_async)
    return answer


def configure(wanted: dict[str, Any]) -> None:
    """Send structlog and the standard library's logging through one formatter to stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _without_keys,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(), _without_secrets],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"lines": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
            "root": {"handlers": ["stderr"], "level": wanted["level"]},
            "loggers": {name: {"level": level} for name, level in QUIET.items()},
        }
    )


def _rendering() -> list[Processor]:
    if sys.stderr.isatty():
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def _without_keys(logger: Any, method: str, event: EventDict) -> EventDict:
    if isinstance(event.get("event"), str):
        event["event"] = KEYS_IN_ADDRESSES.sub("...", event["event"])
    return event


def _without_secrets(logger: Any, method: str, line: str) -> str:
    """The last step, so that a traceback's words are looked at too."""
    return mask(line)
