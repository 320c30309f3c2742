"""Quotas as they apply to one caller now, and the counts behind them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from agents_app.models import Period, Quota, QuotaCount, QuotaType, UsageRecord

# Names a count among those of an organisation's bucket: whose, of what, and when.
Key = tuple[UUID | None, str, str, date]


@dataclass(frozen=True)
class Limit:
    """A quota as it applies to one caller now."""

    quota: Quota
    user_id: UUID | None
    starts_on: date

    @property
    def resets_at(self) -> datetime:
        return Period(self.quota.period).ends(self.starts_on)

    @property
    def key(self) -> Key:
        return self.user_id, self.quota.quota_type, self.quota.period, self.starts_on

    @property
    def of_count(self) -> dict[str, Any]:
        quota = self.quota
        return {
            "organization_id": quota.organization_id, "user_id": self.user_id, "bucket": quota.bucket,
            "quota_type": quota.quota_type, "period": quota.period, "starts_on": self.starts_on,
        }  # fmt: skip


def applying(organization_id: UUID, user_id: UUID | None, bucket: str) -> list[Quota]:
    """The organisation's own, and a person's: theirs by name, else what each person has. One query."""
    whose = Q(whose=Quota.Whose.ORGANIZATION)
    if user_id is not None:
        whose |= Q(whose=Quota.Whose.EACH) | Q(user=user_id)
    rows = list(Quota.objects.filter(whose, organization=organization_id, bucket=bucket).order_by("id"))
    by_name = {(row.quota_type, row.period) for row in rows if row.whose == Quota.Whose.USER}
    return [row for row in rows if row.whose != Quota.Whose.EACH or (row.quota_type, row.period) not in by_name]


def at(quotas: Iterable[Quota], *, user_id: UUID | None, now: datetime) -> list[Limit]:
    return [
        Limit(quota, None if quota.whose == Quota.Whose.ORGANIZATION else user_id, Period(quota.period).begun(now))
        for quota in quotas
    ]


def counted(limits: list[Limit]) -> dict[Key, QuotaCount]:
    """The counts of one caller's limits; one that nobody has counted yet is begun."""
    found = existing(limits)
    if missing := [limit for limit in limits if limit.key not in found]:
        new = [begun(limit) for limit in missing]
        # Two may begin one at once: the constraint lets the first have it, and the second waits until it is there.
        QuotaCount.objects.bulk_create(new, ignore_conflicts=True)
        found = existing(limits)
    return found


def existing(limits: list[Limit]) -> dict[Key, QuotaCount]:
    first = limits[0].quota
    whose = Q(user=None) | Q(user__in={limit.user_id for limit in limits if limit.user_id})
    days = {limit.starts_on for limit in limits}
    rows = QuotaCount.objects.filter(whose, organization=first.organization_id, bucket=first.bucket, starts_on__in=days)
    return {(row.user_id, row.quota_type, row.period, row.starts_on): row for row in rows}


def begun(limit: Limit) -> QuotaCount:
    """A count from nothing, if the quota is as old as its period; a younger one looks back at what was used."""
    count = QuotaCount(**limit.of_count)
    if limit.quota.created_at >= datetime.combine(limit.starts_on, time(), UTC):
        count.used = on_record(count)
    return count


def lock(ids: Iterable[str]) -> None:
    """Lock several counts, in the order in which everybody does."""
    list(QuotaCount.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))


def on_record(count: QuotaCount) -> int:
    """What was really used in a count's period, whether there was a quota or not."""
    first = datetime.combine(count.starts_on, time(), UTC)
    rows = UsageRecord.objects.filter(organization=count.organization_id, bucket=count.bucket)
    rows = rows.filter(created_at__gte=first, created_at__lt=Period(count.period).ends(count.starts_on))
    if count.user_id is not None:
        rows = rows.filter(user=count.user_id)
    used = F("requests") if count.quota_type == QuotaType.REQUESTS else F("input_tokens") + F("output_tokens")
    return rows.aggregate(used=Sum(used))["used"] or 0


def of_kind(quota: Quota, starts_on: date) -> QuerySet[QuotaCount]:
    """The counts that a quota may look at in a period."""
    return QuotaCount.objects.filter(
        organization=quota.organization_id, bucket=quota.bucket, quota_type=quota.quota_type, period=quota.period,
        starts_on=starts_on,
    )  # fmt: skip
