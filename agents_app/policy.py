"""What a tool call needs before it may run: deny > approve > confirm > allow. Code and rows, never a model's word."""

import ipaddress
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from agents_app.catalogue import ToolSpec
from agents_app.models import Agent, Run, ToolPolicy
from sessions_app.indicators import is_own, known_as, refang
from sessions_app.models import Organization, Role

Effect = ToolPolicy.Effect
STRICTEST = (Effect.DENY, Effect.APPROVE, Effect.CONFIRM, Effect.ALLOW)
# Who votes, from below; admin and auditor are not among them: they administer and read.
LADDER = (Role.OBSERVER, Role.RESPONDER, Role.APPROVER, Role.COMMANDER)
ONE_APPROVER = {"role": Role.APPROVER.value, "approve": 1, "reject": 1}
ONE_RESPONDER = {"role": Role.RESPONDER.value, "approve": 1, "reject": 1}


@dataclass(frozen=True)
class Situation:
    """A call as the judge sees it. `parsed` is false when its arguments do not fit the tool's schema."""

    organization: Organization
    tool: str
    spec: ToolSpec | None
    args: Mapping[str, Any]
    parsed: bool = True
    agent: Agent | None = None
    # Whoever wanted it; nobody where the system itself did, as it does what a crew does.
    requester_ids: tuple[UUID, ...] = ()
    path: str = Run.Path.RUNTIME
    tier: str = Run.Tier.MAIN
    shadow: bool = False


@dataclass(frozen=True)
class Ruling:
    effect: ToolPolicy.Effect
    rule: str
    need: list[dict[str, Any]] = field(default_factory=list)
    exclude: list[str] = field(default_factory=list)

    def policy(self) -> dict[str, Any]:
        """What an approval stores, shows and hashes."""
        return {
            "need": self.need,
            "reject": min((each["reject"] for each in self.need), default=1),
            "eligible": [role.value for role in LADDER if any(covers(role, each["role"]) for each in self.need)],
            "exclude": self.exclude,
            "rule": self.rule,
        }


@dataclass(frozen=True)
class _Rule:
    """One finding about a call, whatever it comes from."""

    effect: ToolPolicy.Effect
    words: str
    need: list[dict[str, Any]] = field(default_factory=list)
    requester_may_decide: bool = False


def judge(situation: Situation) -> Ruling:
    """Weigh all that speaks about this call; the strictest finding wins."""
    found = [*_built_in(situation), *_rows(situation)]
    effect = min((rule.effect for rule in found), key=STRICTEST.index)
    decisive = [rule for rule in found if rule.effect == effect]
    words = "; ".join(dict.fromkeys(rule.words for rule in decisive))
    if effect in (Effect.DENY, Effect.ALLOW):
        return Ruling(effect, words)
    need = merged(rule.need or [ONE_APPROVER if effect == Effect.APPROVE else ONE_RESPONDER] for rule in decisive)
    # `confirm` is a safety catch, so the requester may release it; `approve` is a second pair of eyes.
    open_to_requester = effect == Effect.CONFIRM or all(rule.requester_may_decide for rule in decisive)
    exclude = [] if open_to_requester else [str(each) for each in situation.requester_ids]
    return Ruling(effect, f"{in_words(need, exclude)} ({words.rstrip('.')})", need, exclude)


