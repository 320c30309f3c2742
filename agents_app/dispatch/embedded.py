"""The embedded runner: advances runs on the server's own loop. Woken on commit; its sweep finds what was missed."""

import asyncio
import contextlib
import fcntl
import os
import secrets
from functools import partial
from pathlib import Path
from typing import IO
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError

from agents_app import queue
from agents_app.dispatch import periodic
from agents_app.dispatch.usher import Usher
from agents_app.engine import clients
from agents_app.engine.advance import advance
from agents_app.engine.watch import Cancelled, Paused, Released, Watch
from agents_app.models import Run
from agents_app.services import leases
from sessions_app.events import executors

log = structlog.get_logger(__name__)

AT_ONCE = 30
SWEEP_SECONDS = 3.0
LONGEST_BACK_OFF_SECONDS = 10.0
RELEASE_SECONDS = 1.5
STOPS: dict[queue.Change, type[Exception]] = {queue.Change.INTERRUPTED: Cancelled, queue.Change.PAUSED: Paused}


class Runner:
    """Takes up queued runs and those whose owner is gone, at most so many at once."""

    def __init__(self, *, at_once: int = AT_ONCE, sweep_seconds: float = SWEEP_SECONDS) -> None:
        self._at_once, self._sweep_seconds = at_once, sweep_seconds
        self._watches: dict[UUID, Watch] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        # Each alert sends a crew: who floods us with alerts must not keep people waiting for their answers.
        self._crews_at_once = max(1, at_once * 2 // 3)
        self._crews: set[UUID] = set()
        self._missed: set[UUID] = set()
        self._home = Home(settings.WARROOM_HOME)
        # Nothing is taken up before what the process before left behind.
        self._swept = False
        self._usher = Usher(self._let_in)
        self._ushering: asyncio.Task[None] | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self._periodic: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        queue.listen(self._hear)
        self._ushering = asyncio.create_task(self._usher.work(), name="usher")
        self._sweeping = asyncio.create_task(self._sweep_on(), name="runner")
        self._periodic = asyncio.create_task(periodic.keep_time(), name="periodic")

    async def stop(self) -> None:
        """Give every run back to the queue, within seconds; what can't be given back runs out of its lease."""
        queue.unlisten(self._hear)
        self._swept = False
        await _ended(self._ushering, self._sweeping, self._periodic)
        for watch in self._watches.values():
            watch.stop(Released())
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=RELEASE_SECONDS)
            await _ended(*late)
        await clients.close()
        self._home.leave()

    # --- Hearing ------------------------------------------------------------------------------------------------------
    def _hear(self, run_id: UUID, change: queue.Change) -> None:
        """In the thread that committed: cross over to the loop."""
        with contextlib.suppress(RuntimeError):  # the loop has closed; the row waits for the next process
            self._loop.call_soon_threadsafe(self._heard, run_id, change)

    def _heard(self, run_id: UUID, change: queue.Change) -> None:
        if change is queue.Change.QUEUED and self._swept:
            self._usher.ask(run_id)  # without looking for what else there is; whether it is its turn is seen later
        elif change in (queue.Change.QUEUED, queue.Change.DUE):
            self._woken.set()
        elif change in STOPS and run_id in self._watches:
            self._watches[run_id].stop(STOPS[change]())

    # --- Sweeping -----------------------------------------------------------------------------------------------------
    async def _sweep_on(self) -> None:
        wait = self._sweep_seconds
        while True:
            self._woken.clear()
            try:
                await self._sweep()
                wait = self._sweep_seconds
            except (OperationalError, InterfaceError) as error:
                log.warning("runner can't read the queue", error=str(error), again_in_s=wait)
                wait = min(wait * 2, LONGEST_BACK_OFF_SECONDS)
            except Exception:
                # Whatever it is: with nobody left to sweep, every run would wait for ever, and in silence.
                log.exception("the runner's sweep failed", again_in_s=wait)
                wait = min(wait * 2, LONGEST_BACK_OFF_SECONDS)
            with contextlib.suppress(TimeoutError):
                # Not wait_for: if it is woken in the moment it is stopped, that goes on for ever
                # (https://github.com/python/cpython/issues/86296).
                async with asyncio.timeout(wait):
                    await self._woken.wait()

    async def _sweep(self) -> None:
        if not self._swept:
            await executors.run(self._home.take_over)
            self._swept = True
        if len(self._tasks) == self._at_once:
            return
        due = await executors.run(partial(_due, self._at_once + len(self._tasks)))
        for run_id in due[Run.Lane.CHAT]:
            self._usher.ask(run_id)
        for run_id in due[Run.Lane.CREW]:
            if len(self._crews) < self._crews_at_once and self._take_up(run_id):
                self._crews.add(run_id)

    def _let_in(self, run_id: UUID) -> None:
        if not self._take_up(run_id) and run_id in self._tasks:
            self._missed.add(run_id)  # it is still at work for the last time

    def _take_up(self, run_id: UUID) -> bool:
        if run_id in self._tasks or len(self._tasks) == self._at_once:
            return False
        watch = self._watches[run_id] = Watch()
        task = asyncio.create_task(advance(run_id, owner=self._home.owner, watch=watch), name=f"run {run_id}")
        self._tasks[run_id] = task
        task.add_done_callback(partial(self._done, run_id))
        return True

    def _done(self, run_id: UUID, task: "asyncio.Task[None]") -> None:
        was_full = len(self._tasks) == self._at_once or len(self._crews) == self._crews_at_once
        del self._tasks[run_id], self._watches[run_id]
        self._crews.discard(run_id)
        if not task.cancelled() and (error := task.exception()):
            log.error("a run could not be advanced", run=str(run_id), exc_info=error)
        if was_full or run_id in self._missed:
            self._missed.discard(run_id)
            self._woken.set()  # there may be runs that found no place


class Home:
    """Proves that the earlier process of this home is gone, so that its runs need not wait for their leases.

    The kernel gives up a dead process's file lock. Whoever gets the lock is the only runner of the home: any lease
    in the home's name is of a process that no longer exists. A second runner beside it has a name of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "runner.lock"
        self._file: IO[str] | None = None
        self._taken_over = False
        self.owner = f"{secrets.token_hex(6)}:{os.getpid()}"

    def take_over(self) -> None:
        """Once, at the first sweep: a database that is away then is asked again by the next."""
        if self._taken_over:
            return
        if self._file or self._lock():
            name = self._name()
            self.owner = f"{name}:{os.getpid()}:{secrets.token_hex(4)}"
            if count := leases.expire_of_dead(name, but=self.owner):
                log.info("taking up the runs of the process before", runs=count)
        self._taken_over = True

    def leave(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _lock(self) -> bool:
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def _name(self) -> str:
        """The home's name in leases: made once, kept in the locked file."""
        assert self._file
        self._file.seek(0)
        if name := self._file.read().strip():
            return name
        name = secrets.token_hex(6)
        self._file.write(name)
        self._file.flush()
        return name


def _due(most: int) -> dict[str, list[UUID]]:
    """What may be taken up, by lane: people do not wait behind crews."""
    due: dict[str, list[UUID]] = {lane: [] for lane in Run.Lane.values}
    for run_id, lane in leases.due().values_list("pk", "lane"):
        if len(due[lane]) < most:
            due[lane].append(run_id)
    return due


async def _ended(*tasks: "asyncio.Task[None] | None") -> None:
    there = [task for task in tasks if task]
    for task in there:
        task.cancel()
    await asyncio.gather(*there, return_exceptions=True)
