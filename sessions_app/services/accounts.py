"""Passes of people and programs: sign-ins (JWT), tickets for the socket, API keys. Secrets are stored as hashes."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from django.db import transaction
from django.db.models import Exists
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token
from rest_framework_simplejwt.utils import get_md5_hash_password

from sessions_app import actors
from sessions_app.errors import Refused
from sessions_app.models import ApiKey, Membership, Organization, User, WsTicket
from sessions_app.models.base import uuid7
from sessions_app.services import audit
from sessions_app.sign_ins import FAMILY

TICKET_LIFE = timedelta(seconds=30)
KEY_USE_NOTED_EVERY = timedelta(minutes=1)


class Pass(NamedTuple):
    """What a sign-in or a refresh gives."""

    access: str
    refresh: str
    expires_in: int


class Ticket(NamedTuple):
    token: str
    expires_at: datetime


# --- Sign-ins ---------------------------------------------------------------------------------------------------------
class _Refresh(RefreshToken):
    """A refresh token whose use is counted by the transaction that uses it, not when it is read."""

    def check_blacklist(self) -> None:
        pass


def sign_in(*, user: User) -> Pass:
    """Start a family of tokens for somebody whose password was just checked."""
    refresh = _Refresh.for_user(user)
    refresh[FAMILY] = str(uuid7())
    return _pass(refresh)


def renew(*, refresh: str) -> Pass:
    """Change a refresh token for a new pair; each works once.

    Who brings one a second time, or the one who brought it first, has stolen it, and nobody can tell which: the whole
    sign-in ends (RFC 9700, section 4.14.2).
    """
    token = _read(refresh)
    with transaction.atomic():
        holder = holder_of(token)
        if _blacklist(token):
            return _next(token)
        _end(token)
        note(holder, "sign_in.reused")
    raise _invalid()


@transaction.atomic
def sign_out(*, refresh: str) -> None:
    """End a sign-in: its refresh token, its access tokens, and tickets not yet used."""
    token = _read(refresh)
    _blacklist(token)
    _end(token)


def note(user: User, action: str) -> None:
    """Write into the trail of each organisation of a person what happened to their sign-in; last in the transaction."""
    homes = Membership.objects.filter(user=user, active=True).order_by("organization")
    for home in homes.values_list("organization", flat=True):
        audit.append(organization_id=home, actor=actors.person(user), action=action, thing=user, detail={})


def _next(token: _Refresh) -> Pass:
    token.set_jti()
    token.set_exp()
    token.set_iat()
    token.outstand()
    return _pass(token)


def _end(token: _Refresh) -> None:
    """Void every token of the sign-in, also those that others hold."""
    ended, _ = OutstandingToken.objects.get_or_create(
        jti=token[FAMILY], defaults={"user_id": token["user_id"], "expires_at": timezone.now() + token.lifetime}
    )
    BlacklistedToken.objects.get_or_create(token=ended)
    WsTicket.objects.filter(user_id=token["user_id"]).delete()


def holder_of(token: Token) -> User:
    """The person a valid token stands for, unless the account, the password or the sign-in has ended."""
    ended = BlacklistedToken.objects.filter(token__jti=token.get(FAMILY))
    user = User.objects.filter(~Exists(ended), pk=token.get("user_id"), is_active=True).first()
    if user is None or not hmac.compare_digest(str(token.get("hash_password")), get_md5_hash_password(user.password)):
        raise _invalid()
    return user


def access_of(text: str) -> tuple[User, AccessToken]:
    try:
        token = AccessToken(cast(Any, text))  # the stubs want a token in place of its text
    except TokenError as error:
        raise _invalid() from error
    return holder_of(token), token


# --- Tickets for the socket -------------------------------------------------------------------------------------------
def issue_ticket(*, user: User, auth_hash: str, sign_in: str = "") -> Ticket:
    """Give a signed-in person a pass for one socket; `auth_hash` is the session hash a new password changes."""
    token, expires_at = secrets.token_urlsafe(32), timezone.now() + TICKET_LIFE
    WsTicket.objects.create(
        token_hash=_hash(token), user=user, auth_hash=auth_hash, sign_in=sign_in, expires_at=expires_at
    )
    return Ticket(token, expires_at)


def redeem_ticket(token: str) -> WsTicket:
    """Use a ticket up. Of two that bring the same one, the delete lets one through."""
    ticket = WsTicket.objects.select_related("user").filter(token_hash=_hash(token)).first()
    used, _by_table = WsTicket.objects.filter(token_hash=_hash(token), expires_at__gt=timezone.now()).delete()
    if ticket is None or not used or not ticket.user.is_active:
        raise Refused("NOT_AUTHENTICATED", _("This ticket is not valid any more; get a new one."))
    if not hmac.compare_digest(ticket.auth_hash, ticket.user.get_session_auth_hash()):
        raise Refused("NOT_AUTHENTICATED", _("This ticket is not valid any more; sign in again."))
    return ticket


def void_tickets(*, user: User) -> None:
    WsTicket.objects.filter(user=user).delete()


# --- Keys of programs -------------------------------------------------------------------------------------------------
def issue_key(
    *, organization: Organization, name: str, scopes: Iterable[str], expires_at: datetime | None = None, by: User | None
) -> tuple[ApiKey, str]:
    """Make a key; the secret is given here and never again."""
    key = ApiKey(organization=organization, name=name, scopes=list(scopes), expires_at=expires_at)
    return key, fill_key(key, by=by)


def fill_key(key: ApiKey, *, by: User | None) -> str:
    """Give a new row its secret, and save it."""
    key.prefix = secrets.token_hex(5)
    secret = f"wr_{key.prefix}_{secrets.token_urlsafe(32)}"
    key.secret_hash, key.created_by = _hash(secret), by
    key.save(force_insert=True)
    return secret


def key_for(secret: str) -> ApiKey:
    """Find the live key of a secret; an unknown, expired and revoked one are refused alike."""
    now = timezone.now()
    prefix = [*secret.split("_", 2), "", ""][1]
    key = ApiKey.objects.live(now).select_related("organization").filter(prefix=prefix).first()
    if not hmac.compare_digest(key.secret_hash if key else _hash(""), _hash(secret)) or key is None:
        raise Refused("NOT_AUTHENTICATED", _("This API key is not valid."))
    # Not at every request: reading must not wait for the database's one writer.
    if key.last_used_at is None or now - key.last_used_at > KEY_USE_NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def forget(*, now: datetime) -> None:
    """Drop tokens and tickets that have run out by themselves; called from time to time."""
    OutstandingToken.objects.filter(expires_at__lt=now).delete()
    WsTicket.objects.filter(expires_at__lt=now).delete()


def _blacklist(token: _Refresh) -> bool:
    """Use a refresh token up; false when somebody has before."""
    _, first = cast("tuple[BlacklistedToken, bool]", token.blacklist())
    return first


def _read(refresh: str) -> _Refresh:
    try:
        return _Refresh(cast(Any, refresh))
    except TokenError as error:
        raise _invalid() from error


def _pass(refresh: RefreshToken) -> Pass:
    access = refresh.access_token
    return Pass(str(access), str(refresh), int(access.lifetime.total_seconds()))


def _invalid() -> Refused:
    return Refused("NOT_AUTHENTICATED", _("This sign-in is not valid any more; sign in again."))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
