"""What a tool call needs: deny > approve > confirm > allow, by code and by the organisation's rows."""

from typing import Any

import pytest

from agents_app import policy
from agents_app.catalogue import TOOLS, Arguments, ToolSpec
from agents_app.models import Agent, ToolPolicy
from agents_app.policy import Ruling, Situation
from tests import factories
from tests.agents_app.control import block

pytestmark = pytest.mark.django_db


def judged(tool: str = "block_indicator", args: dict[str, Any] | None = None, **fields: Any) -> Ruling:
    given = block() if args is None else args
    home = fields.pop("organization", None) or factories.organization()
    spec = fields.pop("spec", TOOLS.get(tool))
    return policy.judge(Situation(organization=home, tool=tool, spec=spec, args=given, **fields))


def rule(effect: str, *, tool: str = "block_indicator", **fields: Any) -> ToolPolicy:
    return ToolPolicy.objects.create(organization=factories.organization(), tool=tool, effect=effect, **fields)


# --- Defaults ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("tool", "effect"),
    [
        ("search_evidence", "allow"), ("summarize_evidence", "allow"), ("describe_indicator", "allow"),
        ("current_time", "allow"), ("calculator", "allow"), ("ask_human", "allow"),
        ("block_indicator", "approve"), ("unblock_indicator", "approve"),
    ],
)  # fmt: skip
def test_what_only_reads_is_allowed_and_what_changes_needs_approval(tool: str, effect: str) -> None:
    assert judged(tool, {}).effect == effect


def test_a_tool_nobody_classified_needs_approval() -> None:
    unclassified = ToolSpec("mystery", "Nobody knows.", Arguments, changes=None)
    assert judged("mystery", {}, spec=unclassified).effect == "approve"
    assert judged("mystery", {}, spec=None).effect == "approve"


def test_arguments_that_cannot_be_read_need_approval_even_of_a_harmless_tool() -> None:
    rule("allow", tool="calculator")
    assert judged("calculator", {"unreadable": "{"}, parsed=False).effect == "approve"


# --- Own networks -----------------------------------------------------------------------------------------------------
OWN_IN_EVERY_SPELLING = [
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.1.1", "127.0.0.1", "127.1",
    "169.254.169.254", "0.0.0.0", "255.255.255.255", "::1", "[::1]", "::", "fe80::1", "fe80::1%eth0", "fd00::1",
    "fc00::1", "FD00::1", "::ffff:10.0.0.1", "::ffff:0a00:0001", "0:0:0:0:0:ffff:10.0.0.1", "::10.0.0.1",
    "64:ff9b::10.0.0.1", "2002:a00:1::1", "010.0.0.1", "10.0.0.01", "192.168.001.001", "0x7f.1", "0x0a000001",
    "012.0.0.1", "0177.0.0.1", "2130706433", "167772161", "10.0.0.0/8", "10.0.0.1/32", "8.0.0.0/6", "0.0.0.0/0",
    "::/0", "fd00::/8", "10.0.0.1:443", "[fd00::1]:443", "10[.]0[.]0[.]1", "10(.)0.0.1", "１０.0.0.1", "10。0。0。1",
    " 10.0.0.1 ", "10.0.0.1.", "http://10.0.0.1/x", "hxxp://10.0.0.1/", "http://010.0.0.1/",
    "http://2130706433/", "http://[::1]:8000/", "https://evil.example@10.0.0.1/", "http://%31%30.0.0.1/", "http://%6cocalhost/",
    "root@10.0.0.1", "localhost", "LOCALHOST", "printer.local", "db.internal", "nas.lan", "dc1.corp",
]  # fmt: skip


@pytest.mark.parametrize("indicator", OWN_IN_EVERY_SPELLING)
def test_an_indicator_inside_our_own_networks_is_denied_in_every_spelling(indicator: str) -> None:
    rule("allow")
    ruling = judged(args=block(indicator), parsed=False)
    assert ruling.effect == "deny"
    assert "own networks" in ruling.rule


@pytest.mark.parametrize(
    "indicator",
    ["203.0.113.7", "9.9.8.8", "2001:db8::1", "evil.example", "http://evil.example/x", "11.0.0.1", "172.32.0.1",
     "d41d8cd98f00b204e9800998ecf8427e", "https://10.0.0.1.evil.example/"],
)  # fmt: skip
def test_others_indicators_are_not_ours(indicator: str) -> None:
    assert judged(args=block(indicator)).effect == "approve"


def test_networks_and_domains_the_organisation_adds_are_its_own() -> None:
    home = factories.organization(own_networks=["198.51.100.0/24", "example.com"])
    for own in (
        "198.51.100.9",
        "198.51.100.0/25",
        "::ffff:198.51.100.9",
        "www.example.com",
        "https://mail.example.com/x",
    ):
        assert judged(args=block(own), organization=home).effect == "deny", own
    assert judged(args=block("198.51.101.9"), organization=home).effect == "approve"


