"""What is masked for an organisation: known shapes, this installation's secrets, and the names of the others."""

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
sources: list[Callable[[UUID], Mapping[str, str]]] = []


def of(organization_id: UUID) -> Mask:
    known = own.secrets()
    for source in sources:
        known |= source(organization_id)
    others = Organization.objects.exclude(pk=organization_id).values_list("name", flat=True)
    return Mask(known, frozenset(name.strip() for name in others if telling(name.strip())))


def note(counts: Counter[str], *, organization_id: UUID, thing: Model, where: str, by: Actor) -> None:
    """Tell the auditor how many of which kind were caught, and never what; last in the transaction."""
    if counts:
        detail = {"where": where, "masked": dict(counts)}
        audit.append(organization_id=organization_id, actor=by, action="output.masked", thing=thing, detail=detail)


def telling(name: str) -> bool:
    """Whether a name can be told from ordinary words; it is only ever masked as it is spelled."""
    return len(name) >= SHORTEST_NAME and name.lower() not in WORDS and (" " in name or not name.islower())
