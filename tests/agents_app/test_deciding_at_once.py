"""Many at once on one request: one outcome, one execution, and a clear answer for everybody (F12)."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from asgiref.sync import async_to_sync

from agents_app import clock
from agents_app.engine import dispatcher
from agents_app.models import Approval, BlockedIndicator
from agents_app.services import approvals, leases, outcomes, runs
from agents_app.services.leases import LeaseLost
from sessions_app import actors
from sessions_app.errors import Refused
from sessions_app.models import AuditEntry, Event
from sessions_app.services import audit, incidents
from sessions_app.vocabulary import Decision
from tests import factories
from tests.agents_app.control import EVIL, Scene, at_once, block, expire_due, scene

pytestmark = pytest.mark.django_db(transaction=True)


def deciding(made: Scene, who: str, decision: str = "approve", **fields: object) -> Callable[[], Approval]:
    asked, person = made.approval, made.person(who)
    said = Decision.model_validate({"version": 1, "digest": asked.digest, "decision": decision, **fields})
    return lambda: approvals.decide(approval_id=asked.pk, decision=said, by=actors.person(person))


def test_of_fifty_decisions_at_once_one_wins_and_it_is_executed_once() -> None:
    made = scene()
    made.act()
    made.park()
    crowd = [deciding(made, f"approver{number}", "approve" if number % 2 else "reject") for number in range(50)]
    answers = at_once(*crowd)
    won = [each for each in answers if isinstance(each, Approval)]
    lost = Counter((each.code, each.entry.status) for each in answers if isinstance(each, Refused))
    assert len(won) == 1
    assert lost == {("APPROVAL_ALREADY_DECIDED", 409): 49}
    assert all(
        each.details["decided_by"]["id"] == str(won[0].decided_by_id) for each in answers if isinstance(each, Refused)
    )
    made.take_up()
    made.again(), made.again()
    assert len(made.blocked) == (1 if won[0].status == "approved" else 0)
    assert len(made.events("approval")) == 2
    assert made.events("run.queued") == ["run.queued"]
    log_and_chain_hold(made)


def test_one_person_in_fifty_tabs_gets_fifty_times_the_same_answer() -> None:
    made = scene()
    made.act()
    answers = at_once(*[deciding(made, "approver") for _ in range(50)])
    assert {each.status for each in answers if isinstance(each, Approval)} == {"approved"}
    assert not [each for each in answers if isinstance(each, Refused)]
    assert made.events("approval.approved") == ["approval.approved"]
    assert made.approval.votes.count() == 1


@pytest.mark.parametrize("rival", ["reject", "expire", "cancel", "close", "edit"])
@pytest.mark.parametrize("attempt", range(3))
def test_an_approval_that_races_something_else_has_one_outcome(rival: str, attempt: int) -> None:
    made = scene()
    made.act()
    made.park()
    commander = actors.person(made.person("commander"))
    rivals: dict[str, Callable[[], object]] = {
        "reject": deciding(made, "commander", "reject"),
        "expire": expire_due,
        "cancel": lambda: runs.cancel(run_id=made.run.pk, by=commander),
        "close": lambda: incidents.change(
            incident_id=made.incident.pk if made.incident else made.session.pk,
            changes={"status": "closed"},
            by=commander,
        ),
        "edit": deciding(made, "commander", edited_args=block(minutes=10)),
    }
    if rival == "expire":
        Approval.objects.update(expires_at=clock.now() + timedelta(milliseconds=20))
    approve, other = at_once(deciding(made, "approver"), rivals[rival])
    settled = made.approval
    assert settled.status != "pending" or rival == "expire"
    ends = [each for each in made.events("approval") if each not in ("approval.requested", "approval.edited")]
    if settled.status != "pending":
        assert ends == [f"approval.{settled.status}"]
    assert isinstance(approve, Approval) == (settled.decided_by_id == made.person("approver").pk)
    assert other is not None
    log_and_chain_hold(made)


def test_two_owners_of_a_run_execute_what_was_approved_once() -> None:
    made = scene()
    made.act()
    made.decide()
    old = made.lease
    new = made.take_up()

    def go_on(lease: leases.Lease) -> Callable[[], object]:
        def act() -> object:
            try:
                return async_to_sync(dispatcher.dispatch)(lease, made.last)
            except LeaseLost:
                return "lost"

        return act

    answers = at_once(go_on(old), go_on(new))
    assert answers[0] == "lost"
    assert made.blocked == [EVIL]
    assert BlockedIndicator.objects.count() == 1


def test_of_many_answers_to_an_unclear_outcome_one_counts() -> None:
    made = scene()
    call = factories.tool_call(made.run, state="unknown", args=block())
    made.park("outcome")

    def saying(who: str, outcome: str) -> Callable[[], object]:
        by = actors.person(made.person(who))
        return lambda: outcomes.decide(tool_call_id=call.pk, outcome=outcome, by=by)  # type: ignore[arg-type]

    answers = at_once(*[saying(f"approver{number}", ("happened", "skip", "retry")[number % 3]) for number in range(12)])
    assert len([each for each in answers if not isinstance(each, Refused)]) == 1
    assert {each.code for each in answers if isinstance(each, Refused)} == {"CONFLICT"}
    assert made.events("execution") == ["execution.resolved"]


def log_and_chain_hold(made: Scene) -> None:
    """No gap in the room's log, and the audit chain unbroken."""
    seqs = list(Event.objects.filter(session=made.session).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))
    entries = list(AuditEntry.objects.filter(organization=made.organization).order_by("seq"))
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert all(audit.chained(entry) == entry.hash for entry in entries)
    assert all(later.previous == earlier.hash for earlier, later in pairwise(entries))
