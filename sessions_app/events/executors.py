"""The only ways from the event loop into the database, and into whatever else would hold it up.

asgiref's one thread for everything would let a slow query of one session hold up the events of all others.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections
from django.utils import translation

P = ParamSpec("P")
T = TypeVar("T")

_reads = ThreadPoolExecutor(2, thread_name_prefix="reads")
_runs = ThreadPoolExecutor(6, thread_name_prefix="runs")
_works = ThreadPoolExecutor(4, thread_name_prefix="works")


async def read(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Read what the stream waits for; short queries only."""
    return await _in(_reads, fn, *args, **kwargs)


async def run(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one command or one transaction; it may wait for a lock."""
    return await _in(_runs, fn, *args, **kwargs)


async def work(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do what may take seconds, such as reading a long log: in threads of its own, so that no decision waits for it."""
    return await _in(_works, fn, *args, **kwargs)


async def _in(pool: ThreadPoolExecutor, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """In the caller's context, as asgiref does it, and without what its thread-sensitive ways cost each call."""
    call = partial(copy_context().run, _connected, partial(fn, *args, **kwargs), translation.get_language())
    return await asyncio.get_running_loop().run_in_executor(pool, call)


def _connected(call: Callable[[], T], language: str) -> T:
    """Drop connections that died, before and after; and give those of a pool back."""
    translation.activate(language)  # Django keeps it for one thread, and this one's context is a copy
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()
