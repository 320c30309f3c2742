"""Errors have one shape, wherever they come from, and tell nobody what they should not."""

from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.test import Client

from sessions_app.errors import ERRORS
from sessions_app.pages import incident_list
from sessions_app.services import incidents
from tests.callers import Caller, person
from tests.factories import user

pytestmark = pytest.mark.django_db
FIELDS = {
    "type", "title", "status", "detail", "error_code", "message", "recoverable", "details", "request_id", "timestamp",
}  # fmt: skip


def check(answer: HttpResponse, status: int, code: str) -> dict[str, Any]:
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert set(told) == FIELDS
    assert (answer.status_code, told["status"], told["error_code"]) == (status, status, code)
    assert told["message"] == told["detail"]
    assert told["recoverable"] == ERRORS[code].recoverable
    assert told["request_id"] == answer["X-Request-ID"]
    return told


@pytest.mark.parametrize("path", ["nothing", "incidents/", "incidents/null", "sessions/null/activate", "incidents/1"])
def test_a_path_that_is_not_there_is_a_problem_for_everybody(path: str) -> None:
    check(Caller().get(path), 404, "NOT_FOUND")
    check(person(user()).get(path), 404, "NOT_FOUND")


def test_a_page_that_is_not_there_is_a_page() -> None:
    answer = Caller().client.get("/nothing/")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


def test_who_is_not_signed_in_is_told_so() -> None:
    check(Caller().get("incidents"), 401, "NOT_AUTHENTICATED")


def test_a_wrong_method_names_the_right_ones() -> None:
    answer = person(user()).client.put("/api/v1/incidents", {}, "application/json")
    check(answer, 405, "METHOD_NOT_ALLOWED")
    assert "POST" in answer["Allow"]


def test_what_we_can_not_speak_is_not_acceptable() -> None:
    check(person(user()).client.get("/api/v1/incidents", headers={"Accept": "text/html"}), 406, "NOT_ACCEPTABLE")


def test_what_we_can_not_read_is_unsupported() -> None:
    answer = person(user()).client.post("/api/v1/incidents", "<a/>", "application/xml")
    check(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "raw",
    [b"{", b"", b"NaN", b'{"title": NaN}', b'{"title": Infinity}', b'{"a": 1e999}', b"\xff\xfe", b'"\xed\xa0\x80"',
     b"[" * 100_000, b"{} {}"],
)  # fmt: skip
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    answer = person(user()).client.post("/api/v1/incidents", raw, "application/json")
    check(answer, 400, "INVALID_REQUEST")


def test_a_body_without_end_is_too_large() -> None:
    answer = person(user()).client.post("/api/v1/incidents", b'"' + b"x" * 1_100_000 + b'"', "application/json")
    check(answer, 413, "PAYLOAD_TOO_LARGE")


def test_a_body_nested_without_end_is_refused_and_spoils_no_list() -> None:
    caller = person(user())
    deep = b'{"a":' * 900 + b"1" + b"}" * 900
    answer = caller.client.post("/api/v1/sessions", b'{"metadata":' + deep + b"}", "application/json")
    check(answer, 400, "INVALID_REQUEST")
    assert caller.get("sessions").json()["data"] == []


def test_a_wrong_field_is_named_and_its_value_is_not_repeated() -> None:
    told = check(
        Caller().post("auth/token", {"username": "casey", "password": {"planted": "secret"}}), 400, "INVALID_REQUEST"
    )
    assert list(told["details"]["fields"]) == ["password"]
    assert "secret" not in str(told)


@pytest.mark.parametrize("error", [OperationalError("database is locked"), InterfaceError("connection already closed")])
def test_a_database_that_is_away_is_a_503_that_says_when_to_try_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> None:
        raise error

    monkeypatch.setattr(incidents, "declare", away)
    answer = person(user()).post("incidents", {"title": "SSH", "severity": "high"})
    told = check(answer, 503, "SERVICE_UNAVAILABLE")
    assert int(answer["Retry-After"]) > 0
    assert str(error) not in str(told)


def test_our_own_fault_tells_the_request_id_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: Any) -> None:
        raise RuntimeError("a planted secret")

    monkeypatch.setattr(incidents, "declare", broken)
    told = check(person(user()).post("incidents", {"title": "SSH", "severity": "high"}), 500, "INTERNAL_ERROR")
    assert "planted" not in str(told)
    assert told["details"] == {}


def test_a_page_says_that_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(incident_list, "page_of", away)
    browser = Client(raise_request_exception=False)
    browser.force_login(user())
    answer = browser.get("/")
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "database is locked" not in answer.content.decode()
