"""What goes over with a merged incident, written down so that exactly that comes back."""

from datetime import datetime
from typing import Any

from sessions_app.models import Alert, Evidence, FollowUp, Incident, Indicator

Moved = dict[str, Any]
# Of an indicator that both had: what the merge may change on the target's row beside its count.
_TIMES = ("first_seen", "last_seen", "blocked_until")


def carry(source: Incident, target: Incident) -> Moved:
    """Put the source's rows under the target; both are locked."""
    assert source.room is not None
    moved: Moved = {
        "room": source.room.status,
        **_alerts(source, target),
        **_indicators(source, target),
        "evidence": _ids(Evidence.objects.filter(incident=source)),
        "tasks": _ids(FollowUp.objects.filter(incident=source)),
        "techniques": [each for each in source.techniques if each not in target.techniques],
    }
    Evidence.objects.filter(incident=source).update(incident=target)
    FollowUp.objects.filter(incident=source).update(incident=target)
    _learn(target, [*target.techniques, *moved["techniques"]])
    recount(target)
    return moved


def bring_back(source: Incident, target: Incident, moved: Moved) -> None:
    """Put back what was carried over; what the target got since stays there."""
    for model, name in ((Alert, "alerts"), (Evidence, "evidence"), (FollowUp, "tasks")):
        model.objects.filter(pk__in=moved[name], incident=target).update(incident=source)
    for pk, count in moved["alerts_counted"].items():
        row = Alert.objects.get(pk=pk)
        row.count = max(1, row.count - count)
        row.save(update_fields=["count"])
    _indicators_back(source, target, moved)
    _forget(target, moved["techniques"])
    for each in (source, target):
        recount(each)


def recount(incident: Incident) -> None:
    incident.alert_count = sum(incident.alerts.values_list("count", flat=True))
    incident.save(update_fields=["alert_count"])


# --- Alerts -----------------------------------------------------------------------------------------------------------
def _alerts(source: Incident, target: Incident) -> Moved:
    """An alert that both have is counted into the target's row, and waits in the source."""
    theirs = {row.fingerprint: row for row in target.alerts.all()}
    moving, counted = [], {}
    for row in source.alerts.order_by("id"):
        if (same := theirs.get(row.fingerprint)) is None:
            moving.append(row.pk)
            continue
        counted[str(same.pk)] = row.count
        same.count += row.count
        same.save(update_fields=["count"])
    Alert.objects.filter(pk__in=moving).update(incident=target)
    return {"alerts": [str(pk) for pk in moving], "alerts_counted": counted}


# --- Indicators -------------------------------------------------------------------------------------------------------
def _indicators(source: Incident, target: Incident) -> Moved:
    theirs = {(row.kind, row.value): row for row in target.indicators.all()}
    moving, joined = {}, {}
    for row in source.indicators.order_by("id"):
        if (same := theirs.get((row.kind, row.value))) is None:
            moving[str(row.pk)] = row.seen_count
        else:
            joined[str(same.pk)] = _join(same, row)
    Indicator.objects.filter(pk__in=moving).update(incident=target)
    return {"indicators": moving, "indicators_joined": joined}


def _join(same: Indicator, row: Indicator) -> Moved:
    """Count one sighting list into another; what it was before, and what it is now, is kept for the way back."""
    before = {name: _written(getattr(same, name)) for name in _TIMES}
    same.seen_count += row.seen_count
    same.first_seen, same.last_seen = min(same.first_seen, row.first_seen), max(same.last_seen, row.last_seen)
    same.blocked_until = max((each for each in (same.blocked_until, row.blocked_until) if each), default=None)
    same.save(update_fields=["seen_count", *_TIMES])
    return {"count": row.seen_count, "before": before, "after": {n: _written(getattr(same, n)) for n in _TIMES}}


def _indicators_back(source: Incident, target: Incident, moved: Moved) -> None:
    for pk, kept in moved["indicators_joined"].items():
        row = Indicator.objects.get(pk=pk)
        row.seen_count = max(1, row.seen_count - kept["count"])
        for name in _TIMES:
            if _written(getattr(row, name)) == kept["after"][name]:  # nothing came since
                setattr(row, name, _read(kept["before"][name]))
        row.save(update_fields=["seen_count", *_TIMES])
    for row in Indicator.objects.filter(pk__in=moved["indicators"], incident=target):
        _part(row, source, brought=moved["indicators"][str(row.pk)])


def _part(row: Indicator, source: Incident, *, brought: int) -> None:
    """An indicator goes back as often as it came; what was seen of it since stays with the target."""
    since, target = row.seen_count - brought, row.incident
    row.incident, row.seen_count = source, brought
    row.save(update_fields=["incident", "seen_count"])
    if since > 0:
        Indicator.objects.create(
            organization_id=row.organization_id, incident=target, kind=row.kind, value=row.value, private=row.private,
            known=row.known, seen_count=since, first_seen=row.last_seen, last_seen=row.last_seen,
            blocked_until=row.blocked_until,
        )  # fmt: skip


# --- Techniques -------------------------------------------------------------------------------------------------------
def _forget(target: Incident, brought: list[str]) -> None:
    """Of those that came with the source the target keeps what its own alerts name."""
    named = {each for row in target.alerts.all() for each in row.techniques}
    _learn(target, [each for each in target.techniques if each not in brought or each in named])


def _learn(incident: Incident, techniques: list[str]) -> None:
    if techniques != incident.techniques:
        incident.metadata = {**incident.metadata, "techniques": techniques}
        incident.save(update_fields=["metadata"])


def _ids(rows: Any) -> list[str]:
    return [str(pk) for pk in rows.order_by("id").values_list("pk", flat=True)]


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _read(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
