"""Who may come in by the socket's door: the right page or a program, with a ticket or a header."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework_simplejwt.tokens import AccessToken

from sessions_app import actors
from sessions_app.actors import Actor
from sessions_app.api import authentication
from sessions_app.errors import Refused
from sessions_app.events import standing
from sessions_app.services import accounts


class Pass(NamedTuple):
    actor: Actor
    # What must still be true of the actor later on.
    proof: str
    expires: datetime | None


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def welcome_from(headers: Mapping[str, str]) -> bool:
    """A page of ours, or a program that shows its credentials on the upgrade and so is no page at all."""
    origin = headers.get("origin")
    if origin is None:
        return "authorization" in headers
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    parts = urlsplit(origin)
    host, _ = split_domain_port(parts.netloc)
    return parts.scheme in ("http", "https") and bool(host) and validate_host(host, settings.ALLOWED_HOSTS)


def by_headers_or_ticket(headers: Mapping[str, str], ticket: str | None) -> Pass:
    if ticket is not None:
        return by_ticket(ticket)
    return _pass(*_known(authentication.actor_from_headers(headers)))


def by_ticket_or_token(ticket: str | None, token: str | None) -> Pass:
    """A fresh pass for a socket that is open; it must be the same caller's."""
    if ticket is not None:
        return by_ticket(ticket)
    return _pass(*_known(authentication.actor_from_headers({"authorization": f"Bearer {token}"} if token else {})))


def by_ticket(ticket: str) -> Pass:
    """A ticket is as good as the token it could have been: a browser's socket shows a new one as often."""
    shown = accounts.redeem_ticket(ticket)
    return _pass(actors.person(shown.user, sign_in=shown.sign_in), timezone.now() + AccessToken.lifetime)


def _known(found: tuple[Actor, datetime | None] | None) -> tuple[Actor, datetime | None]:
    if found is None:
        raise Refused("NOT_AUTHENTICATED", _("Show a ticket, or an Authorization header on the upgrade."))
    return found


def _pass(actor: Actor, expires: datetime | None) -> Pass:
    return Pass(actor, standing.proof_of(actor), expires)
