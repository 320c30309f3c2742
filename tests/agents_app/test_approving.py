"""Approvals: an agent asks, the right people decide once, and what they saw is what runs (control.md, Approval)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction

from agents_app import clock
from agents_app.catalogue import TOOLS, BlockIndicator
from agents_app.dispatch import periodic
from agents_app.engine.dispatcher import Settled, Waiting
from agents_app.models import Approval, Run, ToolCall, ToolPolicy
from agents_app.services import approvals, directing, leases, runs, working
from sessions_app import actors, permissions
from sessions_app.events import log
from sessions_app.models import Event, Incident, Message
from sessions_app.services import incidents, messages
from sessions_app.services.accounts import issue_key
from sessions_app.vocabulary import Decision, MessageSend
from tests import factories
from tests.agents_app.control import EVIL, Scene, block, expire_due, leave, offer_reboots, refused, said, scene

pytestmark = pytest.mark.django_db(transaction=True)


def policy_of(made: Scene, **fields: Any) -> ToolPolicy:
    usual = {"organization": made.organization, "tool": "block_indicator", "effect": "approve"}
    return ToolPolicy.objects.create(**{**usual, **fields})


def two_approvers(made: Scene, **fields: Any) -> ToolPolicy:
    return policy_of(made, need=[{"role": "approver", "approve": 2, "reject": 2}], **fields)


def write(made: Scene, who: str = "responder") -> None:
    """A person says something in the room."""
    made.session.refresh_from_db()
    with_seq = made.session.head + 1
    Message.objects.create(
        session=made.session,
        seq=with_seq,
        sender_type="user",
        sender=made.person(who),
        sender_name=who,
        content="Go on.",
    )
    type(made.session).objects.filter(pk=made.session.pk).update(head=with_seq)


# --- Asking -----------------------------------------------------------------------------------------------------------
def test_a_change_waits_for_a_person_and_happens_after_their_yes() -> None:
    made = scene()
    assert made.act() == Waiting(made.call, "approval")
    assert made.blocked == []
    made.park()
    made.decide()
    made.take_up()
    assert said(made.again())["outcome"] == "succeeded"
    assert made.blocked == [EVIL]
    assert made.events("approval") == ["approval.requested", "approval.approved"]
    assert made.audited() == ["approval.requested", "approval.approved", "execution.succeeded"]


def test_a_request_shows_what_is_asked_by_whom_and_what_it_will_affect() -> None:
    made = scene(asked_by=factories.user("ada", name="Ada"))
    made.act(reason="The log names it 400 times.")
    told = Event.objects.get(session=made.session, type="approval.requested").data
    assert told["args"] == block()
    assert told["tool"] == "block_indicator"
    assert told["risk"] == "high"
    assert told["requested_by"] == "Ada"
    assert told["agent_reason"] == "The log names it 400 times."
    assert f"{EVIL} on the organisation's block list for 1 hour" in told["impact"]
    assert told["policy"]["rule"] == "1 of: approver or above; not the requester (Changes containment)"
    assert told["digest"].startswith("sha256:")
    assert told["incident_id"] == str(made.session.incident_id)


def test_two_clocks_a_day_to_decide_and_a_quarter_of_an_hour_where_it_destroys(monkeypatch: pytest.MonkeyPatch) -> None:
    made = scene()
    offer_reboots(monkeypatch)
    made.act()
    assert timedelta(hours=23, minutes=59) < made.approval.expires_at - clock.now() <= timedelta(hours=24)
    made.act("reboot_host", {"host": "web-1"})
    assert timedelta(minutes=14) < made.approval.expires_at - clock.now() <= timedelta(minutes=15)
    assert made.approval.risk == "destructive"
    execute_by = made.decide().execute_by
    assert execute_by is not None
    assert timedelta(minutes=4) < execute_by - clock.now() <= timedelta(minutes=5)


def test_a_quorum_that_cannot_be_reached_fails_when_it_is_asked_and_says_so() -> None:
    made = scene()
    policy_of(made, need=[{"role": "commander", "approve": 2, "reject": 1}])
    told = said(made.act())
    assert told["outcome"] == "failed"
    assert "needs 2 of: commander, and 1 may decide it" in told["error"]
    assert not Approval.objects.exists()


def test_the_requester_does_not_count_towards_a_quorum_they_are_excluded_from() -> None:
    asker = factories.user(role="commander")
    made = scene(asked_by=asker)
    policy_of(made, need=[{"role": "commander", "approve": 2, "reject": 1}])
    assert said(made.act())["outcome"] == "failed"
    made.person("commander2")
    assert isinstance(made.act(), Waiting)


def test_identical_requests_in_a_room_join_one_record_and_share_its_outcome() -> None:
    made = scene()
    other = Scene(made.session, made.incident, *_second_run(made))
    made.act()
    assert isinstance(other.act(args=block(reason="Said in other words.")), Waiting)
    assert Approval.objects.count() == 1
    made.park(), other.park()
    made.decide()
    other.run.refresh_from_db()
    assert other.run.status == "waiting"
    made.take_up()
    made.again()
    other.run.refresh_from_db()
    assert other.run.status == "queued"
    other.take_up()
    assert said(other.again())["outcome"] == "succeeded"
    assert made.events("execution.succeeded") == ["execution.succeeded"]


def test_a_rejection_reaches_all_who_joined() -> None:
    made = scene()
    other = Scene(made.session, made.incident, *_second_run(made))
    made.act(), other.act()
    made.decide("reject", feedback="It is our scanner.")
    for each in (made, other):
        assert said(each.again())["result"]["feedback"] == "It is our scanner."


def test_when_the_run_that_asked_ends_those_who_joined_ask_for_themselves() -> None:
    made = scene()
    other = Scene(made.session, made.incident, *_second_run(made))
    made.act(), other.act()
    made.park(), other.park()
    runs.cancel(run_id=made.run.pk, by=actors.person(made.person("responder")))
    other.take_up()
    assert isinstance(other.again(), Waiting)
    assert other.approval.tool_call.run_id == other.run.pk
    assert other.approval.status == "pending"


def _second_run(made: Scene) -> tuple[Run, Any]:
    run = factories.run(made.session, lane="crew")
    lease = leases.take(run, owner="somebody")
    return run, lease


def test_at_most_five_requests_of_a_run_wait() -> None:
    made = scene()
    for number in range(5):
        assert isinstance(made.act(args=block(f"203.0.113.{number}")), Waiting)
    told = said(made.act(args=block("203.0.113.5")))
    assert (told["outcome"], "5 requests of this run wait" in told["error"]) == ("failed", True)


def test_at_most_twenty_requests_of_a_room_wait() -> None:
    made = scene()
    for number in range(20):
        asker = factories.tool_call(factories.run(made.session), args=block(f"203.0.113.{number}"))
        Approval.objects.create(
            organization=made.organization, session=made.session, tool_call=asker, digest="", fingerprint=str(number),
            level="approve", tool="block_indicator", tool_schema="", args={}, agent_name="A", risk="high",
            policy={"rule": ""}, expires_at=clock.now() + timedelta(hours=1),
        )  # fmt: skip
    told = said(made.act(args=block("203.0.113.99")))
    assert (told["outcome"], "20 requests wait" in told["error"]) == ("failed", True)


# --- Who decides ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["observer", "responder", "admin", "auditor"])
def test_only_the_roles_the_policy_names_decide(role: str) -> None:
    made = scene()
    made.act()
    assert not refused("APPROVAL_FORBIDDEN", lambda: made.decide(who=role)).entry.recoverable
    assert made.approval.status == "pending"
    assert made.audited("approval.forbidden") == ["approval.forbidden"]


@pytest.mark.parametrize("role", ["approver", "commander"])
def test_an_approver_or_above_decides(role: str) -> None:
    made = scene()
    made.act()
    assert made.decide(who=role).status == "approved"


def test_the_requester_does_not_decide_their_own_request() -> None:
    asker = factories.user(role="commander")
    made = scene(asked_by=asker)
    made.people["asker"] = asker
    made.act()
    refused("APPROVAL_FORBIDDEN", lambda: made.decide(who="asker"))
    assert made.decide(who="commander").status == "approved"


def test_who_told_a_run_on_its_way_what_to_do_has_asked_for_it_too() -> None:
    """Else an approver would have somebody's reply ask for what they want, and allow it alone."""
    made = scene(asked_by=factories.user("ada"))

    def tell(who: str) -> None:
        draft = messages.draft(MessageSend(content=f"Block {EVIL}."), by=actors.person(made.person(who)))
        directing.steer(draft, run_id=made.run.pk)
        with transaction.atomic():
            working.take_inbox(made.run)

    tell("approver")
    made.act()
    tell("approver2")
    refused("APPROVAL_FORBIDDEN", made.decide)
    assert made.decide(who="approver2").status == "approved", "what came after the request has not asked for it"
    assert said(made.again())["outcome"] == "succeeded"


