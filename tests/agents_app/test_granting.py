"""*For this session*: bounded by agent, tool, arguments, time and uses; visible, revocable, never for the worst."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from agents_app import clock
from agents_app.engine import dispatcher
from agents_app.engine.dispatcher import Settled, Waiting
from agents_app.models import Approval, Grant, ToolPolicy
from agents_app.services import grants, leases, outcomes
from sessions_app import actors, commands, snapshot
from sessions_app.client_frames import Cmd
from sessions_app.models import AuditEntry, Event, Incident, Membership
from sessions_app.models.base import uuid7
from sessions_app.services import incidents
from tests import callers, factories
from tests.agents_app.control import EVIL, Scene, at_once, block, offer_reboots, refused, scene

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "203.0.113.8"


def granted(made: Scene | None = None, **wish: Any) -> Scene:
    """A scene in which an approver has approved the block of EVIL, and granted more like it."""
    scene_ = made or scene()
    scene_.act()
    scene_.decide(grant={"ttl_s": 600, "max_uses": 2, **wish})
    scene_.take_up()
    assert isinstance(scene_.again(), Settled)
    return scene_


def wants(made: Scene, indicator: str = OTHER, **more: Any) -> bool:
    """Whether the agent's next call of the kind is done without asking."""
    outcome = made.act(args={**block(indicator), **more})
    assert isinstance(outcome, Waiting) or outcome.tool_call.state == "succeeded", outcome
    return isinstance(outcome, Settled)


def test_what_is_like_the_approved_is_done_unasked_so_many_times_and_everybody_sees_it() -> None:
    made = granted()
    assert [wants(made, f"203.0.113.{number}") for number in (8, 9, 10)] == [True, True, False]
    assert made.blocked == ["203.0.113.7", "203.0.113.8", "203.0.113.9"]
    created = Event.objects.get(session=made.session, type="grant.created")
    assert (created.data["by"], created.data["tool"], created.data["uses_left"]) == (
        made.person("approver").display_name, "block_indicator", 2,
    )  # fmt: skip
    told = Event.objects.filter(session=made.session, type="execution.started").order_by("seq")
    assert [each.data["grant"] and each.data["grant"]["uses_left"] for each in told] == [None, 1, 0]
    assert made.events("approval") == ["approval.requested", "approval.approved", "approval.requested"]
    assert made.audited("grant") == ["grant.used", "grant.used"]
    assert Approval.objects.count() == 2


@pytest.mark.parametrize(("gone", "again"), [(False, True), (True, False)])
def test_what_a_dead_process_had_begun_is_done_again_while_its_grant_lasts(gone: bool, again: bool) -> None:
    made = granted()
    made.ordinal += 1
    made.last = made.request("block_indicator", block(OTHER))
    assert isinstance(dispatcher._open(made.lease, made.last), dispatcher._Claimed)
    made.take_up()
    if gone:
        grants.revoke(grant_id=Grant.objects.get().pk, by=actors.person(made.person("commander")))
    assert isinstance(made.again(), Settled) == again
    assert made.blocked == ([EVIL, OTHER] if again else [EVIL])


def test_another_agent_tool_argument_or_room_is_asked_about() -> None:
    made = granted(constraint={"minutes": 60, "reason": "Whatever."}, max_uses=9)
    assert Grant.objects.get().constraint == {"minutes": 60}, "an agent's own words bind nobody"
    assert not wants(made, minutes=61)
    assert wants(made, reason="In other words.")
    other = factories.agent(made.organization, name="Another", tools=made.run.agent.tools)
    assert isinstance(made.act(args=block("203.0.113.9"), agent=other), Waiting)
    assert isinstance(made.act("unblock_indicator", {"indicator": EVIL, "reason": "Done."}), Waiting)
    elsewhere = scene(made.organization)
    assert not wants(elsewhere)
    assert Grant.objects.get().uses_left == 8


