"""What is masked for an organisation: shapes, this installation's secrets, and in what models say the others' names."""

from collections import Counter
from collections.abc import Callable, Mapping
from uuid import UUID

from django.db.models import Model

from sessions_app.actors import Actor
from sessions_app.masking import Mask, own
from sessions_app.models import Organization
from sessions_app.services import audit

SHORTEST_NAME = 4
# An organisation of such a name is not told from the word.
WORDS = frozenset({
    "other", "demo", "test", "default", "internal", "external", "security", "operations", "network", "system",
    "server", "service", "services", "customer", "company", "organisation", "organization", "team", "support",
    "admin", "main", "home", "example", "production", "staging", "development", "staff", "corporate", "global",
    "office", "research", "sales", "legal", "finance",
})  # fmt: skip
# Secrets that the app above knows of, by organisation: text to kind.
sources: list[Callable[[Organization], Mapping[str, str]]] = []


def of(organization_id: UUID) -> Mask:
    """For what the organisation itself wrote, or has: a name that stands there is known there, and to mask it would
    tell who has guesses exported or searched which other organisations there are."""
    return Mask(_secrets(Organization.objects.get(pk=organization_id)))


def of_a_model(organization_id: UUID) -> Mask:
    """For what a model says by itself; `Mask.having_told` adds what it only repeats."""
    # All in one look, with no more of each than its name and what its secrets are made of.
    everybody = Organization.objects.only("name", "blocklist_generation").in_bulk()
    ours = everybody.pop(organization_id)
    names = (other.name.strip() for other in everybody.values())
    return Mask(_secrets(ours), frozenset(name for name in names if telling(name)))


def _secrets(organization: Organization) -> dict[str, str]:
    known = own.secrets()
    for source in sources:
        known |= source(organization)
    return known


def note(counts: Counter[str], *, organization_id: UUID, thing: Model, where: str, by: Actor) -> None:
    """Tell the auditor how many of which kind were caught, and never what; last in the transaction."""
    if counts:
        detail = {"where": where, "masked": dict(counts)}
        audit.append(organization_id=organization_id, actor=by, action="output.masked", thing=thing, detail=detail)


def telling(name: str) -> bool:
    """Whether a name can be told from ordinary words; it is only ever masked as it is spelled."""
    return len(name) >= SHORTEST_NAME and name.lower() not in WORDS and (" " in name or not name.islower())