@pytest.mark.parametrize(("lane", "alone"), [("chat", False), ("crew", True)])
def test_nobody_alone_tells_a_programs_reply_and_allows_it_while_a_crews_request_is_nobodys(
    lane: str, alone: bool
) -> None:
    made = scene(lane=lane)  # asked for by no person
    draft = messages.draft(MessageSend(content=f"Block {EVIL}."), by=actors.person(made.person("approver")))
    directing.steer(draft, run_id=made.run.pk)
    with transaction.atomic():
        working.take_inbox(made.run)
    made.act()
    if not alone:
        refused("APPROVAL_FORBIDDEN", made.decide)
    assert made.decide(who="approver" if alone else "approver2").status == "approved"


def test_whose_words_a_reply_answers_has_asked_for_it_also_where_another_tries_it_again() -> None:
    made = scene(asked_by=factories.user("ada"))
    speaker = actors.person(made.person("approver"))
    with transaction.atomic():
        asked = messages.say(session=log.lock(made.session.pk), speaker=speaker, content=f"Block {EVIL}.")
    Run.objects.filter(pk=made.run.pk).update(prompt=asked)
    made.act()
    refused("APPROVAL_FORBIDDEN", made.decide)
    assert made.decide(who="approver2").status == "approved"


def test_the_requester_may_confirm_what_only_needs_confirming() -> None:
    asker = factories.user(role="responder")
    made = scene(asked_by=asker)
    made.people["asker"] = asker
    policy_of(made, effect="confirm")
    made.act()
    assert made.approval.level == "confirm"
    assert made.decide(who="asker").status == "approved"


