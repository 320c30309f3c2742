"""Whether somebody who holds a socket open is still who they were, and may still see what they follow."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils import timezone

from sessions_app import actors, permissions, sign_ins
from sessions_app.actors import Actor
from sessions_app.errors import NotFound
from sessions_app.models import ApiKey, ChatSession, Participant, User


@dataclass(frozen=True)
class Standing:
    """`actor` is nobody after a sign-out, a deactivation, a new password or a revoked key."""

    actor: Actor | None
    member: bool
    rooms: frozenset[str]


@dataclass(frozen=True)
class Place:
    """The epoch and head of a session, and whether who asks has come into it before."""

    epoch: str
    head: int
    entered: bool


def proof_of(actor: Actor) -> str:
    """What changes with the password; empty for a key, which has a row of its own to ask."""
    return actor.user.get_session_auth_hash() if actor.in_person and actor.user else ""


def standing(actor: Actor, proof: str, rooms: Iterable[str]) -> Standing:
    now = _as_of_now(actor)
    if now is None or proof_of(now) != proof:
        return Standing(None, False, frozenset())
    member = now.key is not None or permissions.organizations_of(now).exists()
    return Standing(now, member, _visible(now, rooms) if member else frozenset())


def place(actor: Actor, room: str) -> Place:
    """Where a session is, for one who may see it."""
    present = Participant.objects.filter(session=OuterRef("pk"), user=actor.user, left_at=None)
    session = ChatSession.objects.filter(pk=room).annotate(entered=Exists(present)).first()
    if session is None:
        raise NotFound(code="SESSION_NOT_FOUND")
    permissions.require(actor, "see", session, missing="SESSION_NOT_FOUND")
    return Place(session.epoch, session.head, session.entered)


def _as_of_now(actor: Actor) -> Actor | None:
    if actor.key is not None:
        key = ApiKey.objects.live(timezone.now()).filter(pk=actor.key.pk).first()
        return actors.program(key) if key else None
    user = User.objects.filter(pk=actor.user.pk, is_active=True).first() if actor.user else None
    if user is None or not sign_ins.lasts(actor.sign_in):
        return None
    return actors.person(user, sign_in=actor.sign_in, until=actor.until)


def _visible(actor: Actor, rooms: Iterable[str]) -> frozenset[str]:
    sessions = permissions.visible_sessions(actor).filter(pk__in=list(rooms))
    return frozenset(str(row.pk) for row in sessions if permissions.may(actor, "see", row.organization_id))