def merged(needs: Iterable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """All thresholds of several rules: of two for one role, the higher approval and the lower rejection."""
    by_role: dict[str, dict[str, Any]] = {}
    for each in (threshold for need in needs for threshold in need):
        other = by_role.get(each["role"], each)
        by_role[each["role"]] = {
            "role": each["role"],
            "approve": max(each["approve"], other["approve"]),
            "reject": min(each["reject"], other["reject"]),
        }
    return [by_role[role] for role in sorted(by_role)]


def covers(role: str | None, wanted: str) -> bool:
    """Whether somebody of this role counts where `wanted` is asked for: that role or above."""
    return role in LADDER and wanted in LADDER and LADDER.index(Role(role)) >= LADDER.index(Role(wanted))


def in_words(need: list[dict[str, Any]], exclude: list[str]) -> str:
    """The rule as a card says it: `2 of: approver or above; not the requester`."""
    parts = [f"{each['approve']} of: {or_above(each['role'])}" for each in need]
    return "; ".join([*parts, *(["not the requester"] if exclude else [])])


def or_above(role: str) -> str:
    return role if role == LADDER[-1] else f"{role} or above"


# --- What code says, whatever the rows say ----------------------------------------------------------------------------
def _built_in(situation: Situation) -> list[_Rule]:
    spec = situation.spec
    found = []
    if target := _own_target(situation):
        found.append(_Rule(Effect.DENY, f"{target} lies inside the organisation's own networks"))
    if named := _known_target(situation):
        found.append(_Rule(Effect.DENY, f"{named[0]} is well known ({named[1]}), and blocking it would hit ourselves"))
    if situation.agent and situation.agent.tools and situation.tool not in situation.agent.tools:
        found.append(_Rule(Effect.DENY, f"{situation.agent.name} has not been given this tool"))
    if (spec is None or not spec.harmless or spec.asks_a_person) and (why := _without_side_effects(situation)):
        found.append(_Rule(Effect.DENY, f"{why} runs no tool with side effects"))
    if not situation.parsed:
        found.append(_Rule(Effect.APPROVE, "Its arguments cannot be read"))
    return found


def _without_side_effects(situation: Situation) -> str:
    if situation.shadow:
        return "A shadow run"
    if situation.path == Run.Path.DIRECT_LLM:
        return "The direct path"
    return f"The {situation.tier} tier" if situation.tier != Run.Tier.MAIN else ""


def _own_target(situation: Situation) -> str:
    """The argument that would hit ourselves. Read raw: what we can't parse is still an address to somebody."""
    named = situation.spec.targets if situation.spec else ()
    values = [situation.args.get(name) for name in named]
    own = situation.organization.own_networks
    return next((str(value) for value in values if value is not None and in_own_networks(str(value), own)), "")


def _known_target(situation: Situation) -> tuple[str, str] | None:
    """An address or a domain that everybody uses; the organisation may take one off its list, or add more."""
    values = [situation.args.get(name) for name in (situation.spec.targets if situation.spec else ())]
    names = situation.organization.known_names
    found = ((str(value), known_as(str(value), names)) for value in values if value is not None)
    return next(((value, known) for value, known in found if known), None)


def in_own_networks(value: str, networks: Iterable[str]) -> bool:
    """Whether any reading of the text names one of our own machines: firewalls differ in how they read addresses."""
    listed = list(networks)
    return any(is_own(spelling, listed) for spelling in _spellings(value))


def _spellings(value: str) -> list[str]:
    """The text and what else it may mean to whoever acts on it."""
    plain = refang(unicodedata.normalize("NFKC", value).replace("。", ".")).strip()
    host = _host(plain)
    # 010.0.0.1 is 8.0.0.1 to libc and 10.0.0.1 to others.
    unpadded = ".".join(part.lstrip("0") or "0" if part.isdecimal() else part for part in host.split("."))
    return [value, plain, host, unpadded, *_as_ipv4(host)]


def _host(text: str) -> str:
    """The machine a URL names; what reads URLs reads `%31%30.0.0.1` as 10.0.0.1."""
    try:
        return unquote(urlsplit(text).hostname or "") if "://" in text else text
    except ValueError:
        return text


def _as_ipv4(host: str) -> list[str]:
    """An address written as one number (167772161), or in IPv6 as before IPv4-mapped addresses (::10.0.0.1)."""
    bare = host.strip("[]").partition("%")[0]
    try:
        number = int(bare) if bare.isdecimal() and len(bare) <= 10 else int(ipaddress.IPv6Address(bare))
        return [str(ipaddress.IPv4Address(number))]
    except ValueError:
        return []


# --- What the organisation says ---------------------------------------------------------------------------------------
def _rows(situation: Situation) -> list[_Rule]:
    rows = ToolPolicy.objects.filter(organization=situation.organization, tool__in=[situation.tool, "*"])
    matching = [row for row in rows if _matches(row, situation)]
    found = [
        _Rule(Effect(row.effect), row.note or _described(row), row.need, row.requester_may_decide) for row in matching
    ]
    # Only a rule that names the tool stands in for the default: `* allow` opens nothing that changes the world.
    return found if any(row.tool == situation.tool for row in matching) else [*found, _default(situation.spec)]


def _default(spec: ToolSpec | None) -> _Rule:
    if spec is None or spec.changes is None:
        return _Rule(Effect.APPROVE, "Nobody has said what this tool changes")
    if spec.changes:
        return _Rule(Effect.APPROVE, f"Changes {spec.changes}")
    return _Rule(Effect.ALLOW, "Changes nothing")


def _matches(row: ToolPolicy, situation: Situation) -> bool:
    if row.agent_id is not None and (situation.agent is None or row.agent_id != situation.agent.pk):
        return False
    return fits(row.when, situation.args, situation.organization)


def fits(wanted: Mapping[str, Any], args: Mapping[str, Any], organization: Organization) -> bool:
    """Whether a call's arguments have the values, or lie where a rule or a grant says."""
    return all(name in args and _as_wanted(value, args[name], organization) for name, value in wanted.items())


def _as_wanted(wanted: Any, given: Any, organization: Organization) -> bool:
    if isinstance(wanted, dict) and set(wanted) == {"in_own_networks"}:
        return in_own_networks(str(given), organization.own_networks) == bool(wanted["in_own_networks"])
    return bool(given == wanted)


def _described(row: ToolPolicy) -> str:
    return f"The organisation's rule for {'all tools' if row.tool == '*' else row.tool}"
