"""Whose texts an index holds apart, so that what others say costs a search nothing: an organisation's, a person's."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

OPEN, PRIVATE = "o", "p"
# Of a row of sessions, as the database says it; what is kept under a name stays there: none of this ever changes.
HOME = "CAST({row}.organization_id AS text)"
OF_A_SESSION = (
    f"CASE {{row}}.category WHEN 'engineer_chat' THEN '{PRIVATE}' || {HOME} || "
    f"coalesce(CAST({{row}}.owner_id AS text), '') ELSE '{OPEN}' || {HOME} END"
)
OF_ITS_SESSION = (
    f"(SELECT {OF_A_SESSION.format(row='its')} FROM sessions_app_chatsession its WHERE its.id = {{row}}.session_id)"
)
OF_AN_ORGANIZATION = f"'{OPEN}' || {HOME}"


@dataclass(frozen=True)
class Scopes:
    """Where somebody may find something: in their organisations, and in their own chats there."""

    organizations: tuple[UUID, ...]
    owner: UUID | None

    def names(self, spelled: Callable[[UUID], str]) -> list[str]:
        homes = [spelled(home) for home in self.organizations]
        own = [f"{PRIVATE}{home}{spelled(self.owner)}" for home in homes] if self.owner else []
        return [*(f"{OPEN}{home}" for home in homes), *own]
