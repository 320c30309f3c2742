"""The demo set-up: agents with faces, rules, one incident; made once, and left as people changed it."""

import pytest

from agents_app import seed
from agents_app.models import Agent, Run, ToolPolicy
from sessions_app import seed as people
from sessions_app.models import Incident, Organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded() -> seed.SeedReport:
    people.people()
    return seed.seed()


def test_each_organisation_has_a_crew_and_an_assistant(seeded: seed.SeedReport) -> None:
    assert seeded.organizations == 2
    for organization in Organization.objects.all():
        roles = sorted(organization.agents.values_list("role", flat=True))
        assert roles == ["assistant", "captain", "executor", "expert", "manager", "operator"]
        assert len(set(organization.agents.values_list("color", "symbol"))) == len(roles)


def test_blocking_needs_one_approver_in_the_demo_organisation(seeded: seed.SeedReport) -> None:
    rule = ToolPolicy.objects.get(organization__slug="demo", tool="block_indicator")
    assert (rule.effect, rule.requester_may_decide) == ("approve", False)
    assert rule.need == [{"role": "approver", "approve": 1, "reject": 1}]


def test_one_incident_waits_with_its_crew_on_the_way(seeded: seed.SeedReport) -> None:
    incident = Incident.objects.get()
    assert seeded.incident == incident
    assert [run.mode for run in Run.objects.filter(session=incident.room)] == ["crew"]
    assert incident.room is not None
    assert incident.room.agent is not None
    assert incident.room.agent.role == "assistant"


def test_a_second_time_changes_nothing_that_people_set(seeded: seed.SeedReport) -> None:
    Agent.objects.filter(organization__slug="demo", role="captain").update(instructions="Ours now.")
    again = seed.seed()
    assert (again.agents, again.incident) == (seeded.agents, seeded.incident)
    assert Agent.objects.get(organization__slug="demo", role="captain").instructions == "Ours now."
    assert Run.objects.count() == 1
