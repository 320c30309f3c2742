"""Quotas: how much an organisation and a person may ask of models in a day and in a month, counted exactly.

A request is paid for in two steps. Before it is made its share of every quota that applies is reserved, by one
conditional UPDATE a count: of two that want the last share, in whichever processes, one gets it. Afterwards what it
took is settled, or the share released. The shares stand on the run's row and change in the transaction that changes
the counts, so whoever goes on with a run after a crash finds them, and none is given back twice.
"""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from agents_app import clock, quota_words
from agents_app.models import Period, Quota, QuotaCount, QuotaType, Run
from agents_app.services import quota_counts
from agents_app.services.quota_counts import Limit
from sessions_app import actors
from sessions_app.actors import Actor
from sessions_app.errors import NotFound, Refused
from sessions_app.events import log
from sessions_app.models import ChatSession
from sessions_app.vocabulary import QuotaExceeded

# What a reply takes that nobody has seen yet; four bytes a token, as where a server counts nothing.
TYPICAL_REPLY = 500
BYTES_A_TOKEN = 4

Share = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A request's part of one quota."""

    limit: Limit
    count: QuotaCount
    amount: int

    def reserve(self) -> bool:
        """Compare and set in one statement: nothing is read that another could change before it is written."""
        most = self.limit.quota.limit - F("reserved") - self.amount
        free = QuotaCount.objects.filter(pk=self.count.pk, used__lte=most)
        return bool(free.update(reserved=F("reserved") + self.amount))

    @property
    def share(self) -> Share:
        return {"count": str(self.count.pk), "type": self.limit.quota.quota_type, "amount": self.amount}

    def refusal(self, session: ChatSession, teller: Actor) -> Refused:
        """What the caller is told, and the event that stays behind in the room when all else is taken back."""
        self.count.refresh_from_db(fields=["used", "reserved"])
        current, resets_at, quota = self.count.used + self.count.reserved, self.limit.resets_at, self.limit.quota
        told = QuotaExceeded(
            event="quota.exceeded", organization_id=quota.organization_id, user_id=self.limit.user_id,
            quota_type=quota.quota_type, period=quota.period, limit=quota.limit, current=current, resets_at=resets_at,
        )  # fmt: skip
        mine = self.limit.user_id is not None
        words = quota_words.refused(quota, mine=mine, current=current, wanted=self.amount, resets_at=resets_at)
        details = {name: value for name, value in told.wire().items() if name != "user_id"}
        wait = (resets_at - clock.now()).total_seconds()
        refused = Refused("QUOTA_EXCEEDED", words, details=details, retry_after_s=wait)
        refused.trace = partial(_tell, session.pk, told, teller)
        return refused


# --- What an admin does -----------------------------------------------------------------------------------------------
def recount(quota: Quota) -> None:
    """A quota that is new may find counts that stood still while there was none: what is on record counts."""
    with transaction.atomic():
        # Locked before it is added up: who settles meanwhile either stands in the sum, or adds to it afterwards.
        counts = quota_counts.of_kind(quota, Period(quota.period).begun(clock.now()))
        for count in counts.select_for_update(no_key=True).order_by("pk"):
            QuotaCount.objects.filter(pk=count.pk).update(used=quota_counts.on_record(count))


def forget(*, before: date) -> int:
    """Drop counts of periods long over; what was used stays on record."""
    return QuotaCount.objects.filter(starts_on__lt=before, reserved=0).delete()[0]


# --- Before a request -------------------------------------------------------------------------------------------------
def reserve(
    *, session: ChatSession, by: Actor, content: str, config: dict[str, Any], ending: Iterable[Run] = ()
) -> list[Share]:
    """Its shares for the request that answers a message; in the transaction of the post, which a refusal takes back.

    `ending`: the runs that the same transaction will end, so that their counts are locked in one go with these.
    """

    def tokens() -> int:
        most = {**session.config, **config}.get("max_tokens") or TYPICAL_REPLY
        return estimate(content, reply=most) + _talk_so_far(session)

    also = {share["count"] for run in ending for share in run.reserved or ()}
    return _take(session, by.user_id, Run.Bucket.MAIN, tokens, teller=by, also=also)


