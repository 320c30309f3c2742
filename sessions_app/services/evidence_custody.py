"""Who looked at evidence, and when: once for ten minutes, so that turning pages is one look and not hundreds."""

from collections.abc import Iterable

from django.utils import timezone

from sessions_app.actors import Actor
from sessions_app.models import Evidence, EvidenceLook

SPAN_SECONDS = 600


def note(rows: Iterable[Evidence], *, way: str, by: Actor) -> None:
    """Keep that somebody looked; asking first, since most looks belong to one that is kept and a write costs a lock."""
    now = timezone.now()
    span = int(now.timestamp()) // SPAN_SECONDS
    asked = list(rows)
    same = EvidenceLook.objects.filter(actor_kind=by.kind, actor_id=by.id, way=way, span=span, evidence__in=asked)
    known = set(same.values_list("evidence_id", flat=True))
    fresh = [
        EvidenceLook(
            evidence=row, way=way, actor_kind=by.kind, actor_id=by.id, actor_name=by.name[:120], span=span, at=now
        )
        for row in asked
        if row.pk not in known
    ]
    if fresh:
        EvidenceLook.objects.bulk_create(fresh, ignore_conflicts=True)
