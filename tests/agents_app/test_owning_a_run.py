"""One owner at a time: leases, the fence, crashes, and what the next owner finds."""

import pytest

from agents_app.models import Run
from agents_app.services import leases, runs, working
from agents_app.services.leases import LeaseLost
from sessions_app.actors import SYSTEM
from sessions_app.events import log
from sessions_app.models import ChatSession, Message
from sessions_app.services import messages
from tests import factories
from tests.agents_app.talking import crash, events, told

pytestmark = pytest.mark.django_db


def test_a_run_at_work_has_one_owner() -> None:
    run = factories.run()
    lease = working.acquire(run_id=run.pk, owner="a:1")
    assert lease
    assert working.acquire(run_id=run.pk, owner="b:2") is None
    run.refresh_from_db()
    assert (run.status, run.lease_owner, run.fence) == ("running", "a:1", 1)
    assert told(run.session) == ["run.started"]


def test_a_lease_that_ran_out_is_anothers_and_the_fence_grows() -> None:
    run = factories.run()
    first = working.acquire(run_id=run.pk, owner="a:1")
    assert first
    crash(run)
    second = working.acquire(run_id=run.pk, owner="b:2")
    assert second
    assert second.fence > first.fence
    run.refresh_from_db()
    assert run.crashes == 1


def test_who_lost_the_lease_writes_nothing() -> None:
    run = factories.run()
    old = working.acquire(run_id=run.pk, owner="a:1")
    assert old
    crash(run)
    assert working.acquire(run_id=run.pk, owner="b:2")
    seen = told(run.session)
    for write in (
        lambda: working.save_checkpoint(old, {"step": 1}),
        lambda: working.finish(old, "succeeded"),
        lambda: working.park(old, "approval"),
        lambda: working.release(old),
        lambda: leases.renew(old),
    ):
        with pytest.raises(LeaseLost):
            write()
    run.refresh_from_db()
    assert (run.status, run.checkpoint, run.lease_owner) == ("running", None, "b:2")
    assert told(run.session) == seen


def test_renewing_holds_on() -> None:
    run = factories.run()
    lease = working.acquire(run_id=run.pk, owner="a:1")
    assert lease
    crash(run)
    leases.renew(lease)
    assert working.acquire(run_id=run.pk, owner="b:2") is None


def test_a_run_that_crashes_more_than_three_times_has_failed() -> None:
    run = factories.run()
    for _ in range(4):
        assert working.acquire(run_id=run.pk, owner="a:1")
        crash(run)
    assert working.acquire(run_id=run.pk, owner="a:1") is None
    run.refresh_from_db()
    assert (run.status, run.error_code) == ("failed", "RUN_CRASHED")
    assert told(run.session)[-2:] == ["message.error", "run.failed"]


def test_crashes_that_a_run_got_past_count_no_more() -> None:
    run = factories.run()
    for step in range(3):
        for _ in range(3):
            lease = working.acquire(run_id=run.pk, owner="a:1")
            assert lease, "crashed three times since it last moved on"
            working.save_checkpoint(lease, {"step": step})
            crash(run)
    lease = working.acquire(run_id=run.pk, owner="a:1")
    assert lease
    working.save_checkpoint(lease, {"step": step})
    crash(run)
    assert working.acquire(run_id=run.pk, owner="a:1") is None, "what it says again is no progress"
    run.refresh_from_db()
    assert run.error_code == "RUN_CRASHED"


def test_a_release_is_no_crash() -> None:
    run = factories.run()
    for _ in range(6):
        lease = working.acquire(run_id=run.pk, owner="a:1")
        assert lease
        working.release(lease)
    run.refresh_from_db()
    assert (run.status, run.crashes) == ("queued", 0)


def test_the_next_owner_voids_what_was_half_said() -> None:
    run = factories.run()
    working.acquire(run_id=run.pk, owner="a:1")
    half = "0198a0a0-0000-7000-8000-000000000001"
    Run.objects.filter(pk=run.pk).update(speaking=[half])
    crash(run)
    working.acquire(run_id=run.pk, owner="b:2")
    [reset] = events(run.session, "message.reset")
    assert reset.data["message_id"] == half
    run.refresh_from_db()
    assert run.speaking == []


def test_a_home_takes_over_its_own_dead_and_nobody_elses() -> None:
    ours, theirs = factories.run(factories.room()), factories.run(factories.room())
    working.acquire(run_id=ours.pk, owner="home1:11:aa")
    working.acquire(run_id=theirs.pk, owner="home2:12:bb")
    assert leases.expire_of_dead("home1", but="home1:13:cc") == 1
    assert [run.pk for run in leases.due()] == [ours.pk]


@pytest.fixture
def room() -> ChatSession:
    return factories.room()


def test_a_lane_has_one_run_at_work_and_the_others_go_in_order(room: ChatSession) -> None:
    first, second, third = (factories.run(room) for _ in range(3))
    assert working.acquire(run_id=second.pk, owner="a:1") is None
    lease = working.acquire(run_id=first.pk, owner="a:1")
    assert lease
    assert working.acquire(run_id=second.pk, owner="a:1") is None
    working.finish(lease, "succeeded")
    assert working.acquire(run_id=third.pk, owner="a:1") is None
    assert working.acquire(run_id=second.pk, owner="a:1")


def test_the_queue_shows_the_first_of_each_free_lane(room: ChatSession) -> None:
    first, _, other = factories.run(room), factories.run(room), factories.run(factories.room())
    crew = factories.run(room, mode="crew", lane="crew")
    assert {run.pk for run in leases.due()} == {first.pk, other.pk, crew.pk}
    working.acquire(run_id=first.pk, owner="a:1")
    assert {run.pk for run in leases.due()} == {other.pk, crew.pk}


def test_a_waiting_run_holds_no_slot_and_queues_again_when_woken(room: ChatSession) -> None:
    first, second = factories.run(room), factories.run(room)
    lease = working.acquire(run_id=first.pk, owner="a:1")
    assert lease
    assert working.park(lease, "approval")
    first.refresh_from_db()
    assert (first.status, first.waiting_for, first.lease_owner) == ("waiting", "approval", "")
    at_work = working.acquire(run_id=second.pk, owner="a:1")
    assert at_work
    _wake(first)
    assert working.acquire(run_id=first.pk, owner="a:1") is None
    working.finish(at_work, "succeeded")
    assert working.acquire(run_id=first.pk, owner="a:1")
    assert "run.waiting" in told(room)


def test_what_comes_while_a_run_is_about_to_park_is_not_missed(room: ChatSession) -> None:
    run = factories.run(room)
    lease = working.acquire(run_id=run.pk, owner="a:1")
    assert lease
    _wake(run)
    assert working.park(lease, "approval") is False
    assert working.park(lease, "approval") is True


def test_a_message_for_a_run_is_read_before_it_ends(room: ChatSession) -> None:
    run = factories.run(room)
    lease = working.acquire(run_id=run.pk, owner="a:1")
    assert lease
    message = _message(room)
    run.inbox.create(message=message)
    assert working.finish(lease, "succeeded") is False
    assert working.take_inbox(leases.held(lease)) == [message]
    assert working.finish(lease, "succeeded") is True


def _wake(run: Run) -> None:
    session = log.lock(run.session_id)
    again = Run.objects.select_related("agent", "provider").get(pk=run.pk)
    again.session = session
    runs.wake(again, by=SYSTEM)


def _message(room: ChatSession) -> Message:
    return messages.say(session=log.lock(room.pk), speaker=SYSTEM, content="Look at the mail server.")
