"""Advance a run: the one unit of work, in the embedded runner and in a queue's worker alike."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError

from agents_app.engine import limits as limiting
from agents_app.engine import starting
from agents_app.engine.limits import LIMITS, Limits
from agents_app.engine.modes import MODES
from agents_app.engine.starting import Start
from agents_app.engine.turn import Done, Parked, Turn
from agents_app.engine.watch import Cancelled, Paused, Released, Watch
from agents_app.models import Run
from agents_app.services import leases, working
from agents_app.services.leases import Lease, LeaseLost
from sessions_app.errors import Refused
from sessions_app.events import executors

log = structlog.get_logger(__name__)

Write = Callable[[], object]
BROKEN = "Something went wrong on our side; the log of the server says what. You can ask again."


async def advance(run_id: UUID, *, owner: str, watch: Watch | None = None, limits: Limits = LIMITS) -> None:
    """Take the run, drive its mode until it ends or must wait for a person, and let go of it."""
    taken = await executors.run(partial(_take, run_id, owner))
    if taken is None:
        return
    lease, start = taken
    watch = watch or Watch()
    async with _renewing(lease, watch):
        await _write(await _drive(lease, start, watch, limits), lease)


def _take(run_id: UUID, owner: str) -> tuple[Lease, Start | None] | None:
    """The run's lease, and where it starts, in one way to the database and back."""
    lease = working.acquire(run_id=run_id, owner=owner)
    if lease is None:
        return None
    try:
        return lease, starting.of(run_id)
    except (OperationalError, InterfaceError):
        return lease, None  # it is asked again by who can say what becomes of the run


async def _drive(lease: Lease, start: Start | None, watch: Watch, limits: Limits) -> Write | None:
    """Work, and say what is left to write; nothing if all is written, or another owner has the run."""
    try:
        await _work(lease, start, watch, limits)
    except Cancelled:
        return partial(working.finish, lease, Run.Status.CANCELLED)
    except Paused:
        return partial(working.rest, lease)
    except LeaseLost:
        log.warning("lease lost", run=str(lease.run_id), fence=lease.fence)
    except Released:
        return partial(working.release, lease)
    except (OperationalError, InterfaceError) as error:
        # The database went away. The run is not to blame: it goes back to the queue once the database is there.
        # If it is there already, the run may well be: one that always fails so must not go round for ever.
        crashed = await _database_answers()
        log.warning("database lost in a run", run=str(lease.run_id), error=str(error), crashed=crashed)
        return partial(working.release, lease, crashed=crashed)
    except Refused as refused:
        return partial(working.finish, lease, Run.Status.FAILED, refused.code, refused.detail)
    except Exception:
        log.exception("run failed", run=str(lease.run_id))
        return partial(working.finish, lease, Run.Status.FAILED, "INTERNAL_ERROR", BROKEN)
    return None


async def _work(lease: Lease, start: Start | None, watch: Watch, limits: Limits) -> None:
    """Drive the mode; once more if something came for the run in the moment it wanted to stop."""
    again = False
    while True:
        if start is None:
            start = await executors.run(starting.of, lease.run_id)
        turn = _turn(lease, start, watch, limits)
        outcome = await MODES[turn.run.mode](turn)
        watch.check()
        read_inbox = turn.heard or not again  # a mode that does not read it must not go round for ever
        match outcome:
            case Parked(waiting_for):
                stop = partial(working.park, lease, waiting_for, read_inbox=read_inbox)
            case Done():
                stop = partial(working.finish, lease, Run.Status.SUCCEEDED, read_inbox=read_inbox)
        if await executors.run(stop):
            return
        again, start = True, None


def _turn(lease: Lease, start: Start, watch: Watch, limits: Limits) -> Turn:
    run = start.run
    session = run.session
    return Turn(
        lease=lease, run=run, session=session, agent=run.agent, incident=session.incident, watch=watch,
        limits=limiting.of(run, limits), means=start.means, written_to=start.written_to,
    )  # fmt: skip


async def _database_answers() -> bool:
    try:
        await executors.run(Run.objects.exists)
    except (OperationalError, InterfaceError):
        return False
    return True


async def _write(write: Write | None, lease: Lease) -> None:
    """Write the end, however often the database has to be asked; a lease that runs out meanwhile is another's."""
    wait = 0.2
    while write is not None:
        try:
            await executors.run(write)
            return
        except LeaseLost:
            return
        except (OperationalError, InterfaceError) as error:
            log.warning("the end of a run can't be written yet", run=str(lease.run_id), error=str(error))
            await asyncio.sleep(wait)
            wait = min(wait * 2, 5)


@contextlib.asynccontextmanager
async def _renewing(lease: Lease, watch: Watch) -> AsyncIterator[None]:
    """Hold on to the run from the side while it is at work."""
    renewing = asyncio.create_task(_renew(lease, watch), name=f"renew {lease.run_id}")
    try:
        yield
    finally:
        renewing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await renewing


async def _renew(lease: Lease, watch: Watch) -> None:
    """Also how a cancel from another process is seen, should its interrupt not have reached us."""
    loop, seconds = asyncio.get_running_loop(), settings.WARROOM_LEASE_SECONDS
    until = loop.time() + seconds
    while True:
        await asyncio.sleep(seconds / 3)
        try:
            run = await executors.run(partial(leases.renew, lease))
        except LeaseLost as lost:
            return watch.stop(lost)
        except (OperationalError, InterfaceError) as error:
            log.warning("lease not renewed", run=str(lease.run_id), error=str(error))
            if loop.time() >= until:
                return watch.stop(LeaseLost())
            continue
        until = loop.time() + seconds
        if run.cancel_requested_at:
            watch.stop(Cancelled())
        elif run.pause_requested_at:
            watch.stop(Paused())
