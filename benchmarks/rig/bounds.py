"""A measurement ends in time, and takes with it what it started."""

import resource
import signal
from types import FrameType
from typing import NoReturn


def give_up_after(seconds: int) -> None:
    """As an exception, so that every `with` is left; also when whoever started us wants to end."""

    def give_up(number: int, frame: FrameType | None) -> NoReturn:
        raise SystemExit(f"given up after {signal.Signals(number).name}; the longest is {seconds} s")

    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, give_up)
    signal.alarm(seconds)


def open_files(wanted: int) -> int:
    """Raise the soft limit as far as the hard one allows; how many there may be now."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed
