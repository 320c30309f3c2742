"""Each request has a name that its answer and its log lines carry."""

import json
import logging

import pytest
import structlog
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from chatsite import observability

pytestmark = pytest.mark.once


def answer_to(offered: str | None) -> HttpResponse:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(structlog.contextvars.get_contextvars()["request_id"])

    headers = {} if offered is None else {"X-Request-ID": offered}
    return observability.RequestIdMiddleware(view)(RequestFactory().get("/", headers=headers))


def test_a_sane_request_id_of_the_caller_is_kept() -> None:
    answer = answer_to("trace-0123456789")
    assert answer["X-Request-ID"] == answer.content.decode() == "trace-0123456789"


@pytest.mark.parametrize("offered", [None, "", "short", "x" * 65, "with space inside", "id\u2028line"])
def test_any_other_request_gets_an_id_of_ours(offered: str | None) -> None:
    answer = answer_to(offered)
    assert answer["X-Request-ID"] == answer.content.decode() != offered
    assert observability.SANE_REQUEST_ID.fullmatch(answer["X-Request-ID"])


async def test_requests_at_the_same_time_keep_their_own_ids() -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(structlog.contextvars.get_contextvars()["request_id"])

    middleware = observability.RequestIdMiddleware(view)
    for name in ("request-one", "request-two"):
        answer = await middleware(RequestFactory().get("/", headers={"X-Request-ID": name}))
        assert answer.content.decode() == name
    assert "request_id" not in structlog.contextvars.get_contextvars()


@pytest.fixture
def formatted() -> logging.Formatter:
    handler = next(one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler)
    assert handler.formatter is not None
    return handler.formatter


def test_a_log_line_is_json_with_the_request_in_it(formatted: logging.Formatter) -> None:
    record = logging.LogRecord("sessions_app", logging.WARNING, __file__, 1, "Took %d ms", (900,), None)
    with structlog.contextvars.bound_contextvars(request_id="trace-0123456789"):
        line = json.loads(formatted.format(record))
    assert (line["event"], line["level"], line["request_id"]) == ("Took 900 ms", "warning", "trace-0123456789")


def test_the_key_of_a_block_list_stays_out_of_the_logs(formatted: logging.Formatter) -> None:
    message = "Internal Server Error: /api/v1/blocklists/Zx9-secret.txt"
    record = logging.LogRecord("django.request", logging.ERROR, __file__, 1, message, (), None)
    assert "Zx9-secret" not in formatted.format(record)
