"""The sign-in somebody came by, as a name: sockets and streams end with it, not only the tokens and cookies of it."""

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
    door, _, name = sign_in.partition(":")
    if door == "token":
        return not BlacklistedToken.objects.filter(token__jti=name).exists()
    return door != "browser" or Session.objects.filter(session_key=name, expire_date__gt=timezone.now()).exists()
