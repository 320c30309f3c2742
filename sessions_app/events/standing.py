"""Whether somebody who holds a socket open is still who they were, and may still see what they follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from sessions_app import actors, permissions, sign_ins
from sessions_app.actors import Actor
from sessions_app.errors import NotFound
from sessions_app.models import ApiKey, ChatSession, Participant, Role, User


@dataclass(frozen=True)
class Standing:
    """`actor` is nobody after a sign-out, a deactivation, a new password or a revoked key."""

    actor: Actor | None
    member: bool
    rooms: frozenset[str]


@dataclass(frozen=True)
class Asked:
    """Who holds connections open by one sign-in, what they showed for it, and the rooms they follow."""

    actor: Actor
    proof: str
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


def standings(asked: Sequence[Asked]) -> list[Standing]:
    """How they all stand, by the same few queries, however many they are."""
    user_ids = {each.actor.user.pk for each in asked if each.actor.user}
    rows = ChatSession.objects.filter(pk__in={room for each in asked for room in each.rooms})
    now = _Now(
        users={row.pk: row for row in User.objects.filter(pk__in=user_ids, is_active=True)},
        keys={row.pk: row for row in ApiKey.objects.live(timezone.now()).filter(pk__in=_key_ids(asked))},
        sign_ins=sign_ins.lasting({each.actor.sign_in for each in asked}),
        roles=permissions.roles_of(user_ids),
        rooms={str(row.pk): row for row in rows},
    )
    return [now.of(each) for each in asked]


def place(actor: Actor, room: str) -> Place:
    """Where a session is, for one who may see it."""
    present = Participant.objects.filter(session=OuterRef("pk"), user=actor.user, left_at=None)
    session = ChatSession.objects.filter(pk=room).annotate(entered=Exists(present)).first()
    if session is None:
        raise NotFound(code="SESSION_NOT_FOUND")
    permissions.require(actor, "see", session, missing="SESSION_NOT_FOUND")
    return Place(session.epoch, session.head, session.entered)


@dataclass(frozen=True)
class _Now:
    """What the database says at this moment of all who are asked about."""

    users: dict[UUID, User]
    keys: dict[UUID, ApiKey]
    sign_ins: set[str]
    roles: dict[tuple[UUID, UUID], Role]
    rooms: dict[str, ChatSession]

    def of(self, asked: Asked) -> Standing:
        now = self._actor(asked.actor)
        if now is None or proof_of(now) != asked.proof:
            return Standing(None, False, frozenset())
        member = now.key is not None or any(user == now.user_id for user, _ in self.roles)
        return Standing(now, member, frozenset(pk for pk in asked.rooms if self._sees(now, pk)))

    def _actor(self, actor: Actor) -> Actor | None:
        if actor.key is not None:
            key = self.keys.get(actor.key.pk)
            return actors.program(key) if key else None
        user = self.users.get(actor.user.pk) if actor.user else None
        if user is None or actor.sign_in not in self.sign_ins:
            return None
        return actors.person(user, sign_in=actor.sign_in, until=actor.until)

    def _sees(self, actor: Actor, room: str) -> bool:
        if (session := self.rooms.get(room)) is None:
            return False
        role = self.roles.get((actor.user_id, session.organization_id)) if actor.user_id else None
        return permissions.sees_by(role, actor, session)


def _key_ids(asked: Sequence[Asked]) -> set[UUID]:
    return {each.actor.key.pk for each in asked if each.actor.key}
