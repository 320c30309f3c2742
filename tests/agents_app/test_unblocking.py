"""The block list for people: all see what is blocked and why, approvers take it off, few see its address."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from agents_app import clock
from agents_app.models import BlockedIndicator, ToolPolicy
from agents_app.services import containment
from agents_app.tools import Call, registry
from sessions_app import actors
from sessions_app.models import AuditEntry, Event, Incident, Organization
from sessions_app.services import evidence, merging
from tests import factories
from tests.agents_app.control import EVIL, Scene, block, said, scene

pytestmark = pytest.mark.django_db(transaction=True)

API = "/api/v1/blocklists"


def client(role: str, org: Organization | None = None) -> Client:
    reader = Client()
    reader.force_login(factories.user(role=role, org=org))
    return reader


@pytest.fixture
def made() -> Scene:
    """A room in which an agent has blocked an address after an approver allowed it."""
    made = scene(incident=True)
    made.act("block_indicator", block())
    made.decide()
    assert said(made.again())["outcome"] == "succeeded"
    return made


def other_incident(made: Scene) -> Incident:
    """Another incident in whose name the same address is blocked."""
    other = factories.incident(made.organization, title="Port scan")
    until = clock.now() + timedelta(hours=1)
    other.indicators.create(organization=made.organization, kind="ip", value=EVIL, blocked_until=until)
    BlockedIndicator.objects.create(
        organization=made.organization, incident=other, indicator=EVIL, kind="ip", until=until,
        idempotency_key=uuid4().hex,
    )  # fmt: skip
    return other


def unblocked_events(incident: Incident) -> list[Event]:
    return list(Event.objects.filter(session=incident.room_id, type="indicator.unblocked"))


def test_everybody_sees_what_is_blocked_and_why_and_few_the_address_of_the_feed(made: Scene) -> None:
    assert made.incident
    for role in ("observer", "responder", "approver", "auditor", "commander", "admin"):
        reader = client(role)
        assert 'href="/block-list/"' in reader.get(f"/incidents/{made.incident.pk}/").text
        shown = reader.get("/block-list/").text
        assert all(
            words in shown for words in (EVIL, "It guesses passwords.", "SSH brute force", "allowed by approver")
        )
        assert ("unblock/" in shown) is (role in ("approver", "commander"))
        addresses = re.findall(r"http://testserver(/api/v1/blocklists/[\w-]+\.txt)", shown)
        assert len(addresses) == (role in ("commander", "admin"))
    assert Client().get(addresses[0]).text == f"{EVIL}\n"
    assert Client().get("/block-list/").status_code == 302


def test_another_organisation_sees_and_unblocks_nothing(made: Scene) -> None:
    stranger = client("commander", factories.organization("other"))
    assert EVIL not in stranger.get("/block-list/").text
    assert stranger.get(f"{API}/entries").json() == []
    order = {"indicator": EVIL, "reason": "Mine now."}
    assert stranger.post(f"{API}/unblock", order, "application/json").status_code == 409
    named = {**order, "organization_id": str(made.organization.pk)}
    assert stranger.post(f"{API}/unblock", named, "application/json").status_code == 404
    form = {"organization": str(made.organization.pk), **order}
    assert stranger.post("/block-list/unblock/", form).status_code == 404
    assert made.blocked == [EVIL]


def test_an_approver_takes_it_off_by_page_and_feed_rooms_and_trail_follow(made: Scene) -> None:
    assert made.incident
    other = other_incident(made)
    form = {"organization": str(made.organization.pk), "indicator": EVIL, "reason": "Our partner's scanner."}
    answer = client("approver").post("/block-list/unblock/", form, follow=True)
    assert "is no longer blocked" in answer.text
    assert made.blocked == []
    for incident in (made.incident, other):
        (told,) = unblocked_events(incident)
        assert told.actor_kind == "user"
        assert told.data["indicator"]["blocked_until"] is None
        assert incident.indicators.get(value=EVIL).blocked_until is None
    (entry,) = AuditEntry.objects.filter(action="indicator.unblocked")
    assert entry.detail == {"indicator": EVIL, "entries": 2, "reason": "Our partner's scanner."}


def test_it_is_also_off_where_its_incident_was_merged_into_another(made: Scene) -> None:
    assert made.incident
    target = factories.incident(made.organization, title="The whole story")
    commander = factories.user(role="commander", org=made.organization)
    merging.merge(incident_id=made.incident.pk, into=target.pk, by=actors.person(commander))
    assert target.indicators.get(value=EVIL).blocked_until is not None
    order = {"indicator": EVIL, "reason": "A slip."}
    assert client("approver").post(f"{API}/unblock", order, "application/json").json()["entries"] == 1
    assert target.indicators.get(value=EVIL).blocked_until is None
    assert len(unblocked_events(target)) == 1


def test_a_block_goes_back_with_the_incident_in_whose_name_it_was_made(made: Scene) -> None:
    assert made.incident
    target = factories.incident(made.organization, title="The whole story")
    commander = actors.person(factories.user(role="commander", org=made.organization))
    until = made.incident.indicators.get(value=EVIL).blocked_until
    merging.merge(incident_id=made.incident.pk, into=target.pk, by=commander)
    evidence.attach_text(incident=target, filename="a.log", text=f"from {EVIL}", by=actors.SYSTEM)
    merging.unmerge(incident_id=made.incident.pk, by=commander)
    assert made.incident.indicators.get(value=EVIL).blocked_until == until
    assert (target.indicators.get(value=EVIL).seen_count, target.indicators.get(value=EVIL).blocked_until) == (1, None)


@pytest.mark.parametrize(("minutes", "lifted"), [(600, False), (5, True)])
def test_a_block_since_the_merge_stays_where_it_was_made(made: Scene, minutes: int, lifted: bool) -> None:
    assert made.incident
    target = factories.incident(made.organization, title="The whole story")
    commander = actors.person(factories.user(role="commander", org=made.organization))
    before = made.incident.indicators.get(value=EVIL).blocked_until
    merging.merge(incident_id=made.incident.pk, into=target.pk, by=commander)
    if lifted:
        containment.lift(organization=made.organization, indicator=EVIL, reason="A slip.", by=commander)
    assert target.room
    with transaction.atomic():
        blocked = containment.block(
            session=target.room, incident=target, indicator=EVIL, minutes=minutes, reason="Again.", key=uuid4().hex,
            by=actors.SYSTEM,
        )  # fmt: skip
    merging.unmerge(incident_id=made.incident.pk, by=commander)
    assert target.indicators.get(value=EVIL).blocked_until == blocked.until
    assert made.incident.indicators.get(value=EVIL).blocked_until == (None if lifted else before)


def test_nothing_is_blocked_in_the_name_of_an_incident_that_was_merged_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = scene(incident=True)
    assert made.incident
    target = factories.incident(made.organization, title="The whole story")
    blocks = registry.named("block_indicator")

    def merged_before(call: Call, args: Any) -> Any:
        """The call is claimed already: nobody has asked yet whether it may still run."""
        merging.merge(incident_id=made.incident.pk, into=target.pk, by=actors.person(made.person("commander")))
        return blocks(call, args)

    monkeypatch.setitem(registry._TOOLS, "block_indicator", merged_before)
    made.act("block_indicator", block())
    made.decide()
    told = said(made.again())
    assert (told["outcome"], made.blocked) == ("failed", [])
    assert target.title in told["error"]


def test_a_reason_is_wanted_and_what_is_not_blocked_cannot_be_taken_off(made: Scene) -> None:
    approver = client("approver")
    form = {"organization": str(made.organization.pk), "indicator": EVIL, "reason": "  "}
    assert "Nothing was changed." in approver.post("/block-list/unblock/", form, follow=True).text
    assert made.blocked == [EVIL]
    gone = {"indicator": "203.0.113.99", "reason": "A slip."}
    assert approver.post(f"{API}/unblock", gone, "application/json").status_code == 409


def test_by_rest_the_same_in_any_spelling_and_once(made: Scene) -> None:
    approver = client("approver")
    (entry,) = approver.get(f"{API}/entries").json()
    assert (entry["indicator"], entry["reason"]) == (EVIL, "It guesses passwords.")
    assert entry["allowed_by"].startswith("approver")
    order = {"indicator": EVIL.replace(".", "[.]"), "reason": "A slip."}
    sent = {"data": order, "content_type": "application/json", "headers": {"Idempotency-Key": "once"}}
    first, again = approver.post(f"{API}/unblock", **sent), approver.post(f"{API}/unblock", **sent)
    assert (first.status_code, first.json()["entries"], again.json()) == (200, 1, first.json())
    assert AuditEntry.objects.filter(action="indicator.unblocked").count() == 1


@pytest.mark.parametrize("role", ["observer", "responder", "admin", "auditor"])
def test_who_may_not_approve_takes_nothing_off(made: Scene, role: str) -> None:
    order = {"indicator": EVIL, "reason": "Why not."}
    assert client(role).post(f"{API}/unblock", order, "application/json").status_code == 403
    assert made.blocked == [EVIL]


def test_an_agent_that_unblocks_tells_every_room_that_had_it_blocked(made: Scene) -> None:
    other = other_incident(made)
    made.act("unblock_indicator", {"indicator": EVIL, "reason": "A slip."})
    made.decide()
    assert said(made.again())["result"] == {"unblocked": EVIL, "entries": 2}
    assert len(unblocked_events(other)) == 1
    assert made.blocked == []


@pytest.mark.parametrize("spelling", ["203[.]0.113.7", " 203.0.113.7 ", "203.0.113[.]7"])
def test_what_is_said_of_an_indicator_holds_however_an_agent_spells_it(made: Scene, spelling: str) -> None:
    made.act("unblock_indicator", {"indicator": EVIL, "reason": "A slip."})
    assert made.call.args["indicator"] == EVIL
    made.decide("reject")
    assert said(made.act("unblock_indicator", {"indicator": spelling, "reason": "Please."}))["outcome"] == "rejected"
    assert made.approval.status == "rejected", "nobody is asked again"
    ToolPolicy.objects.create(
        organization=made.organization, tool="unblock_indicator", effect="deny", when={"indicator": EVIL}
    )
    denied = said(made.act("unblock_indicator", {"indicator": spelling, "reason": "Please."}))
    assert denied["error"].startswith("TOOL_PERMISSION_DENIED")
    assert made.blocked == [EVIL]