def test_neither_an_agent_nor_a_key_nor_the_system_decides() -> None:
    made = scene()
    made.act()
    key, _ = issue_key(
        organization=made.organization, name="ci", scopes=["read", "write", "ingest"], by=made.person("admin")
    )
    asked = made.approval
    yes = Decision(version=1, digest=asked.digest, decision="approve")
    in_their_name = replace(actors.person(made.person("approver")), key=key)
    for by in (actors.agent("Operator"), actors.program(key), actors.SYSTEM, in_their_name):
        refused("APPROVAL_FORBIDDEN", lambda by=by: approvals.decide(approval_id=asked.pk, decision=yes, by=by))
    assert made.approval.status == "pending"
    assert made.audited("approval.forbidden") == ["approval.forbidden"] * 4


def test_a_member_removed_a_moment_ago_does_not_decide() -> None:
    made = scene()
    made.act()
    leave(made.person("approver"), made.organization)
    refused("APPROVAL_NOT_FOUND", lambda: made.decide(who="approver"))
    assert made.audited("approval.forbidden") == ["approval.forbidden"]
    made.person("approver2").is_active = False
    made.person("approver2").save()
    refused("APPROVAL_NOT_FOUND", lambda: made.decide(who="approver2"))


def test_another_organisations_approval_does_not_exist() -> None:
    made = scene()
    made.act()
    outsider = factories.user(role="commander", org=factories.organization("other"))
    yes = Decision(version=1, digest=made.approval.digest, decision="approve")
    refused(
        "APPROVAL_NOT_FOUND",
        lambda: approvals.decide(approval_id=made.approval.pk, decision=yes, by=actors.person(outsider)),
    )


