"""Quotas in words for the person who is about to run into one, or has."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.utils.formats import date_format

from agents_app.models import Period, Quota

if TYPE_CHECKING:
    from agents_app.services.quota_standing import Standing

NOW = {Period.DAY: "today", Period.MONTH: "this month"}


def refused(quota: Quota, *, mine: bool, current: int, wanted: int, resets_at: datetime) -> str:
    """Why a request is not made, and from when on it would be."""
    whose = "Your" if mine else "The organisation's"
    of = f"{whose} quota of {quota.limit:,} {quota.quota_type} a {quota.period}"
    left = quota.limit - current
    if left > 0 and wanted > 1:
        return f"{of} has {left:,} left, and this would take about {wanted:,}. {_anew(resets_at)}"
    return f"{of} is used up. {_anew(resets_at)}"


def words(standing: "Standing") -> str:
    """How far it is used."""
    quota, mine = standing.limit.quota, standing.limit.user_id is not None
    if standing.level == "used_up":
        return refused(quota, mine=mine, current=standing.current, wanted=1, resets_at=standing.limit.resets_at)
    whose = "your" if mine else "the organisation's"
    return f"{standing.current:,} of {whose} {quota.limit:,} {quota.quota_type} {NOW[Period(quota.period)]}"


def line(standing: "Standing") -> dict[str, str]:
    """For the room: nothing until it is near."""
    return {"words": words(standing), "level": standing.level} if standing.level != "free" else {}


def _anew(resets_at: datetime) -> str:
    at = resets_at.astimezone(UTC)
    return f"It begins anew on {date_format(at, 'j F')} at {at:%H:%M} UTC."
