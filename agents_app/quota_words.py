"""Quotas in words for the person who is about to run into one, or has."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy

from agents_app.models import Period, Quota, QuotaType

if TYPE_CHECKING:
    from agents_app.services.quota_standing import Standing

LIMIT = {
    (QuotaType.REQUESTS, Period.DAY): gettext_lazy("{limit} requests a day"),
    (QuotaType.REQUESTS, Period.MONTH): gettext_lazy("{limit} requests a month"),
    (QuotaType.TOKENS, Period.DAY): gettext_lazy("{limit} tokens a day"),
    (QuotaType.TOKENS, Period.MONTH): gettext_lazy("{limit} tokens a month"),
}
MINE = {
    (QuotaType.REQUESTS, Period.DAY): gettext_lazy("{current} of your {limit} requests today"),
    (QuotaType.REQUESTS, Period.MONTH): gettext_lazy("{current} of your {limit} requests this month"),
    (QuotaType.TOKENS, Period.DAY): gettext_lazy("{current} of your {limit} tokens today"),
    (QuotaType.TOKENS, Period.MONTH): gettext_lazy("{current} of your {limit} tokens this month"),
}
OURS = {
    (QuotaType.REQUESTS, Period.DAY): gettext_lazy("{current} of the organisation's {limit} requests today"),
    (QuotaType.REQUESTS, Period.MONTH): gettext_lazy("{current} of the organisation's {limit} requests this month"),
    (QuotaType.TOKENS, Period.DAY): gettext_lazy("{current} of the organisation's {limit} tokens today"),
    (QuotaType.TOKENS, Period.MONTH): gettext_lazy("{current} of the organisation's {limit} tokens this month"),
}


def refused(quota: Quota, *, mine: bool, current: int, wanted: int, resets_at: datetime) -> str:
    """Why a request is not made, and from when on it would be."""
    left = quota.limit - current
    said = {"quota": LIMIT[_kind(quota)].format(limit=f"{quota.limit:,}"), "left": f"{left:,}", "wanted": f"{wanted:,}"}
    if left > 0 and wanted > 1:
        ours = gettext("The organisation's quota of {quota} has {left} left, and this would take about {wanted}.")
        words = gettext("Your quota of {quota} has {left} left, and this would take about {wanted}.") if mine else ours
    else:
        ours = gettext("The organisation's quota of {quota} is used up.")
        words = gettext("Your quota of {quota} is used up.") if mine else ours
    return f"{words.format(**said)} {_anew(resets_at)}"


def standing(found: "Standing") -> str:
    """How far it is used."""
    quota, mine = found.limit.quota, found.limit.user_id is not None
    if found.level == "used_up":
        return refused(quota, mine=mine, current=found.current, wanted=1, resets_at=found.limit.resets_at)
    return (MINE if mine else OURS)[_kind(quota)].format(current=f"{found.current:,}", limit=f"{quota.limit:,}")


def line(found: "Standing") -> dict[str, str]:
    """For the room: nothing until it is near."""
    return {"words": standing(found), "level": found.level} if found.level != "free" else {}


def _kind(quota: Quota) -> tuple[QuotaType, Period]:
    return QuotaType(quota.quota_type), Period(quota.period)


def _anew(resets_at: datetime) -> str:
    at = resets_at.astimezone(UTC)
    day, time = date_format(at, "MONTH_DAY_FORMAT"), f"{at:%H:%M}"
    return gettext("It begins anew on {day} at {time} UTC.").format(day=day, time=time)