# --- Deciding once ----------------------------------------------------------------------------------------------------
def test_the_second_learns_who_decided_when_and_how() -> None:
    made = scene()
    made.act()
    made.decide("reject", who="approver")
    late = refused("APPROVAL_ALREADY_DECIDED", lambda: made.decide(who="approver2"))
    assert late.details["status"] == "rejected"
    assert late.details["decided_by"]["id"] == str(made.person("approver").pk)
    assert late.details["decided_at"]
    assert late.entry.status == 409


def test_the_same_person_repeating_the_same_decision_gets_the_same_answer() -> None:
    made = scene()
    made.act()
    first, again = made.decide(), made.decide()
    assert (first.status, again.status, first.decided_at) == ("approved", "approved", again.decided_at)
    assert made.events("approval.approved") == ["approval.approved"]
    refused("APPROVAL_ALREADY_DECIDED", lambda: made.decide("reject"))


def test_the_same_person_with_other_words_is_told_that_it_is_decided() -> None:
    made = scene()
    made.act()
    made.decide("reject", feedback="It is our scanner.")
    refused("APPROVAL_ALREADY_DECIDED", lambda: made.decide("reject", feedback="It is our backup."))


@pytest.mark.parametrize("stale", [{"version": 2}, {"digest": "sha256:" + "0" * 64}])
def test_a_decision_about_something_else_than_what_is_asked_is_stale(stale: dict[str, Any]) -> None:
    made = scene()
    made.act()
    refused("APPROVAL_STALE", lambda: made.decide(**stale))
    assert made.approval.status == "pending"


def test_a_vote_may_be_withdrawn_while_others_are_still_to_come() -> None:
    made = scene()
    two_approvers(made)
    made.act()
    made.decide(who="approver")
    approvals.withdraw(approval_id=made.approval.pk, version=1, by=actors.person(made.person("approver")))
    assert made.decide(who="approver2").status == "pending"
    assert made.decide(who="approver").status == "approved"
    refused(
        "APPROVAL_ALREADY_DECIDED",
        lambda: approvals.withdraw(approval_id=made.approval.pk, version=1, by=actors.person(made.person("approver"))),
    )


def test_one_without_a_vote_has_none_to_withdraw() -> None:
    made = scene()
    made.act()
    refused("CONFLICT", lambda: approvals.withdraw(approval_id=made.approval.pk, version=1, by=actors.SYSTEM))


# --- Quorum -----------------------------------------------------------------------------------------------------------
def test_two_of_a_role_are_two_people() -> None:
    made = scene()
    two_approvers(made)
    made.act()
    assert made.decide(who="approver").status == "pending"
    assert made.decide(who="approver").status == "pending"
    assert isinstance(made.again(), Waiting)
    assert made.decide(who="commander").status == "approved"
    assert made.events("approval") == ["approval.requested", "approval.voted", "approval.approved"]
    assert made.audited("approval") == ["approval.requested", "approval.voted", "approval.approved"]


def test_it_takes_as_many_rejections_as_the_policy_says() -> None:
    made = scene()
    two_approvers(made)
    made.act()
    assert made.decide("reject", who="approver").status == "pending"
    assert made.decide("reject", who="approver2").status == "rejected"


def test_who_has_voted_one_way_withdraws_before_voting_the_other() -> None:
    made = scene()
    two_approvers(made)
    made.act()
    made.decide(who="approver")
    refused("CONFLICT", lambda: made.decide("reject", who="approver"))


