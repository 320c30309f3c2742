"""Who does something: what every service takes as `by=`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from sessions_app.models import ApiKey, User

Kind = Literal["user", "agent", "system"]


@dataclass(frozen=True)
class Actor:
    """A person (in person, or a program with a key), an agent, or the system itself."""

    kind: Kind
    id: str
    name: str
    user: User | None = None
    # A program's key: bound to one organisation and to scopes; never decides anything.
    key: ApiKey | None = field(default=None, compare=False)
    # Of a person who came by a door: the sign-in that must last, and when the token they showed runs out.
    sign_in: str = field(default="", compare=False)
    until: datetime | None = field(default=None, compare=False)

    @property
    def in_person(self) -> bool:
        return self.user is not None and self.key is None

    @property
    def user_id(self) -> UUID | None:
        return self.user.pk if self.user else None


def person(user: User, *, sign_in: str = "", until: datetime | None = None) -> Actor:
    return Actor(kind="user", id=str(user.pk), name=user.display_name, user=user, sign_in=sign_in, until=until)


def program(key: ApiKey) -> Actor:
    return Actor(kind="system", id=f"key:{key.pk}", name=key.name, key=key)


def agent(name: str) -> Actor:
    return Actor(kind="agent", id=name, name=name)


SYSTEM = Actor(kind="system", id="warroom", name="Warroom")