def reserve_next(run: Run, *, tokens: int, aloud: bool) -> Refused | None:
    """The shares of a run's next request; call it with the run held. A refusal is told to the room, if `aloud`."""
    if run.reserved:
        return None  # for a request that came to nothing
    try:
        with transaction.atomic():
            teller = actors.agent(run.agent.name)
            run.reserved = _take(run.session, run.requested_by_id, run.bucket, lambda: tokens, teller=teller)
    except Refused as refused:
        if aloud and refused.trace:
            refused.trace()
        return refused
    run.save(update_fields=["reserved"])
    return None


def limited(run: Run) -> bool:
    """Whether any quota applies to what a run asks."""
    return bool(quota_counts.applying(run.session.organization_id, run.requested_by_id, run.bucket))


def estimate(text: str, *, reply: int = TYPICAL_REPLY) -> int:
    return len(text.encode("utf-8", "replace")) // BYTES_A_TOKEN + min(reply, TYPICAL_REPLY)


# --- After it ---------------------------------------------------------------------------------------------------------
def settle(run: Run, *, requests: int, tokens: int) -> None:
    """Count what the request took in place of its shares; the run is held, and the caller saves `reserved`."""
    for share in run.reserved or ():
        used = requests if share["type"] == QuotaType.REQUESTS else tokens
        counts = QuotaCount.objects.filter(pk=share["count"])
        counts.update(used=F("used") + used, reserved=F("reserved") - share["amount"])
    run.reserved = None


def release(*ended: Run) -> None:
    """Give back what no request will use any more; the caller has locked the runs. All of one transaction at once."""
    held = [run for run in ended if run.reserved]
    if len(held) > 1:
        quota_counts.lock({share["count"] for run in held for share in run.reserved or ()})
    for run in held:
        settle(run, requests=0, tokens=0)
        run.save(update_fields=["reserved"])


# --- Steps ------------------------------------------------------------------------------------------------------------
def _take(
    session: ChatSession,
    user_id: UUID | None,
    bucket: str,
    tokens: Callable[[], int],
    *,
    teller: Actor,
    also: AbstractSet[str] = frozenset(),
) -> list[Share]:
    """One request's share of each quota that applies, or a refusal; all or nothing by the caller's transaction."""
    quotas = quota_counts.applying(session.organization_id, user_id, bucket)
    if not quotas:
        return []
    limits = quota_counts.at(quotas, user_id=user_id, now=clock.now())
    wanted = {QuotaType.REQUESTS: 1}
    if any(quota.quota_type == QuotaType.TOKENS for quota in quotas):
        wanted[QuotaType.TOKENS] = tokens()
    counts = quota_counts.counted(limits)
    if also:
        quota_counts.lock({*also, *(str(counts[limit.key].pk) for limit in limits)})
    # Everybody takes the counts in the same order, or two would wait for each other.
    asked = [
        Asked(limit, counts[limit.key], wanted[QuotaType(limit.quota.quota_type)])
        for limit in sorted(limits, key=lambda each: counts[each.key].pk)
    ]
    if refused := [each for each in asked if not each.reserve()]:
        # Of several the one that lasts longest: it would be of no use to come back before.
        raise max(refused, key=lambda each: each.limit.resets_at).refusal(session, teller)
    return [each.share for each in asked]


def _talk_so_far(session: ChatSession) -> int:
    """What a model was last told here, and said: it will be told that again."""
    talked = Run.objects.filter(session=session, lane=Run.Lane.CHAT).exclude(usage={}).order_by("-id")
    last = talked.values_list("usage", flat=True).first() or {}
    return sum(step["input_tokens"] + step["output_tokens"] for step in last.get("steps", [])[-1:])


def _tell(session_id: UUID, told: QuotaExceeded, teller: Actor) -> None:
    with suppress(NotFound):  # the session was made by the request, and went with it
        log.record(told, session=log.lock(session_id), actor=teller)