def test_the_vote_of_one_who_has_left_counts_no_more() -> None:
    made = scene()
    two_approvers(made)
    made.act()
    made.decide(who="approver")
    leave(made.person("approver"), made.organization)
    assert made.decide(who="approver2").status == "pending"
    assert made.decide(who="commander").status == "approved"


# --- Rejected, expired, cancelled -------------------------------------------------------------------------------------
def test_a_rejection_tells_the_agent_why_and_nothing_runs() -> None:
    made = scene()
    made.act()
    made.park()
    made.decide("reject", feedback="That is our scanner.")
    made.take_up()
    told = said(made.again())
    assert told["outcome"] == "rejected"
    assert told["result"] == {"rejected_by": made.person("approver").display_name, "feedback": "That is our scanner."}
    assert made.blocked == []


def test_what_was_rejected_is_not_asked_again_in_the_run_unless_a_person_has_written() -> None:
    made = scene()
    made.act()
    made.decide("reject", feedback="No.")
    told = said(made.act(args=block(reason="But it is still there!")))
    assert (told["outcome"], told["result"]["feedback"]) == ("rejected", "No.")
    assert Approval.objects.count() == 1
    write(made)
    assert isinstance(made.act(), Waiting)


def test_another_run_may_ask_for_what_was_rejected_in_this_one() -> None:
    made = scene()
    made.act()
    made.decide("reject")
    other = Scene(made.session, made.incident, *_second_run(made))
    assert isinstance(other.act(), Waiting)


def test_time_never_approves_and_an_expiry_is_told_to_room_and_agent() -> None:
    made = scene()
    made.act()
    made.park()
    Approval.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert expire_due() == 1
    assert expire_due() == 0
    made.take_up()
    assert said(made.again())["outcome"] == "expired"
    assert made.events("approval")[-1] == "approval.expired"


def test_a_request_that_cannot_end_keeps_no_other_from_ending(caplog: pytest.LogCaptureFixture) -> None:
    broken, whole = scene(), scene()
    for made in (broken, whole):
        made.act()
        made.park()
    late = clock.now() - timedelta(seconds=1)
    Approval.objects.update(expires_at=late)
    Approval.objects.filter(pk=broken.approval.pk).update(policy={}, expires_at=late - timedelta(minutes=1))
    async_to_sync(periodic.tick)(1)
    assert (broken.approval.status, whole.approval.status) == ("pending", "expired")
    assert broken.events("approval") == ["approval.requested"]
    assert str(broken.approval.pk) in caplog.text
    assert made.audited("approval")[-1] == "approval.expired"
    assert made.blocked == []


def test_a_decision_after_the_time_is_too_late_even_before_anybody_noticed() -> None:
    made = scene()
    made.act()
    Approval.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    late = refused("APPROVAL_EXPIRED", made.decide)
    assert late.entry.status == 410
    assert made.approval.status == "expired"
    refused("APPROVAL_EXPIRED", made.decide)


def test_cancelling_the_run_cancels_what_it_asked_for_in_the_same_transaction() -> None:
    made = scene()
    made.act()
    made.park()
    runs.cancel(run_id=made.run.pk, by=actors.person(made.person("responder")))
    assert (made.approval.status, made.call.state) == ("cancelled", "cancelled")
    late = refused("APPROVAL_ALREADY_DECIDED", made.decide)
    assert late.details["status"] == "cancelled"
    assert made.audited("approval")[1] == "approval.cancelled"


def test_what_a_run_asked_for_that_is_about_to_stop_is_not_decided_any_more() -> None:
    made = scene()
    made.act()
    runs.cancel(run_id=made.run.pk, by=actors.person(made.person("responder")))
    assert made.approval.status == "pending"
    refused("APPROVAL_ALREADY_DECIDED", made.decide)
    assert made.approval.status == "cancelled"


def test_closing_the_incident_cancels_what_waits() -> None:
    made = scene()
    made.act()
    made.park()
    assert made.incident
    incidents.change(
        incident_id=made.incident.pk, changes={"status": "closed"}, by=actors.person(made.person("commander"))
    )
    assert made.approval.status == "cancelled"
    assert made.events("approval")[-1] == "approval.cancelled"


