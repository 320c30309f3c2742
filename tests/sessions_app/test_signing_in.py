"""Signing in, and what ends a sign-in."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.db import connection
from django.http import HttpResponse
from django.test import Client, override_settings
from django.utils import timezone

from sessions_app.api import authentication
from sessions_app.errors import Refused
from sessions_app.models import AuditEntry, User
from sessions_app.services import accounts
from tests.callers import Caller, person
from tests.factories import PASSWORD, organization, user

pytestmark = pytest.mark.django_db


def sign_in(username: str, password: str = PASSWORD, **headers: str) -> HttpResponse:
    return Caller().post("auth/token", {"username": username, "password": password}, **headers)


def renew(refresh: str) -> HttpResponse:
    return Caller().post("auth/token/refresh", {"refresh": refresh})


def knows_me(tokens: dict[str, Any]) -> bool:
    return Caller(f"Bearer {tokens['access']}").get("me").status_code == 200


def test_a_right_password_gives_tokens_that_open_the_api() -> None:
    somebody = user("casey", name="Casey")
    tokens = sign_in("casey").json()
    assert set(tokens) == {"access", "refresh", "expires_in"}
    assert tokens["expires_in"] == 900
    me = Caller(f"Bearer {tokens['access']}").get("me").json()
    assert (me["id"], me["username"], me["name"]) == (str(somebody.pk), "casey", "Casey")
    assert [(one["slug"], one["role"]) for one in me["organizations"]] == [("demo", "responder")]


@pytest.mark.parametrize("username", ["casey", "nobody"])
def test_a_wrong_password_and_an_unknown_name_are_told_in_the_same_words(username: str) -> None:
    user("casey")
    answer = sign_in(username, "wrong")
    assert answer.status_code == 401
    assert answer.json()["error_code"] == "NOT_AUTHENTICATED"
    assert answer.json()["detail"] == "Name or password is wrong."
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("body", [{}, {"username": "casey"}, {"username": "a", "password": "b", "extra": 1}, [1], "x"])
def test_a_sign_in_of_the_wrong_shape_is_refused(body: Any) -> None:
    answer = Caller().client.post("/api/v1/auth/token", body, "application/json")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_REQUEST")


def test_five_wrong_passwords_lock_the_name_and_say_for_how_long() -> None:
    user("casey")
    answers = [sign_in("casey", "wrong") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429]
    locked = sign_in("casey")
    assert (locked.status_code, locked.json()["error_code"]) == (429, "ACCOUNT_LOCKED")
    assert "minutes" in locked.json()["detail"]
    assert 0 < int(locked["Retry-After"]) <= 300
    assert locked.json()["recoverable"] is True


def test_the_sign_in_page_is_locked_together_with_the_api() -> None:
    user("casey")
    browser = Client()
    for _ in range(5):
        sign_in("casey", "wrong")
    page = browser.post("/sign-in/", {"username": "casey", "password": PASSWORD})
    assert page.status_code == 429
    assert page["Retry-After"]
    assert "_auth_user_id" not in browser.session


def test_a_lock_ends_by_itself() -> None:
    user("casey")
    for _ in range(5):
        sign_in("casey", "wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=6))
    assert sign_in("casey").status_code == 200


def test_a_right_password_forgets_the_wrong_ones() -> None:
    user("casey")
    for _ in range(2):
        assert [sign_in("casey", "wrong").status_code for _ in range(4)] == [401] * 4
        assert sign_in("casey").status_code == 200


def test_a_forwarded_address_counts_only_from_our_own_proxy() -> None:
    user("casey")
    for number in range(5):
        sign_in("casey", "wrong", X_Forwarded_For=f"203.0.113.{number}")
    assert sign_in("casey", X_Forwarded_For="203.0.113.99").status_code == 429
    with override_settings(WARROOM_TRUSTED_PROXIES=["127.0.0.0/8"]):
        assert sign_in("casey", X_Forwarded_For="198.51.100.1, 203.0.113.99").status_code == 200
        assert sign_in("casey", X_Forwarded_For="nonsense").status_code == 429


def test_a_refresh_token_works_once_and_one_that_comes_again_ends_its_whole_sign_in() -> None:
    casey = user("casey")
    first, elsewhere = sign_in("casey").json(), sign_in("casey").json()
    second = renew(first["refresh"]).json()
    assert knows_me(second)
    assert second["refresh"] != first["refresh"]
    # A thief, or the owner of what a thief has used: nobody can tell which of them holds the newer one.
    for _ in range(2):
        again = renew(first["refresh"])
        assert (again.status_code, again.json()["error_code"]) == (401, "NOT_AUTHENTICATED")
    assert renew(second["refresh"]).status_code == 401
    assert not knows_me(second)
    assert knows_me(elsewhere)
    assert AuditEntry.objects.filter(action="sign_in.reused", object_id=str(casey.pk)).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_that_renew_with_the_same_token_at_once_one_is_refused() -> None:
    user("casey")
    refresh = sign_in("casey").json()["refresh"]
    start, answers = threading.Barrier(2), []

    def try_it() -> None:
        start.wait(5)
        answers.append(renew(refresh).status_code)
        connection.close()

    threads = [threading.Thread(target=try_it) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert sorted(answers) == [200, 401]


def test_signing_out_ends_the_refresh_token_and_the_access_token() -> None:
    user("casey")
    tokens = sign_in("casey").json()
    newer = renew(tokens["refresh"]).json()
    assert Caller().post("auth/logout", {"refresh": newer["refresh"]}).status_code == 204
    assert renew(newer["refresh"]).status_code == 401
    assert not knows_me(newer)
    assert not knows_me(tokens)


def test_signing_out_ends_one_sign_in_and_not_the_others() -> None:
    user("casey")
    laptop, phone = sign_in("casey").json(), sign_in("casey").json()
    Caller().post("auth/logout", {"refresh": phone["refresh"]})
    assert knows_me(laptop)
    assert renew(laptop["refresh"]).status_code == 200


def test_an_access_token_is_no_refresh_token() -> None:
    user("casey")
    tokens = sign_in("casey").json()
    assert renew(tokens["access"]).status_code == 401
    assert not knows_me({"access": tokens["refresh"]})
    assert Caller().post("auth/logout", {"refresh": "garbage"}).status_code == 401


@pytest.mark.parametrize("ended", ["deactivated", "new password"])
def test_a_deactivation_or_a_new_password_ends_every_sign_in(ended: str) -> None:
    casey = user("casey")
    tokens = sign_in("casey").json()
    if ended == "deactivated":
        casey.is_active = False
    else:
        casey.set_password("another long password")
    casey.save()
    assert not knows_me(tokens)
    assert renew(tokens["refresh"]).status_code == 401


def test_a_deactivated_person_can_not_sign_in() -> None:
    user("casey", is_active=False)
    assert sign_in("casey").status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x.y.z", "Bearer a b", "Basic Y2FzZXk6eA==", "Api-Key nonsense", "x"]
)
def test_what_is_no_credential_opens_nothing(header: str) -> None:
    answer = Caller(header).get("me")
    assert (answer.status_code, answer.json()["error_code"]) == (401, "NOT_AUTHENTICATED")


def test_a_browser_session_opens_the_api_and_needs_csrf_to_change_something() -> None:
    casey = user("casey")
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(casey)
    assert browser.get("/api/v1/me").status_code == 200
    refused = browser.post("/api/v1/ws-tickets", {}, "application/json")
    assert (refused.status_code, refused.json()["error_code"]) == (403, "PERMISSION_DENIED")
    browser.cookies["csrftoken"] = "a" * 32
    assert (
        browser.post("/api/v1/ws-tickets", {}, "application/json", headers={"X-CSRFToken": "a" * 32}).status_code == 201
    )


def test_a_sign_in_is_audited_in_each_organisation_of_the_person() -> None:
    casey = user("casey")
    casey.memberships.create(organization=organization("other"), role="observer")
    sign_in("casey")
    entries = AuditEntry.objects.filter(action="sign_in", actor_id=str(casey.pk))
    assert {entry.organization.slug for entry in entries} == {"demo", "other"}


def test_tokens_that_ran_out_are_forgotten() -> None:
    user("casey")
    sign_in("casey")
    accounts.forget(now=timezone.now() + timedelta(days=8))
    assert not get_user_model().objects.get(username="casey").outstandingtoken_set.exists()


def test_an_end_of_membership_shows_in_me_at_once() -> None:
    casey: User = user("casey")
    caller = person(casey)
    casey.memberships.update(active=False)
    assert caller.get("me").json()["organizations"] == []


def test_a_socket_upgrade_is_signed_in_by_the_same_headers() -> None:
    casey = user("casey")
    tokens = accounts.sign_in(user=casey)
    actor, until = authentication.actor_from_headers({"authorization": f"Bearer {tokens.access}"}) or pytest.fail(
        "nobody"
    )
    assert (actor.user, until is not None and until > timezone.now()) == (casey, True)
    _, secret = accounts.issue_key(organization=organization(), name="Wazuh", scopes=["read"], by=None)
    program, forever = authentication.actor_from_headers({"authorization": f"Api-Key {secret}"}) or pytest.fail(
        "nobody"
    )
    assert (program.name, program.in_person, forever) == ("Wazuh", False, None)
    assert authentication.actor_from_headers({}) is None
    with pytest.raises(Refused):
        authentication.actor_from_headers({"authorization": "Bearer x"})