def test_policy_that_denies_is_above_every_grant() -> None:
    made = granted()
    assert made.act(args=block("10.3.0.7")).tool_call.state == "rejected"
    ToolPolicy.objects.create(organization=made.organization, tool="block_indicator", effect="deny")
    assert made.act(args=block(OTHER)).tool_call.state == "rejected"
    assert Grant.objects.get().uses_left == 2


@pytest.mark.parametrize("why", ["time", "revoked", "left", "lower", "asks", "two"])
def test_a_grant_counts_as_long_as_its_giver_could_give_it(why: str) -> None:
    made = granted()
    giver = made.person("approver")
    if why == "time":
        Grant.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    elif why == "revoked":
        grants.revoke(grant_id=Grant.objects.get().pk, by=actors.person(made.person("responder")))
    elif why == "asks":
        made.run.requested_by = giver
        made.run.save()
    elif why == "two":
        ToolPolicy.objects.create(
            organization=made.organization, tool="block_indicator", effect="approve",
            need=[{"role": "approver", "approve": 2, "reject": 1}],
        )  # fmt: skip
    else:
        change = {"active": False} if why == "left" else {"role": "responder"}
        Membership.objects.filter(user=giver).update(**change)
    assert not wants(made)
    assert Grant.objects.get().uses_left == 2


def test_never_for_what_cannot_be_undone_nor_where_more_than_one_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    offer_reboots(monkeypatch)
    made = scene()
    wish = {"grant": {"ttl_s": 60, "max_uses": 1}}
    made.act("reboot_host", {"host": "db-1"})
    refused("INVALID_REQUEST", partial(made.decide, **wish))
    need = [{"role": "approver", "approve": 2, "reject": 1}]
    ToolPolicy.objects.create(organization=made.organization, tool="block_indicator", effect="approve", need=need)
    made.act()
    for who in ("approver", "approver2"):
        refused("INVALID_REQUEST", partial(made.decide, who=who, **wish))
        made.decide(who=who)
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    "wish",
    [
        {"ttl_s": 3601}, {"ttl_s": 0}, {"max_uses": 0}, {"max_uses": 51}, {"constraint": {"colour": "red"}},
        {"constraint": {"minutes": 61}}, {"constraint": {"indicator": OTHER}}, {"forever": True}, {"ttl_s": True},
        {"constraint": {"reason": "Whatever."}},
    ],
)  # fmt: skip
def test_a_wish_without_bounds_is_refused_and_decides_nothing(wish: dict[str, Any]) -> None:
    made = scene()
    made.act()
    asked = made.approval
    body = {"version": 1, "digest": asked.digest, "decision": "approve"}
    approver = callers.person(made.person("approver"))
    bounded = {"ttl_s": 60, "max_uses": 1}
    answer = approver.post(f"approvals/{asked.pk}/decision", {**body, "grant": {**bounded, **wish}})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_REQUEST")
    no = approver.post(f"approvals/{asked.pk}/decision", {**body, "decision": "reject", "grant": bounded})
    assert (no.status_code, made.approval.status) == (400, "pending")
    assert not Grant.objects.exists()


def test_who_has_approved_without_a_grant_gives_none_by_approving_again() -> None:
    made = scene()
    made.act()
    made.decide()
    refused("APPROVAL_ALREADY_DECIDED", partial(made.decide, grant={"ttl_s": 600, "max_uses": 2}))
    assert not Grant.objects.exists()


def test_the_last_use_is_had_once_whoever_comes_at_the_same_time() -> None:
    made = granted(max_uses=3)
    rivals = [made]
    for _ in range(5):
        run = factories.run(made.session, parent=made.run)
        lease = leases.take(run, owner="somebody")
        assert lease
        rivals.append(Scene(made.session, made.incident, run, lease))
    tries = at_once(*[partial(wants, each, f"203.0.113.{20 + n}") for n, each in enumerate(rivals)])
    assert sorted(map(str, tries)) == ["False"] * 3 + ["True"] * 3, tries
    assert Grant.objects.get().uses_left == 0
    assert len(made.blocked) == 4


