"""How far quotas are used: for those they hold for, and for who sets them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from agents_app import clock
from agents_app.models import Period, Quota, Run
from agents_app.services import quota_counts
from agents_app.services.quota_counts import Limit

NEAR_PERCENT = 80


@dataclass(frozen=True)
class Standing:
    """How far a limit is used."""

    limit: Limit
    used: int
    reserved: int

    @property
    def current(self) -> int:
        return self.used + self.reserved

    @property
    def level(self) -> str:
        """free, near (from 80 % on) or used_up."""
        most = self.limit.quota.limit
        if self.current >= most:
            return "used_up"
        return "near" if self.current * 100 >= most * NEAR_PERCENT else "free"


def standing(organization_id: UUID, user_id: UUID | None) -> list[Standing]:
    """Every quota that holds for a caller, the organisation's first."""
    quotas = quota_counts.applying(organization_id, user_id, Run.Bucket.MAIN)
    if not quotas:
        return []
    limits = quota_counts.at(quotas, user_id=user_id, now=clock.now())
    found = quota_counts.existing(limits)
    counts = [(limit, found.get(limit.key) or quota_counts.begun(limit)) for limit in limits]
    shown = [Standing(limit, count.used, count.reserved) for limit, count in counts]
    return sorted(shown, key=lambda each: (each.limit.user_id is not None, each.limit.quota.period))


def most_used(quota: Quota) -> str:
    """What is used of a quota now; of one that each person has, by whoever used most."""
    now = Period(quota.period).begun(clock.now())
    if quota.whose != Quota.Whose.EACH:
        limit = Limit(quota, quota.user_id, now)
        own = quota_counts.existing([limit]).get(limit.key) or quota_counts.begun(limit)
        return _said(own.used, own.reserved)
    rows = quota_counts.of_kind(quota, now).filter(user__isnull=False).select_related("user")
    count = rows.order_by(-(F("used") + F("reserved"))).first()
    return f"{_said(count.used, count.reserved)} ({count.user})" if count else _said(0, 0)


def resets_at(quota: Quota) -> datetime:
    period = Period(quota.period)
    return period.ends(period.begun(clock.now()))


def _said(used: int, reserved: int) -> str:
    return f"{used:,} and {reserved:,} under way" if reserved else f"{used:,}"
