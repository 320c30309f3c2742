"""How often callers may ask: so many a minute, at once or spread, counted for all processes that share a cache.

The generic cell rate algorithm (ITU-T I.371, annex A; https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm) keeps
one number for each caller: the time at which an evenly paced one would ask next. Exact, without windows that could be
gamed at their edges, and without a counter to reset.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from redis.exceptions import RedisError

from sessions_app.errors import Refused

log = structlog.get_logger(__name__)

WORDS = {
    "sign_ins": _("Too many sign-ins from this address: at most {rate} a minute. Try again in {seconds} s."),
    "messages": _("Too many messages from you: at most {rate} a minute. Try again in {seconds} s."),
    "ingest": _("Too many alerts from this caller: at most {rate} a minute. Try again in {seconds} s."),
    "searches": _("Too many searches from you: at most {rate} a minute. Try again in {seconds} s."),
    "sockets": _("Too many connections from this address: at most {rate} a minute. Try again in {seconds} s."),
}
MINUTE = 60.0
# One number a key, in milliseconds of Redis's own clock, since those of several machines differ. Answers the wait.
GCRA = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = due - now - burst
if wait > 0 then return tostring(wait) end
redis.call('SET', KEYS[1], tostring(due + interval), 'PX', math.ceil(due + interval - now))
return '0'
"""
# Django's in-memory cache drops a third of its keys at random when it has three hundred, so this process has its own.
MOST_KEPT = 100_000
_local: dict[str, float] = {}
_here = threading.Lock()


def require(limit: str, caller: str) -> None:
    """Pass, or refuse and say when it would pass; `limit` is a key of `WORDS`, `caller` an address or a name."""
    rate = per_minute(limit)
    wait = taken(f"rate:{limit}:{caller}", rate) if rate else 0.0
    if wait > 0:
        words = gettext(WORDS[limit]).format(rate=rate, seconds=max(1, round(wait)))
        details = {"limit": limit, "per_minute": rate, "retry_after_s": round(wait, 3)}
        raise Refused("RATE_LIMIT_EXCEEDED", words, details=details, retry_after_s=wait)


def per_minute(limit: str) -> int:
    """As the installation sets it; 0 is no limit."""
    rate: int = getattr(settings, f"WARROOM_RATE_{limit.upper()}")
    return rate


def forget_all() -> None:
    """Begin anew in this process; for tests."""
    with _here:
        _local.clear()


def shared() -> bool:
    """Whether other processes count with us; asking then takes a way over the network."""
    return bool(settings.REDIS_URL)


def taken(key: str, rate: int, clock: Callable[[], float] = time.monotonic) -> float:
    """Take one of `rate` a minute; the seconds to wait if there is none, and then none is taken."""
    if shared():
        try:
            return _there(key, rate)
        except RedisError as error:
            # A limit that can't be shared is kept by each process: neither everybody nor nobody is let in.
            log.warning("rate limits are not shared", error=str(error))
    with _here:
        return _taken_here(key, rate, clock())


def _taken_here(key: str, rate: int, now: float) -> float:
    interval = MINUTE / rate
    due = max(_local.get(key, now), now)
    # Rounding must not take the last of a burst away.
    wait = due - now - (MINUTE - interval)
    if wait > 1e-9:
        return wait
    _local[key] = due + interval
    if len(_local) > MOST_KEPT:
        _forget(now)
    return 0.0


def _forget(now: float) -> None:
    """Who could ask as often as somebody new need not be remembered."""
    for key in [key for key, due in _local.items() if due <= now]:
        del _local[key]


def _there(key: str, rate: int) -> float:
    interval = MINUTE * 1000 / rate
    client: Any = cache._cache.get_client(write=True)  # type: ignore[attr-defined]  # Django's own cache has no scripts
    answer = client.eval(GCRA, 1, cache.make_key(key), interval, MINUTE * 1000 - interval)
    return float(answer) / 1000
