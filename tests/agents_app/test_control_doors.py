"""Approvals, questions, outcomes, tools, the audit trail and the block list, as clients meet them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from agents_app import clock
from agents_app.models import Approval, BlockedIndicator, Question
from sessions_app import actors, commands, snapshot
from sessions_app.client_frames import Cmd
from sessions_app.models import Membership, Organization, User
from sessions_app.services.accounts import issue_key
from tests import factories
from tests.agents_app.control import EVIL, Scene, block, refused, scene

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def program(org: Organization, *scopes: str) -> Client:
    _, secret = issue_key(organization=org, name="ci", scopes=scopes or ["read", "write", "ingest"], by=None)
    return Client(headers={"Authorization": f"Api-Key {secret}"})


def post(client: Client, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(f"{API}/{path}", body, content_type="application/json", headers=headers)


def said(approval: Approval, decision: str = "approve", **fields: Any) -> dict[str, Any]:
    return {"version": approval.version, "digest": approval.digest, "decision": decision, **fields}


def asked() -> Scene:
    made = scene()
    made.act()
    made.park()
    return made


# --- Approvals --------------------------------------------------------------------------------------------------------
def test_what_waits_is_listed_with_whether_i_may_decide() -> None:
    made = asked()
    for who, may in (("approver", True), ("commander", True), ("responder", False), ("admin", False)):
        listed = browser(made.person(who)).get(f"{API}/approvals?status=pending").json()["data"]
        assert [(row["id"], row["can_decide"]) for row in listed] == [(str(made.approval.pk), may)]
    assert browser(made.person("approver")).get(f"{API}/approvals?status=rejected").json() == {"data": [], "next": None}
    assert browser(made.person("approver")).get(f"{API}/approvals?status=perhaps").status_code == 400


def test_the_list_costs_the_same_number_of_queries_however_long_it_is(django_assert_num_queries: Any) -> None:
    made = scene()
    client = browser(made.person("approver"))
    for address in ("203.0.113.21", "203.0.113.22", "203.0.113.23"):
        made.act(args=block(address))
        with django_assert_num_queries(5):  # sign-in, person, approvals, their votes, my role
            assert client.get(f"{API}/approvals?status=pending").json()["data"]


def test_a_decision_answers_with_the_approval_and_a_second_with_who_was_first() -> None:
    made = asked()
    path = f"approvals/{made.approval.pk}/decision"
    first = post(browser(made.person("approver")), path, said(made.approval, feedback="Go."))
    assert (first.status_code, first.json()["approval"]["status"]) == (200, "approved")
    again = post(browser(made.person("approver")), path, said(made.approval))
    assert again.status_code == 200
    second = post(browser(made.person("approver2")), path, said(made.approval, "reject"))
    assert (second.status_code, second.json()["error_code"]) == (409, "APPROVAL_ALREADY_DECIDED")
    assert second.json()["details"]["status"] == "approved"
    assert second.json()["details"]["decided_by"]["name"] == made.person("approver").display_name


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"version": 2}, 409, "APPROVAL_STALE"), ({"digest": "sha256:" + "0" * 64}, 409, "APPROVAL_STALE"),
        ({"digest": "x"}, 400, "INVALID_REQUEST"), ({"decision": "maybe"}, 400, "INVALID_REQUEST"),
        ({"args": block()}, 400, "INVALID_REQUEST"), ({"edited_args": {"minutes": 1}}, 422, "TOOL_VALIDATION_ERROR"),
        ({"edited_args": block("10.0.0.1")}, 403, "TOOL_PERMISSION_DENIED"),
        ({"grant": {"ttl_s": 60}}, 400, "INVALID_REQUEST"),
    ],
)  # fmt: skip
def test_a_wrong_decision_is_answered_with_its_code(wrong: dict[str, Any], status: int, code: str) -> None:
    made = asked()
    answer = post(
        browser(made.person("approver")), f"approvals/{made.approval.pk}/decision", {**said(made.approval), **wrong}
    )
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert made.approval.status == "pending"


def test_an_expired_request_is_gone() -> None:
    made = asked()
    Approval.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    answer = post(browser(made.person("approver")), f"approvals/{made.approval.pk}/decision", said(made.approval))
    assert (answer.status_code, answer.json()["error_code"]) == (410, "APPROVAL_EXPIRED")


@pytest.mark.parametrize("who", ["observer", "responder", "admin", "auditor"])
def test_those_who_may_not_decide_get_403(who: str) -> None:
    made = asked()
    answer = post(browser(made.person(who)), f"approvals/{made.approval.pk}/decision", said(made.approval))
    assert (answer.status_code, answer.json()["error_code"]) == (403, "APPROVAL_FORBIDDEN")


def test_a_key_neither_sees_nor_decides() -> None:
    made = asked()
    client = program(made.organization)
    answer = post(client, f"approvals/{made.approval.pk}/decision", said(made.approval))
    assert (answer.status_code, answer.json()["error_code"]) == (403, "APPROVAL_FORBIDDEN")
    assert client.get(f"{API}/approvals").status_code == 403
    assert client.get(f"{API}/approvals/{made.approval.pk}").status_code == 403


def test_to_another_organisation_none_of_it_exists() -> None:
    made = asked()
    call = factories.tool_call(made.run, state="unknown", ordinal=900)
    question = Question.objects.create(
        session=made.session, run=made.run, tool_call=call, question="?", asked_by="A", expires_at=clock.now()
    )
    home = factories.organization("other")
    for client in (browser(factories.user(role="commander", org=home)), program(home)):
        for path, body in (
            (f"approvals/{made.approval.pk}/decision", said(made.approval)),
            (f"questions/{question.pk}/answer", {"content": "x"}),
            (f"outcomes/{call.pk}", {"outcome": "skip"}),
        ):
            assert post(client, path, body).status_code == 404, path
    outsider = browser(factories.user(role="commander", org=home))
    assert outsider.get(f"{API}/approvals/{made.approval.pk}").json()["error_code"] == "APPROVAL_NOT_FOUND"
    assert outsider.get(f"{API}/approvals").json()["data"] == []
    for odd in ("null", str(uuid4())):
        assert post(outsider, f"approvals/{odd}/decision", said(made.approval)).status_code == 404


def test_a_vote_is_withdrawn_by_delete() -> None:
    made = asked()
    Approval.objects.update(policy={**made.approval.policy, "need": [{"role": "approver", "approve": 2, "reject": 1}]})
    client, path = browser(made.person("approver")), f"approvals/{made.approval.pk}/decision"
    assert len(post(client, path, said(made.approval)).json()["approval"]["votes"]) == 1
    for odd, status in (("-1", 400), ("0", 400), ("x", 400), (10**30, 409)):
        assert client.delete(f"{API}/{path}?version={odd}").status_code == status
    assert client.delete(f"{API}/{path}").json()["approval"]["votes"] == []


def test_a_refusal_is_audited_though_its_idempotent_request_left_no_answer() -> None:
    made = asked()
    client, path = browser(made.person("responder")), f"approvals/{made.approval.pk}/decision"
    for _ in range(2):
        assert post(client, path, said(made.approval), **{"Idempotency-Key": "k1"}).status_code == 403
    assert made.audited("approval.forbidden") == ["approval.forbidden"] * 2


# --- By socket --------------------------------------------------------------------------------------------------------
def command(made: Scene, kind: str, data: dict[str, Any]) -> Cmd:
    return Cmd(t="cmd", cid=uuid4(), room=made.session.pk, type=kind, data=data)


def send(made: Scene, kind: str, data: dict[str, Any], *, who: str = "approver") -> dict[str, Any]:
    return commands.carry_out(command(made, kind, data), by=actors.person(made.person(who)))


def test_a_command_decides_like_rest_and_the_same_command_again_is_a_repeat() -> None:
    made = asked()
    once = command(made, "approval.decide", {"approval_id": str(made.approval.pk), **said(made.approval)})
    by = actors.person(made.person("approver"))
    first, again = commands.carry_out(once, by=by), commands.carry_out(once, by=by)
    assert (first["ok"], again["ok"], again.get("dup")) == (True, True, True)
    assert first["data"]["approval"]["status"] == "approved"
    late = {"approval_id": str(made.approval.pk), **said(made.approval, "reject")}
    refused("APPROVAL_ALREADY_DECIDED", lambda: send(made, "approval.decide", late, who="commander"))


def test_a_forbidden_command_is_audited_though_it_left_no_answer() -> None:
    made = asked()
    wish = {"approval_id": str(made.approval.pk), **said(made.approval)}
    refused("APPROVAL_FORBIDDEN", lambda: send(made, "approval.decide", wish, who="responder"))
    assert made.audited("approval.forbidden") == ["approval.forbidden"]


def test_a_command_names_an_approval_of_its_own_room() -> None:
    made, elsewhere = asked(), scene()
    elsewhere.people = made.people
    wish = {"approval_id": str(made.approval.pk), **said(made.approval)}
    refused("APPROVAL_NOT_FOUND", lambda: send(elsewhere, "approval.decide", wish))


def test_the_other_commands_reach_their_services() -> None:
    made = asked()
    named = {"approval_id": str(made.approval.pk), "version": 1}
    refused("CONFLICT", lambda: send(made, "approval.withdraw", named))
    made.take_up()
    made.act("ask_human", {"question": "Ours?"})
    question = Question.objects.get()
    assert send(made, "question.answer", {"question_id": str(question.pk), "content": "No."})["ok"]
    call = factories.tool_call(made.run, state="unknown", args=block(), ordinal=900)
    assert send(made, "outcome.decide", {"tool_call_id": str(call.pk), "outcome": "skip"})["ok"]


def test_the_snapshot_holds_what_waits_for_people() -> None:
    made = asked()
    made.take_up()
    made.act("ask_human", {"question": "Ours?"})
    factories.tool_call(made.run, state="unknown", args=block(), ordinal=900)
    parts = snapshot.take(made.session.pk, by=actors.person(made.person("responder"))).parts
    assert [len(parts[name]) for name in ("approvals", "questions", "unknowns", "grants")] == [1, 1, 1, 0]
    assert parts["approvals"][0]["digest"] == made.approval.digest


# --- Questions and outcomes -------------------------------------------------------------------------------------------
def test_an_answer_and_an_outcome_by_rest() -> None:
    made = scene()
    made.act("ask_human", {"question": "Ours?"})
    client = browser(made.person("approver"))
    answered = post(client, f"questions/{Question.objects.get().pk}/answer", {"content": "No."})
    assert (answered.status_code, answered.json()["status"]) == (200, "answered")
    call = factories.tool_call(made.run, state="unknown", args=block(), ordinal=900)
    settled = post(client, f"outcomes/{call.pk}", {"outcome": "skip", "note": "Gone."})
    assert (settled.status_code, settled.json()["state"]) == (200, "skipped")
    assert post(client, f"outcomes/{call.pk}", {"outcome": "skip"}).status_code == 409
    assert post(client, f"outcomes/{call.pk}", {"outcome": "explode"}).status_code == 400


def test_a_key_neither_answers_nor_says_what_happened() -> None:
    made = scene()
    made.act("ask_human", {"question": "Ours?"})
    call = factories.tool_call(made.run, state="unknown", args=block(), ordinal=900)
    client = program(made.organization)
    assert post(client, f"questions/{Question.objects.get().pk}/answer", {"content": "No."}).status_code == 403
    assert post(client, f"outcomes/{call.pk}", {"outcome": "skip"}).status_code == 403


# --- Tools and audit --------------------------------------------------------------------------------------------------
def test_tools_say_what_they_take_and_need() -> None:
    listed = {row["name"]: row for row in browser(factories.user()).get(f"{API}/tools").json()["data"]}
    assert listed["search_evidence"]["policy"]["effect"] == "allow"
    assert listed["block_indicator"]["policy"]["effect"] == "approve"
    assert listed["block_indicator"]["arguments"]["required"] == ["indicator", "minutes", "reason"]
    assert Client().get(f"{API}/tools").status_code == 401


def test_the_audit_trail_is_for_admins_and_auditors_of_the_organisation() -> None:
    made = asked()
    made.decide()
    for who in ("admin", "auditor"):
        client = browser(made.person(who))  # signing in is audited too
        page = client.get(f"{API}/audit?limit=2").json()
        older = client.get(f"{API}/audit?cursor={page['next']}").json()
        actions = [row["action"] for row in [*page["data"], *older["data"]] if row["object_type"] == "approval"]
        assert actions == ["approval.approved", "approval.requested"]
        assert page["data"][1]["previous"] == older["data"][0]["hash"]
    for who in ("commander", "observer"):
        assert browser(made.person(who)).get(f"{API}/audit").status_code == 403
    assert program(made.organization).get(f"{API}/audit").status_code == 403
    outsider = factories.user(role="admin", org=factories.organization("other"))
    seen = browser(outsider).get(f"{API}/audit").json()["data"]
    assert [row["action"] for row in seen] == ["sign_in"]
    assert browser(outsider).get(f"{API}/audit?organization_id={made.organization.pk}").status_code == 404


# --- The feed ---------------------------------------------------------------------------------------------------------
def feed_of(user: User) -> str:
    (listed,) = browser(user).get(f"{API}/blocklists").json()
    url: str = listed["url"]
    return url


def blocked(org: Organization, indicator: str, *, minutes: int = 10) -> None:
    BlockedIndicator.objects.create(
        organization=org, indicator=indicator, kind="ip", until=clock.now() + timedelta(minutes=minutes),
        idempotency_key=uuid4().hex,
    )  # fmt: skip


def test_an_approved_block_is_on_the_feed_a_firewall_reads_without_signing_in() -> None:
    made = asked()
    made.decide()
    made.take_up()
    made.again()
    answer = Client().get(feed_of(made.person("commander")))
    assert (answer.status_code, answer.content) == (200, f"{EVIL}\n".encode())
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert Client().head(feed_of(made.person("admin"))).status_code == 200
    assert Client().post(feed_of(made.person("admin"))).status_code == 405


def test_the_feed_holds_one_indicator_a_line_and_none_whose_time_is_over() -> None:
    org, reader = factories.organization(), factories.user(role="commander")
    for indicator, minutes in (("203.0.113.9", 5), ("203.0.113.10", 5), ("203.0.113.9", 9), ("203.0.113.1", -1)):
        blocked(org, indicator, minutes=minutes)
    blocked(factories.organization("other"), "198.51.100.1")
    assert Client().get(feed_of(reader)).content.decode().splitlines() == ["203.0.113.10", "203.0.113.9"]


def test_an_unchanged_feed_costs_nothing_and_a_changed_one_is_sent() -> None:
    org, url = factories.organization(), feed_of(factories.user(role="commander"))
    blocked(org, EVIL)
    etag = Client().get(url)["ETag"]
    same = Client().get(url, headers={"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    blocked(org, "203.0.113.8")
    assert Client().get(url, headers={"If-None-Match": etag}).status_code == 200


def test_only_commanders_and_admins_see_where_the_feed_is() -> None:
    for role in ("observer", "responder", "approver", "auditor"):
        assert browser(factories.user(role=role)).get(f"{API}/blocklists").status_code == 403
    assert program(factories.organization()).get(f"{API}/blocklists").status_code == 403
    assert Client().get(f"{API}/blocklists").status_code == 401


def test_a_raised_generation_makes_the_old_address_worthless() -> None:
    reader = factories.user(role="commander")
    old = feed_of(reader)
    Organization.objects.update(blocklist_generation=2)
    assert Client().get(old).status_code == 404
    assert Client().get(feed_of(reader)).status_code == 200


def test_a_guessed_or_bent_address_opens_nothing() -> None:
    reader = factories.user(role="commander")
    url = feed_of(reader)
    token = url.rpartition("/")[2].removesuffix(".txt")
    bent = [
        token[:-1],
        token + "A",
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        "x",
        "é",
        "A" * 54,
        token + "=",
        "",
    ]
    for each in bent:
        assert Client().get(f"{API}/blocklists/{each}.txt").status_code == 404, each


def test_somebody_of_two_organisations_sees_both_feeds() -> None:
    reader = factories.user(role="commander")
    Membership.objects.create(user=reader, organization=factories.organization("other"), role="admin")
    assert len(browser(reader).get(f"{API}/blocklists").json()) == 2
