"""The same request twice: once done, twice answered."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from sessions_app.errors import Refused
from sessions_app.models import IdempotencyRecord, Incident
from sessions_app.services import idempotency
from tests.callers import Caller, person
from tests.factories import user

BODY = {"title": "SSH", "severity": "high"}


def declare(caller: Caller, key: str, body: dict[str, Any] = BODY) -> Any:
    return caller.post("incidents", body, Idempotency_Key=key)


@pytest.mark.django_db
def test_a_repeat_gets_the_first_answer_and_does_nothing() -> None:
    caller = person(user())
    first, second = declare(caller, "k1"), declare(caller, "k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert Incident.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_with_another_body_or_path_is_a_mismatch() -> None:
    caller = person(user())
    declare(caller, "k1")
    for answer in (
        declare(caller, "k1", {**BODY, "severity": "low"}),
        caller.post("sessions", BODY, Idempotency_Key="k1"),
    ):
        assert (answer.status_code, answer.json()["error_code"]) == (409, "IDEMPOTENCY_MISMATCH")
    assert Incident.objects.count() == 1


@pytest.mark.django_db
def test_a_key_is_its_callers_own() -> None:
    assert declare(person(user()), "k1").json()["id"] != declare(person(user()), "k1").json()["id"]


@pytest.mark.django_db
def test_a_refused_request_may_be_tried_again_with_its_key() -> None:
    casey = user()
    caller = person(casey)
    casey.memberships.update(role="observer")
    assert declare(caller, "k1").status_code == 403
    casey.memberships.update(role="responder")
    assert declare(caller, "k1").status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_a_key_must_be_short_and_printable(key: str) -> None:
    assert declare(person(user()), key).status_code == 400


@pytest.mark.django_db
def test_old_answers_are_forgotten() -> None:
    declare(person(user()), "k1")
    assert idempotency.forget(before=timezone.now() - timedelta(days=1)) == 0
    assert idempotency.forget(before=timezone.now() + timedelta(seconds=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_acts_and_all_get_its_answer() -> None:
    start, acted, answers = threading.Barrier(8), [], []

    def act() -> dict[str, Any]:
        acted.append(threading.get_ident())
        return {"by": len(acted)}

    def try_it() -> None:
        start.wait(5)
        answers.append(idempotency.once(caller="user:1", key="k", asked={"a": 1}, act=act))
        connection.close()

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert len(acted) == 1
    assert [answer for answer, _ in answers] == [{"by": 1}] * 8
    assert sorted(again for _, again in answers) == [False] + [True] * 7


@pytest.mark.django_db
def test_what_fails_leaves_no_answer() -> None:
    def refuse() -> dict[str, Any]:
        raise Refused("RUN_ACTIVE")

    with pytest.raises(Refused):
        idempotency.once(caller="user:1", key="k", asked={}, act=refuse)
    assert not IdempotencyRecord.objects.exists()
