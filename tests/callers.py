"""People and programs as the API sees them: JSON in, JSON out, signed in or with a key."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from sessions_app.models import Organization, User
from sessions_app.services import accounts
from tests import documented


class DocumentedClient(Client):
    """Every answer of the API must be one that its documentation names."""

    def request(self, **request: Any) -> Any:
        answer = super().request(**request)
        documented.check(request["REQUEST_METHOD"], request["PATH_INFO"], answer)
        return answer


class Caller:
    def __init__(self, authorization: str = "") -> None:
        self.client = DocumentedClient(
            headers={"Authorization": authorization} if authorization else {}, raise_request_exception=False
        )

    def get(self, path: str, **parameters: Any) -> HttpResponse:
        return self.client.get(f"/api/v1/{path}", parameters)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/api/v1/{path}", body or {}, "application/json", headers=named)

    def patch(self, path: str, body: Any) -> HttpResponse:
        return self.client.patch(f"/api/v1/{path}", body, "application/json")

    def delete(self, path: str) -> HttpResponse:
        return self.client.delete(f"/api/v1/{path}")


def person(user: User) -> Caller:
    return Caller(f"Bearer {accounts.sign_in(user=user).access}")


def program(organization: Organization, *scopes: str) -> Caller:
    _, secret = accounts.issue_key(organization=organization, name="A program", scopes=scopes, by=None)
    return Caller(f"Api-Key {secret}")
