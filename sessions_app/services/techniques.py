"""The techniques of MITRE ATT&CK that an incident knows, in its metadata: those of all its alerts."""

from collections.abc import Iterable, Sequence

from sessions_app.models import Incident

MOST = 50


def joined(known: Sequence[str], more: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*known, *more]))[:MOST]


def learn(incident: Incident, named: Iterable[str]) -> list[str]:
    """Add what the incident does not know yet, as far as there is room; answers what was added."""
    known = incident.techniques
    added = [each for each in dict.fromkeys(named) if each not in known][: max(0, MOST - len(known))]
    _keep(incident, [*known, *added])
    return added


def forget(incident: Incident, brought: Sequence[str]) -> None:
    """Take off what another incident brought, but for what alerts name that are here."""
    named = {each for here in incident.alerts.values_list("techniques", flat=True) for each in here}
    _keep(incident, [each for each in incident.techniques if each not in brought or each in named])


def _keep(incident: Incident, techniques: list[str]) -> None:
    if techniques != incident.techniques:
        incident.metadata = {**incident.metadata, "techniques": techniques}
        incident.save(update_fields=["metadata"])
