"""Signing in, and what ends a sign-in."""

import pytest
from django.test import Client

from tests.factories import PASSWORD, user

pytestmark = pytest.mark.django_db


def sign_in(client: Client, username: str, password: str = PASSWORD):
    return client.post("/api/v1/auth/token", {"username": username, "password": password}, "application/json")


def test_a_right_password_gives_tokens_that_open_the_api(client: Client) -> None:
    somebody = user("casey", name="Casey")
    tokens = sign_in(client, "casey").json()
    assert tokens["expires_in"] == 900
    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {tokens['access']}"}).json()
    assert me["id"] == str(somebody.pk)
    assert [(one["slug"], one["role"]) for one in me["organizations"]] == [("demo", "responder")]
