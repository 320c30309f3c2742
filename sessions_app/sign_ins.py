"""The sign-in somebody came by, as a name: sockets and streams end with it, not only the tokens and cookies of it."""

from collections.abc import Set

from django.contrib.sessions.models import Session
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
from rest_framework_simplejwt.tokens import Token

# The sign-in a token stems from: signing out voids all of its tokens, the access token too.
FAMILY = "family"


def by_token(token: Token) -> str:
    return f"token:{token.get(FAMILY)}"


def by_browser(session_key: str | None) -> str:
    return f"browser:{session_key}"


def lasts(sign_in: str) -> bool:
    """Whether nobody has signed out since; what names no sign-in ends in other ways."""
    return sign_in in lasting({sign_in})


def lasting(sign_ins: Set[str]) -> set[str]:
    """Those of them that last; one query a door, however many they are."""
    tokens = {name: each for each in sign_ins if (name := _named("token", each))}
    browsers = {name: each for each in sign_ins if (name := _named("browser", each))}
    ended = set()
    if tokens:
        ended |= set(BlacklistedToken.objects.filter(token__jti__in=tokens).values_list("token__jti", flat=True))
    if browsers:
        live = Session.objects.filter(session_key__in=browsers, expire_date__gt=timezone.now())
        ended |= browsers.keys() - set(live.values_list("session_key", flat=True))
    return {each for each in sign_ins if each.partition(":")[2] not in ended}


def _named(door: str, sign_in: str) -> str:
    there, _, name = sign_in.partition(":")
    return name if there == door else ""