def test_taking_an_own_address_off_the_list_is_not_a_blow_against_ourselves() -> None:
    assert judged("unblock_indicator", {"indicator": "10.0.0.1", "reason": "A slip."}).effect == "approve"


# --- Where no tool with side effects runs at all ----------------------------------------------------------------------
@pytest.mark.parametrize(
    "place", [{"path": "direct_llm"}, {"tier": "recovery"}, {"tier": "emergency"}, {"shadow": True}]
)
def test_no_side_effects_on_the_direct_path_in_lower_tiers_and_in_shadow(place: dict[str, Any]) -> None:
    rule("allow")
    assert judged(**place).effect == "deny"
    assert judged("mystery", {}, spec=None, **place).effect == "deny"
    assert judged("search_evidence", {}, **place).effect == "allow"


def test_an_agent_uses_only_the_tools_it_was_given() -> None:
    agent = factories.agent(tools=["search_evidence"])
    assert judged("search_evidence", {}, agent=agent).effect == "allow"
    assert judged("calculator", {}, agent=agent).effect == "deny"


# --- The organisation's rows ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("effects", "wins"),
    [
        (["allow"], "allow"), (["allow", "confirm"], "confirm"), (["confirm", "approve", "allow"], "approve"),
        (["allow", "approve", "deny", "confirm"], "deny"),
    ],
)  # fmt: skip
def test_the_strictest_rule_wins(effects: list[str], wins: str) -> None:
    for effect in effects:
        rule(effect)
    assert judged().effect == wins


def test_a_rule_for_all_tools_tightens_but_never_opens() -> None:
    rule("allow", tool="*")
    assert judged().effect == "approve"
    rule("deny", tool="*", when={"query": "secret"})
    assert judged("search_evidence", {"query": "secret"}).effect == "deny"
    assert judged("search_evidence", {"query": "sshd"}).effect == "allow"


def test_a_rule_holds_for_its_organisation_and_its_agent_only() -> None:
    mine: Agent = factories.agent(name="Mine")
    rule("allow", agent=mine)
    assert judged(agent=mine).effect == "allow"
    assert judged(agent=factories.agent(name="Another")).effect == "approve"
    assert judged(agent=mine, organization=factories.organization("other")).effect == "approve"


def test_a_rule_may_look_at_the_arguments() -> None:
    rule("allow", when={"minutes": 60})
    rule("deny", tool="search_evidence", when={"query": {"in_own_networks": True}})
    assert judged(args=block(minutes=60)).effect == "allow"
    assert judged(args=block(minutes=61)).effect == "approve"
    assert judged("search_evidence", {"query": "10.0.0.1"}).effect == "deny"
    assert judged("search_evidence", {"query": "203.0.113.7"}).effect == "allow"


def test_confirm_is_for_any_responder_the_requester_too_and_approve_is_not() -> None:
    asker = factories.user(role="responder")
    confirm, approve = rule("confirm", tool="calculator"), judged(requester_ids=(asker.pk,))
    assert confirm
    eased = judged("calculator", {}, requester_ids=(asker.pk,)).policy()
    assert (eased["need"][0]["role"], eased["exclude"]) == ("responder", [])
    assert eased["eligible"] == ["responder", "approver", "commander"]
    assert approve.policy()["eligible"] == ["approver", "commander"]
    assert approve.exclude == [str(asker.pk)]
    assert "not the requester" in approve.rule


def test_a_rule_may_let_the_requester_decide_unless_another_does_not() -> None:
    asker = factories.user(role="approver")
    rule("approve", requester_may_decide=True)
    assert judged(requester_ids=(asker.pk,)).exclude == []
    rule("approve", tool="*")
    assert judged(requester_ids=(asker.pk,)).exclude == [str(asker.pk)]


def test_two_rules_that_ask_for_people_ask_for_both() -> None:
    rule("approve", need=[{"role": "approver", "approve": 2, "reject": 2}])
    rule(
        "approve",
        need=[{"role": "commander", "approve": 1, "reject": 1}, {"role": "approver", "approve": 1, "reject": 1}],
    )
    assert judged().need == [
        {"role": "approver", "approve": 2, "reject": 1}, {"role": "commander", "approve": 1, "reject": 1},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "wanted", "counts"),
    [
        ("approver", "approver", True), ("commander", "approver", True), ("responder", "approver", False),
        ("admin", "responder", False), ("auditor", "responder", False), ("observer", "responder", False),
        (None, "responder", False),
    ],
)  # fmt: skip
def test_who_counts_for_a_role(role: str | None, wanted: str, counts: bool) -> None:
    assert policy.covers(role, wanted) is counts
