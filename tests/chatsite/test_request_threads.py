"""A request works in a thread of its own, and the next one in the same: with the connection that the thread has."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from chatsite import request_threads
from chatsite.request_threads import RequestThreads


async def until(there: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not there():  # noqa: ASYNC110  threads that end or come back set no event
            await asyncio.sleep(0.001)


class Site:
    """Works in the thread that Django would work in."""

    def __init__(self) -> None:
        self.threads = RequestThreads(self._answer)
        self.seen: list[int] = []
        self.go_on = threading.Event()
        self.go_on.set()

    async def visit(self) -> None:
        await self.threads({}, None, None)  # type: ignore[arg-type]

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        await sync_to_async(self._work, thread_sensitive=True)()

    def _work(self) -> None:
        self.seen.append(threading.get_ident())
        self.go_on.wait(60)


async def test_one_after_the_other_use_one_thread() -> None:
    site = Site()
    for _ in range(5):
        await site.visit()
        await until(lambda: site.threads._free)
    assert len(set(site.seen)) == 1
    assert site.seen[0] != threading.get_ident()


async def test_two_at_once_do_not_wait_for_each_other() -> None:
    site = Site()
    site.go_on.clear()
    visits = [asyncio.create_task(site.visit()) for _ in range(2)]
    await until(lambda: len(site.seen) == 2)
    site.go_on.set()
    await asyncio.gather(*visits)
    assert len(set(site.seen)) == 2


async def test_what_a_client_left_behind_holds_up_nobody() -> None:
    site = Site()
    site.go_on.clear()
    left = asyncio.create_task(site.visit())
    await until(lambda: len(site.seen) == 1)
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    visit = asyncio.create_task(site.visit())
    await until(lambda: len(site.seen) == 2)
    site.go_on.set()
    await visit
    assert len(set(site.seen)) == 2


async def test_only_so_many_threads_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_threads, "KEPT", 1)
    site = Site()
    site.go_on.clear()
    visits = [asyncio.create_task(site.visit()) for _ in range(3)]
    await until(lambda: len(site.seen) == 3)
    site.go_on.set()
    await asyncio.gather(*visits)
    working = [each for each in threading.enumerate() if each.ident in site.seen]
    await until(lambda: sum(each.is_alive() for each in working) == 1)
    assert len(site.threads._free) == 1
