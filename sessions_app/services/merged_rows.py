"""What goes over with a merged incident, written down so that exactly that comes back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sessions_app.models import Alert, Evidence, FollowUp, Incident, Indicator, Merge
from sessions_app.services import techniques

Moved = dict[str, Any]
# What a merge, or what comes after it, may change on an indicator's row beside its count.
_TIMES = ("first_seen", "last_seen", "blocked_until")


def carry(source: Incident, target: Incident) -> Moved:
    """Put the source's rows under the target, which is locked; answers what went."""
    moved: Moved = {
        **_alerts(source, target),
        **_indicators(source, target),
        "evidence": _ids(Evidence.objects.filter(incident=source)),
        "tasks": _ids(FollowUp.objects.filter(incident=source)),
        "techniques": techniques.learn(target, source.techniques),
    }
    Evidence.objects.filter(incident=source).update(incident=target)
    FollowUp.objects.filter(incident=source).update(incident=target)
    return moved


def take_out(merge: Merge, later: Sequence[Merge]) -> None:
    """Put back what one merge carried over, whatever was merged into the same target since.

    What several brought is counted into the row of the first, so the later ones come out before it and go over again:
    then it is as if they had come without it. Their incidents need no lock: what is merged changes with its target.
    """
    for each in reversed(later):
        _bring_back(each)
    _bring_back(merge)
    for each in later:
        each.moved |= carry(each.source, each.target)
        each.save(update_fields=["moved"])


def recount(incident: Incident) -> None:
    incident.alert_count = sum(incident.alerts.values_list("count", flat=True))
    incident.save(update_fields=["alert_count"])


def _bring_back(merge: Merge) -> None:
    """What the target got since stays there."""
    source, target, moved = merge.source, merge.target, merge.moved
    for model, name in ((Alert, "alerts"), (Evidence, "evidence"), (FollowUp, "tasks")):
        model.objects.filter(pk__in=moved[name], incident=target).update(incident=source)
    for row in target.alerts.filter(pk__in=moved["alerts_counted"]):
        row.count -= moved["alerts_counted"][str(row.pk)]
        row.save(update_fields=["count"])
    _indicators_back(source, target, moved)
    techniques.forget(target, moved["techniques"])


# --- Alerts -----------------------------------------------------------------------------------------------------------
def _alerts(source: Incident, target: Incident) -> Moved:
    """An alert that both have is counted into the target's row, and waits in the source."""
    theirs = {row.fingerprint: row for row in target.alerts.defer("raw")}
    moving, counted = [], {}
    for row in source.alerts.defer("raw").order_by("id"):
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
            moving[str(row.pk)] = {"count": row.seen_count, "before": _times(row)}
        else:
            joined[str(same.pk)] = _join(same, row)
    Indicator.objects.filter(pk__in=moving).update(incident=target)
    return {"indicators": moving, "indicators_joined": joined}


def _join(same: Indicator, row: Indicator) -> Moved:
    """Count one sighting list into another; what it was before, and what it is now, is kept for the way back."""
    before = _times(same)
    same.seen_count += row.seen_count
    same.first_seen, same.last_seen = min(same.first_seen, row.first_seen), max(same.last_seen, row.last_seen)
    same.blocked_until = max((each for each in (same.blocked_until, row.blocked_until) if each), default=None)
    same.save(update_fields=["seen_count", *_TIMES])
    return {"count": row.seen_count, "before": before, "after": _times(same)}


def _indicators_back(source: Incident, target: Incident, moved: Moved) -> None:
    for row in target.indicators.filter(pk__in=moved["indicators_joined"]):
        _part_joined(row, moved["indicators_joined"][str(row.pk)])
    for row in target.indicators.filter(pk__in=moved["indicators"]):
        _part(row, source, moved["indicators"][str(row.pk)])


def _part_joined(row: Indicator, kept: Moved) -> None:
    row.seen_count -= kept["count"]
    for name in _TIMES:
        if _written(getattr(row, name)) == kept["after"][name]:  # nothing came since
            setattr(row, name, _read(kept["before"][name]))
    row.save(update_fields=["seen_count", *_TIMES])


def _part(row: Indicator, source: Incident, kept: Moved) -> None:
    """An indicator goes back as it came; what was seen of it since, and a block since, stay with the target."""
    since, until = row.seen_count - kept["count"], row.blocked_until
    stays = Indicator(
        organization_id=row.organization_id, incident=row.incident, kind=row.kind, value=row.value, private=row.private,
        known=row.known, seen_count=max(1, since), first_seen=row.last_seen, last_seen=row.last_seen,
    )  # fmt: skip
    row.incident, row.seen_count = source, kept["count"]
    for name in _TIMES:
        setattr(row, name, _read(kept["before"][name]))
    if until != row.blocked_until:
        stays.blocked_until = until
        row.blocked_until = _outlived(row.blocked_until, until)
    row.save(update_fields=["incident", "seen_count", *_TIMES])
    if since > 0 or stays.blocked_until:
        stays.save(force_insert=True)


def _outlived(before: datetime | None, until: datetime | None) -> datetime | None:
    """What is left of a block: the longest is shown, so one that ends sooner came after this one was lifted."""
    return before if before and until and before < until else None


def _times(row: Indicator) -> dict[str, str | None]:
    return {name: _written(getattr(row, name)) for name in _TIMES}


def _ids(rows: Any) -> list[str]:
    return [str(pk) for pk in rows.order_by("id").values_list("pk", flat=True)]


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _read(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