def test_what_was_begun_by_a_grant_and_is_done_again_is_on_record_under_who_allowed_it_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, reboots = scene(), offer_reboots(monkeypatch, destructive=False)
    made.act("reboot_host", {"host": "web-1"})
    made.decide(grant={"ttl_s": 600, "max_uses": 2})
    made.again()
    made.ordinal += 1
    made.last = made.request("reboot_host", {"host": "web-2"})
    dispatcher._open(made.lease, made.last)  # the process dies before it is settled
    made.take_up()
    assert made.again() == Waiting(made.call, "outcome")
    grants.revoke(grant_id=Grant.objects.get().pk, by=actors.person(made.person("responder")))
    outcomes.decide(tool_call_id=made.call.pk, outcome="retry", by=actors.person(made.person("approver")))
    assert isinstance(made.again(), Waiting)
    made.decide(who="approver2")
    assert isinstance(made.again(), Settled)
    assert reboots.done == ["web-1", "web-2"]
    assert made.audited("grant") == ["grant.used", "grant.revoked"]
    [done] = AuditEntry.objects.filter(action="execution.succeeded", object_id=str(made.call.pk))
    assert done.detail["approval"] == str(made.approval.pk)
    assert "grant" not in done.detail


def test_it_is_listed_and_taken_back_by_who_may_and_by_nobody_else() -> None:
    made = granted()
    grant = Grant.objects.get()
    observer, approver = (callers.person(made.person(who)) for who in ("observer", "approver"))
    stranger = callers.person(factories.user(role="commander", org=factories.organization("other")))
    [listed] = observer.get(f"grants?session_id={made.session.pk}").json()["data"]
    assert (listed["id"], listed["uses_left"]) == (str(grant.pk), 2)
    assert snapshot.take(made.session.pk, by=actors.person(made.person("observer"))).parts["grants"] == [listed]
    key = callers.program(made.organization, "read", "write")
    for caller, status in ((observer, 403), (stranger, 404), (key, 403)):
        assert caller.delete(f"grants/{grant.pk}").status_code == status
    assert stranger.get("grants").json()["data"] == []
    assert stranger.get(f"grants/{grant.pk}").status_code == 404
    assert approver.delete(f"grants/{grant.pk}").status_code == 200
    again = approver.delete(f"grants/{grant.pk}")
    assert (again.status_code, again.json()["error_code"]) == (409, "CONFLICT")
    assert made.events("grant") == ["grant.created", "grant.revoked"]
    assert made.audited("grant") == ["grant.revoked"]
    assert observer.get("grants").json()["data"] == []


def test_it_is_taken_back_by_a_command_of_its_room() -> None:
    made, elsewhere = granted(), scene()
    told = {"t": "cmd", "type": "grant.revoke", "data": {"grant_id": str(Grant.objects.get().pk)}}
    by = actors.person(made.person("responder"))
    wrong = Cmd.model_validate({**told, "cid": uuid7(), "room": elsewhere.session.pk})
    refused("NOT_FOUND", lambda: commands.carry_out(wrong, by=by))
    right = Cmd.model_validate({**told, "cid": uuid7(), "room": made.session.pk})
    assert commands.carry_out(right, by=by)["data"]["grant"]["uses_left"] == 2
    assert made.events("grant") == ["grant.created", "grant.revoked"]


def test_time_and_the_end_of_the_incident_end_it_and_say_so() -> None:
    made, closing = granted(), granted(scene())
    Grant.objects.filter(session=made.session).update(expires_at=clock.now() - timedelta(seconds=1))
    assert [grants.expire(pk) for pk in grants.due()] == [None]
    assert isinstance(closing.incident, Incident)
    incidents.change(
        incident_id=closing.incident.pk, changes={"status": "resolved"}, by=actors.person(closing.person("commander"))
    )
    ended = Event.objects.filter(type="grant.revoked").order_by("seq")
    assert {each.session_id: each.data["reason"] for each in ended} == {
        made.session.pk: "expired", closing.session.pk: "closed",
    }  # fmt: skip
    assert not Grant.objects.live().exists()
