"""Approving with other arguments: a new version, checked and judged again, every vote void (control.md, rule 7)."""

import pytest

from agents_app.engine.dispatcher import Waiting
from agents_app.models import Approval, ToolPolicy, Vote
from agents_app.services import leases
from sessions_app.models import Event
from tests import factories
from tests.agents_app.control import EVIL, Scene, block, offer_reboots, refused, said, scene

pytestmark = pytest.mark.django_db(transaction=True)

SHORTER = block(minutes=10)


def two_approvers(made: Scene) -> None:
    need = [{"role": "approver", "approve": 2, "reject": 1}]
    ToolPolicy.objects.create(organization=made.organization, tool="block_indicator", effect="approve", need=need)


def test_an_edit_is_a_new_version_and_the_editors_vote_settles_it() -> None:
    made = scene()
    made.act()
    first = made.approval
    settled = made.decide(edited_args=SHORTER)
    assert (settled.status, settled.version, settled.args) == ("approved", 2, SHORTER)
    assert settled.digest != first.digest
    assert "for 10 minutes" in settled.impact
    assert made.events("approval") == ["approval.requested", "approval.edited", "approval.approved"]
    told = said(made.again())
    assert (told["outcome"], told["arguments"]) == ("succeeded", SHORTER)
    assert made.call.args == SHORTER
    assert made.blocked == [EVIL]


def test_an_edit_holds_for_all_who_asked_for_the_same_and_they_are_told_what_was_done() -> None:
    made = scene()
    run = factories.run(made.session, lane="crew")
    lease = leases.take(run, owner="somebody")
    assert lease
    other = Scene(made.session, made.incident, run, lease)
    made.act(), other.act()
    made.decide(edited_args=SHORTER)
    for each in (made, other):
        told = said(each.again())
        assert (told["outcome"], told["arguments"]) == ("succeeded", SHORTER)
    results = Event.objects.filter(session=made.session, type="tool.result")
    assert [each.data["args"] for each in results] == [SHORTER, SHORTER]


def test_an_edit_that_does_not_fit_the_tool_is_refused_and_changes_nothing() -> None:
    made = scene()
    made.act()
    wrong = refused("TOOL_VALIDATION_ERROR", lambda: made.decide(edited_args=block(minutes=0)))
    assert "minutes" in wrong.details
    refused("TOOL_VALIDATION_ERROR", lambda: made.decide(edited_args={**SHORTER, "host": "x"}))
    assert (made.approval.version, made.approval.status) == (1, "pending")


def test_an_edit_into_our_own_networks_is_denied() -> None:
    made = scene()
    made.act()
    refused("TOOL_PERMISSION_DENIED", lambda: made.decide(edited_args=block("10.0.0.1")))
    assert made.approval.version == 1
    assert made.call.args == block()


def test_where_two_are_needed_an_edit_voids_the_votes_before_it() -> None:
    made = scene()
    two_approvers(made)
    made.act()
    made.decide(who="approver")
    edited = made.decide(who="approver2", edited_args=SHORTER)
    assert (edited.status, edited.version) == ("pending", 2)
    assert [each["name"] for each in _told(made)["votes"]] == [made.person("approver2").display_name]
    assert isinstance(made.again(), Waiting)
    assert made.decide(who="approver").status == "approved"
    assert said(made.again())["outcome"] == "succeeded"


def test_a_vote_for_the_version_before_is_stale() -> None:
    made = scene()
    two_approvers(made)
    made.act()
    old = made.approval
    made.decide(who="approver", edited_args=SHORTER)
    refused("APPROVAL_STALE", lambda: made.decide(who="approver2", approval=old))
    assert Vote.objects.count() == 1


def test_an_edit_of_a_destructive_request_takes_others_too(monkeypatch: pytest.MonkeyPatch) -> None:
    made = scene()
    reboots = offer_reboots(monkeypatch)
    made.act("reboot_host", {"host": "web-1"})
    edited = made.decide(edited_args={"host": "web-2"})
    assert edited.status == "pending"
    assert edited.policy["need"][0]["approve"] == 2
    assert made.decide(who="approver2").status == "approved"
    assert said(made.again())["outcome"] == "succeeded"
    assert reboots.done == ["web-2"]


def test_an_unedited_destructive_request_takes_one_where_one_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = scene()
    offer_reboots(monkeypatch)
    made.act("reboot_host", {"host": "web-1"})
    assert made.decide().status == "approved"


def test_an_edit_that_nobody_else_could_approve_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = scene()
    need = [{"role": "commander", "approve": 1, "reject": 1}]
    ToolPolicy.objects.create(organization=made.organization, tool="reboot_host", effect="approve", need=need)
    offer_reboots(monkeypatch)
    made.act("reboot_host", {"host": "web-1"})
    refused("CONFLICT", lambda: made.decide(who="commander", edited_args={"host": "web-2"}))
    assert made.approval.version == 1


def test_an_edit_does_not_ease_what_was_asked() -> None:
    made = scene()
    two_approvers(made)
    ToolPolicy.objects.update(when={"minutes": 60})
    ToolPolicy.objects.create(organization=made.organization, tool="block_indicator", effect="allow")
    made.act()
    edited = made.decide(edited_args=SHORTER)
    assert edited.status == "pending"
    assert edited.policy["need"][0]["approve"] == 2


def test_repeating_an_edit_gets_the_same_answer() -> None:
    made = scene()
    made.act()
    asked = made.approval
    made.decide(edited_args=SHORTER)
    assert made.decide(approval=asked, edited_args=SHORTER).status == "approved"
    refused("APPROVAL_ALREADY_DECIDED", lambda: made.decide(approval=asked, edited_args=block(minutes=11)))
    assert made.events("approval.edited") == ["approval.edited"]


def test_an_edit_into_a_request_that_waits_already_is_refused() -> None:
    made = scene()
    made.act(args=SHORTER)
    made.act()
    refused("CONFLICT", lambda: made.decide(edited_args=SHORTER))
    assert Approval.objects.filter(status="pending").count() == 2


def test_a_rejection_takes_no_arguments() -> None:
    made = scene()
    made.act()
    refused("INVALID_REQUEST", lambda: made.decide("reject", edited_args=SHORTER))


def _told(made: Scene) -> dict[str, list[dict[str, str]]]:
    last = Event.objects.filter(session=made.session, type__startswith="approval").order_by("-seq").first()
    assert last
    return last.data
