"""A right that changes here is felt here at once; what other processes change is found by the regular check."""

from functools import partial
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken

from sessions_app.events.hub import hub
from sessions_app.models import ApiKey, Membership, User


@receiver([post_save, post_delete], sender=Membership)
def membership_changed(instance: Membership, **details: Any) -> None:
    _doubt(str(instance.user_id))


@receiver(post_save, sender=User)
def user_changed(instance: User, update_fields: frozenset[str] | None = None, **details: Any) -> None:
    if update_fields != frozenset({"last_login"}):  # a sign-in changes no right
        _doubt(str(instance.pk))


@receiver([post_save, post_delete], sender=ApiKey)
def key_changed(instance: ApiKey, update_fields: frozenset[str] | None = None, **details: Any) -> None:
    if update_fields != frozenset({"last_used_at"}):
        _doubt(f"key:{instance.pk}")


@receiver(post_delete, sender=Session)
def browser_signed_out(instance: Session, **details: Any) -> None:
    if user_id := instance.get_decoded().get(SESSION_KEY):
        _doubt(user_id)


@receiver(post_save, sender=BlacklistedToken)
def token_signed_out(instance: BlacklistedToken, **details: Any) -> None:
    if not instance.token.token:  # the name of a whole sign-in; a used-up refresh token has its text
        _doubt(str(instance.token.user_id))


def _doubt(actor_id: str) -> None:
    transaction.on_commit(partial(hub.doubt, actor_id))
