"""Who is calling: a Bearer token, an API key, or the browser's session with CSRF."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request
from rest_framework_simplejwt.tokens import AccessToken

from sessions_app import actors, sign_ins
from sessions_app.actors import Actor
from sessions_app.errors import Refused
from sessions_app.models import ApiKey, User
from sessions_app.services import accounts


@dataclass(frozen=True)
class Program:
    """What stands in `request.user` when a program calls with a key."""

    key: ApiKey
    is_authenticated: bool = True
    is_active: bool = True
    is_staff: bool = False
    is_superuser: bool = False
    pk: None = None

    def __str__(self) -> str:
        return self.key.name


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        token = _credential(request.headers.get("Authorization", ""), "bearer")
        return accounts.access_of(token) if token is not None else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Program, ApiKey] | None:
        secret = _credential(request.headers.get("Authorization", ""), "api-key")
        if secret is None:
            return None
        key = accounts.key_for(secret)
        return Program(key), key


class BrowserAuthentication(SessionAuthentication):
    """The session of a signed-in browser; what changes something needs the CSRF token, as a header."""

    def enforce_csrf(self, request: Request) -> None:
        """Only of a POST would the check look for the token in a form, and read a file before it is known whose."""
        asked = copy(request._request)
        asked.method = "PUT" if asked.method == "POST" else asked.method
        super().enforce_csrf(asked)  # type: ignore[arg-type]  # Django's own request will do


def actor_of(request: Request) -> Actor:
    """The caller of an authenticated request, as every service takes it."""
    if isinstance(request.user, Program):
        return actors.program(request.user.key)
    assert isinstance(request.user, User)
    if isinstance(request.auth, AccessToken):
        return _bearer(request.user, request.auth)
    return actors.person(request.user, sign_in=sign_ins.by_browser(request._request.session.session_key))


def actor_from_headers(headers: Mapping[str, str]) -> tuple[Actor, datetime | None] | None:
    """The caller of a socket's upgrade by its Authorization header, and when that ends; None without the header."""
    header = headers.get("authorization", headers.get("Authorization", ""))
    if (token := _credential(header, "bearer")) is not None:
        actor = _bearer(*accounts.access_of(token))
        return actor, actor.until
    if (secret := _credential(header, "api-key")) is not None:
        key = accounts.key_for(secret)
        return actors.program(key), key.expires_at
    return None


def caller_of(actor: Actor) -> str:
    """The name under which a caller's idempotency keys are kept."""
    return actor.id if actor.key else f"user:{actor.id}"


def _bearer(user: User, token: AccessToken) -> Actor:
    return actors.person(user, sign_in=sign_ins.by_token(token), until=datetime.fromtimestamp(token["exp"], UTC))


def _credential(header: str, scheme: str) -> str | None:
    """What follows the scheme; none when the header is not of this scheme."""
    given, _space, credential = header.strip().partition(" ")
    if given.lower() != scheme:
        return None
    if not credential.strip():
        raise Refused("NOT_AUTHENTICATED", _("The Authorization header holds no credential."))
    return credential.strip()