# --- Immediately before execution -------------------------------------------------------------------------------------
def approved() -> Scene:
    made = scene()
    made.act()
    made.decide()
    return made


def asked_anew(made: Scene) -> None:
    """The approval is void, nothing ran, and people are asked again."""
    first = made.approval
    assert isinstance(made.again(), Waiting)
    first.refresh_from_db()
    assert first.status == "invalidated"
    assert made.blocked == []
    assert (made.approval.pk != first.pk, made.approval.status) == (True, "pending")
    assert made.events("approval")[-2:] == ["approval.invalidated", "approval.requested"]
    assert made.audited("approval")[-2:] == ["approval.invalidated", "approval.requested"]
    assert made.decide(who="commander").status == "approved"
    assert said(made.again())["outcome"] == "succeeded"


def test_an_approval_that_is_not_executed_in_time_is_void() -> None:
    made = approved()
    Approval.objects.update(execute_by=clock.now() - timedelta(seconds=1))
    asked_anew(made)


def test_an_approver_who_has_left_since_makes_it_void() -> None:
    made = approved()
    leave(made.person("approver"), made.organization)
    asked_anew(made)


def test_a_policy_that_has_changed_since_makes_it_void() -> None:
    made = approved()
    policy_of(made, note="Since this morning")
    asked_anew(made)


def test_a_tool_that_has_changed_since_makes_it_void(monkeypatch: pytest.MonkeyPatch) -> None:
    class AnotherShape(BlockIndicator):
        everywhere: bool = False

    made = approved()
    monkeypatch.setitem(TOOLS, "block_indicator", replace(TOOLS["block_indicator"], arguments=AnotherShape))
    asked_anew(made)


@pytest.mark.parametrize("forged", ["approval", "call"])
def test_arguments_that_are_not_those_that_were_approved_never_run(forged: str) -> None:
    made = approved()
    rows = Approval.objects if forged == "approval" else ToolCall.objects
    rows.update(args=block("198.51.100.1"))
    assert isinstance(made.again(), Waiting)
    assert made.blocked == []
    assert Approval.objects.filter(status="invalidated").count() == 1


def test_a_policy_that_denies_it_by_now_stops_what_was_approved() -> None:
    made = approved()
    policy_of(made, effect="deny", note="Frozen for the audit")
    told = said(made.again())
    assert (told["outcome"], "Frozen for the audit" in told["error"]) == ("rejected", True)
    assert made.blocked == []
    assert made.approval.status == "invalidated"
    assert made.audited()[-1] == "tool.denied"


def test_what_was_approved_does_not_run_after_the_incident_was_closed() -> None:
    made = approved()
    Incident.objects.update(status="closed")
    assert said(made.again())["outcome"] == "cancelled"
    assert made.blocked == []


def test_what_was_approved_does_not_run_after_the_run_was_cancelled() -> None:
    made = approved()
    Run.objects.update(cancel_requested_at=clock.now())
    assert said(made.again())["outcome"] == "cancelled"
    assert made.blocked == []


def test_what_runs_is_what_is_stored_not_what_a_model_says_again_later() -> None:
    made = approved()
    made.last = made.request("block_indicator", block("198.51.100.1"))
    assert isinstance(made.again(), Settled)
    assert made.blocked == [EVIL]


def test_the_people_who_see_a_request_are_told_whether_they_may_decide() -> None:
    from agents_app.services import quorum

    made = scene()
    made.act()
    assert quorum.can_decide(made.approval, actors.person(made.person("approver")))
    assert not quorum.can_decide(made.approval, actors.person(made.person("responder")))
    made.decide()
    assert not quorum.can_decide(made.approval, actors.person(made.person("approver2")))
    assert permissions.role_in(actors.person(made.person("approver")), made.organization.pk) == "approver"
