"""Checking a password at every door, with one lock-out (django-axes) for all of them."""

from datetime import timedelta
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from axes.signals import user_locked_out
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sessions_app.errors import Refused
from sessions_app.models import User
from sessions_app.services import accounts


def check(request: HttpRequest, *, username: str, password: str) -> User:
    """Give the person, or refuse: a wrong password and an unknown name in the same words."""
    user = authenticate(request, username=username, password=password)
    if isinstance(user, User):
        return user
    if getattr(request, "axes_locked_out", False):
        raise locked(request, username)
    raise Refused("NOT_AUTHENTICATED", _("Name or password is wrong."))


def locked(request: HttpRequest, username: str) -> Refused:
    """The refusal of a locked name, which says how long it lasts."""
    wait = _remaining(request, username)
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    words = ngettext(
        "Too many failed sign-ins. Try again in {minutes} minute.",
        "Too many failed sign-ins. Try again in {minutes} minutes.",
        minutes,
    )
    return Refused(
        "ACCOUNT_LOCKED",
        words.format(minutes=minutes),
        details={"retry_after_s": int(wait.total_seconds())},
        retry_after_s=wait.total_seconds(),
    )


@receiver(user_logged_in)
def _signed_in(sender: Any, user: Any, **kwargs: Any) -> None:
    _note(user, "sign_in")


@receiver(user_logged_out)
def _signed_out(sender: Any, user: Any, **kwargs: Any) -> None:
    if isinstance(user, User):
        accounts.void_tickets(user=user)


@receiver(user_locked_out)
def _locked_out(sender: Any, username: str, **kwargs: Any) -> None:
    if user := User.objects.filter(username=username).first():
        _note(user, "sign_in.locked")


@transaction.atomic
def _note(user: User, action: str) -> None:
    accounts.note(user, action)


def _remaining(request: HttpRequest, username: str) -> timedelta:
    AxesProxyHandler.update_request(request)
    newest = (
        AccessAttempt.objects.filter(username=username, ip_address=request.axes_ip_address)  # type: ignore[attr-defined]
        .order_by("-attempt_time")
        .values_list("attempt_time", flat=True)
        .first()
    )
    cool_off: timedelta = settings.AXES_COOLOFF_TIME
    return max(timedelta(seconds=1), (newest + cool_off - timezone.now()) if newest else cool_off)
