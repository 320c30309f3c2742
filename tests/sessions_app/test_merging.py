"""Two incidents that are one: what goes over, what stops, who may, what is refused, and that it can be undone."""

from typing import Any

import pytest

from sessions_app import actors
from sessions_app.errors import Refused
from sessions_app.models import Alert, AuditEntry, Event, Incident, Merge, User
from sessions_app.services import evidence, indicators, messages, related
from sessions_app.vocabulary import MessageSend
from tests.callers import Caller, person, program
from tests.factories import incident, organization, user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_agents")]


def alert(title: str, address: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "severity": "high", "host": "web-1", "source_ip": address, **more}


@pytest.fixture
def casey() -> User:
    return user("casey", role="commander", name="Casey")


@pytest.fixture
def caller(casey: User) -> Caller:
    return person(casey)


def opened(caller: Caller, title: str, address: str) -> Incident:
    answer = caller.post("ingest", alert(title, address))
    assert answer.status_code == 202, answer.content
    return Incident.objects.get(pk=answer.json()["incident_id"])


@pytest.fixture
def two(caller: Caller) -> tuple[Incident, Incident]:
    """Both saw one address, and each one of its own."""
    source, target = opened(caller, "Odd sign-ins", "203.0.113.7"), opened(caller, "A new process", "203.0.113.8")
    for each in (source, target):
        caller.post(f"incidents/{each.pk}/indicators", {"value": "203.0.113.99"})
    caller.post(f"incidents/{source.pk}/tasks", {"title": "Ask the owner"})
    return source, target


def merge(caller: Caller, source: Incident, target: Incident) -> Any:
    return caller.post(f"incidents/{source.pk}/merge", {"into": str(target.pk)})


def unmerge(caller: Caller, source: Incident) -> Any:
    return caller.post(f"incidents/{source.pk}/unmerge")


def state(caller: Caller, *incidents: Incident) -> list[dict[str, Any]]:
    """All that is known of them, as the doors show it."""
    return [
        {
            "incident": caller.get(f"incidents/{each.pk}").json(),
            "evidence": caller.get(f"incidents/{each.pk}/evidence").json(),
            "indicators": caller.get(f"incidents/{each.pk}/indicators").json(),
            "tasks": caller.get(f"incidents/{each.pk}/tasks").json(),
            "alerts": sorted(each.alerts.values_list("pk", "count")),
        }
        for each in incidents
    ]


def values(incident: Incident) -> dict[str, int]:
    return dict(incident.indicators.values_list("value", "seen_count"))


def say(who: User, where: Incident) -> Any:
    assert where.room_id is not None
    return messages.post(session_id=where.room_id, body=MessageSend(content="hello"), by=actors.person(who))


def told(found: Incident, kind: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(session=found.room_id, type=kind).order_by("seq").values_list("data", flat=True))


def test_what_is_known_goes_over_and_the_merged_one_says_where(caller: Caller, two: tuple[Incident, Incident]) -> None:
    source, target = two
    answer = merge(caller, source, target)
    assert answer.status_code == 200, answer.content
    there = {"id": str(target.pk), "title": target.title}
    assert (answer.json()["merged_into"], answer.json()["status"]) == (there, "closed")
    got = caller.get(f"incidents/{target.pk}").json()
    assert got["merged"] == [{"id": str(source.pk), "title": source.title}]
    assert got["alert_count"] == 2
    addresses = {value: count for value, count in values(target).items() if value.startswith("203.")}
    assert addresses == {"203.0.113.7": 1, "203.0.113.8": 1, "203.0.113.99": 2}
    assert len(caller.get(f"incidents/{target.pk}/evidence").json()["data"]) == 2
    assert [task["title"] for task in caller.get(f"incidents/{target.pk}/tasks").json()["data"]] == ["Ask the owner"]
    assert caller.get(f"incidents/{source.pk}/evidence").json()["data"] == []
    (went,), (came,) = told(source, "incident.merged"), told(target, "incident.merged")
    assert (went["went"]["incident"], came["came"]["incident"]["title"]) == (there, source.title)
    assert [task["title"] for task in came["came"]["tasks"]] == ["Ask the owner"]
    assert len(came["came"]["evidence"]) == 1
    (entry,) = AuditEntry.objects.filter(action="incident.merged")
    assert (entry.actor_name, entry.detail["target"]) == ("Casey", there)


def test_its_room_is_closed_and_all_its_doors_tell_where_it_went(
    casey: User, caller: Caller, two: tuple[Incident, Incident]
) -> None:
    source, target = two
    merge(caller, source, target)
    with pytest.raises(Refused) as refused:
        say(casey, source)
    assert (refused.value.code, refused.value.details["merged_into"]) == ("SESSION_ENDED", str(target.pk))
    assert target.title in refused.value.detail
    path = f"incidents/{source.pk}"
    for answer in (
        caller.patch(path, {"status": "open"}), caller.patch(path, {"severity": "low"}),
        caller.post(f"{path}/tasks", {"title": "x"}), caller.post(f"{path}/indicators", {"value": "203.0.113.1"}),
        caller.client.put(f"/api/v1/{path}/roles", {}, "application/json"),
        caller.client.put(f"/api/v1/{path}/timeline/1/pin", {}, "application/json"),
        caller.client.put(f"/api/v1/{path}/report", {"markdown": "x"}, "application/json"),
        caller.post(f"{path}/crew"), merge(caller, source, incident()), merge(caller, target, source),
    ):  # fmt: skip
        assert (answer.status_code, answer.json()["error_code"]) == (409, "CONFLICT"), answer.content
        assert answer.json()["details"] == {"merged_into": str(target.pk)}


def test_a_repeat_of_its_alert_counts_into_the_other(caller: Caller, two: tuple[Incident, Incident]) -> None:
    source, target = two
    merge(caller, source, target)
    again = caller.post("ingest", alert("Odd sign-ins", "203.0.113.7")).json()
    assert (again["incident_id"], again["deduplicated"]) == (str(target.pk), 1)
    assert caller.get(f"incidents/{target.pk}").json()["alert_count"] == 3
    assert Incident.objects.count() == 2


def test_unmerging_puts_back_exactly_what_came(casey: User, caller: Caller, two: tuple[Incident, Incident]) -> None:
    source, target = two
    before = state(caller, source, target)
    merge(caller, source, target)
    answer = unmerge(caller, source)
    assert (answer.status_code, answer.json()["status"], answer.json()["merged_into"]) == (200, "open", None)
    assert state(caller, source, target) == before
    assert say(casey, source).message.content == "hello"
    assert told(source, "incident.changed")[-1]["changes"]["status"] == ["closed", "open"]
    assert told(target, "incident.changed")[-1]["went"]["incident"]["id"] == str(source.pk)
    assert unmerge(caller, source).status_code == 409
    assert merge(caller, source, target).status_code == 200, "and once more"
    assert Merge.objects.filter(undone_at=None).count() == 1


def test_what_came_since_stays_and_the_repeats_go_with_their_alert(
    caller: Caller, two: tuple[Incident, Incident]
) -> None:
    source, target = two
    merge(caller, source, target)
    caller.post("ingest", alert("Odd sign-ins", "203.0.113.7"))
    caller.post(f"incidents/{target.pk}/tasks", {"title": "Later"})
    unmerge(caller, source)
    assert list(source.alerts.values_list("count", flat=True)) == [2]
    assert (values(source)["203.0.113.7"], values(target)["203.0.113.7"]) == (1, 1)
    assert [task["title"] for task in caller.get(f"incidents/{target.pk}/tasks").json()["data"]] == ["Later"]
    again = caller.post("ingest", alert("Odd sign-ins", "203.0.113.7")).json()
    assert again["incident_id"] == str(source.pk)


def test_an_alert_both_have_is_counted_once_and_taken_off_again(caller: Caller, two: tuple[Incident, Incident]) -> None:
    source, target = two
    theirs = source.alerts.get()
    same = Alert.objects.create(
        organization=target.organization, incident=target, source="generic", fingerprint=theirs.fingerprint,
        title="x", severity="low", raw={}, count=3,
    )  # fmt: skip
    merge(caller, source, target)
    same.refresh_from_db()
    assert (same.count, target.alerts.count()) == (4, 2)
    unmerge(caller, source)
    same.refresh_from_db()
    assert (same.count, source.alerts.get().count) == (3, 1)


def test_a_chain_comes_apart_from_its_end(caller: Caller, two: tuple[Incident, Incident]) -> None:
    first, second = two
    third = opened(caller, "Data leaves", "203.0.113.9")
    before = state(caller, first, second, third)
    merge(caller, first, second)
    merge(caller, second, third)
    assert third.alerts.count() == 3
    assert merge(caller, third, first).status_code == 409, "no circle"
    assert unmerge(caller, first).json()["details"] == {"merged_into": str(third.pk)}
    assert unmerge(caller, second).status_code == 200
    assert (second.alerts.count(), third.alerts.count()) == (2, 1)
    assert unmerge(caller, first).status_code == 200
    assert state(caller, first, second, third) == before


# --- Several into one -------------------------------------------------------------------------------------------------
@pytest.fixture
def three(caller: Caller, two: tuple[Incident, Incident]) -> tuple[Incident, Incident, Incident]:
    """Two that share an alert and an indicator, which the third, their target, does not have."""
    first, target = two
    second = opened(caller, "Odd traffic", "203.0.113.9")
    target.indicators.filter(value="203.0.113.99").delete()
    for _again in range(2):
        evidence.attach_text(incident=second, filename="dns.log", text="query to 203.0.113.99", by=actors.SYSTEM)
    shared = first.alerts.get()
    Alert.objects.create(
        organization=second.organization, incident=second, source="generic", fingerprint=shared.fingerprint,
        title="x", severity="low", raw={}, count=3, techniques=["T1110"],
    )  # fmt: skip
    for each in (first, second):
        each.refresh_from_db()
        each.metadata = {"techniques": ["T1110", f"T{each.alerts.count():04}"]}
        each.alert_count = sum(each.alerts.values_list("count", flat=True))
        each.save(update_fields=["metadata", "alert_count"])
    return first, second, target


@pytest.mark.parametrize("merged", [(0, 1), (1, 0)])
@pytest.mark.parametrize("taken", [(0, 1), (1, 0)])
def test_two_that_share_something_come_out_in_any_order_as_they_went_in(
    caller: Caller, three: tuple[Incident, Incident, Incident], merged: tuple[int, int], taken: tuple[int, int]
) -> None:
    target = three[2]
    before = state(caller, *three)
    gone, left = three[taken[0]], three[taken[1]]
    merge(caller, left, target)
    alone = state(caller, target)
    unmerge(caller, left)
    for number in merged:
        assert merge(caller, three[number], target).status_code == 200
    assert target.alerts.get(fingerprint=three[0].fingerprint).count == 4
    assert values(target)["203.0.113.99"] == 3
    assert unmerge(caller, gone).status_code == 200
    assert state(caller, gone) == [before[taken[0]]]
    assert state(caller, target) == alone, "as if only the other had been merged"
    assert unmerge(caller, left).status_code == 200
    assert state(caller, *three) == before


def test_what_several_brought_and_came_again_is_nowhere_lost_or_counted_twice(
    caller: Caller, three: tuple[Incident, Incident, Incident]
) -> None:
    first, second, target = three
    merge(caller, first, target)
    merge(caller, second, target)
    caller.post("ingest", alert("Odd sign-ins", "203.0.113.7"))
    evidence.attach_text(incident=target, filename="dns.log", text="query to 203.0.113.99", by=actors.SYSTEM)
    unmerge(caller, first)
    counts = [each.alerts.get(fingerprint=first.fingerprint).count for each in (first, target)]
    assert counts == [2, 3], "the repeat goes with the alert that counted it"
    assert (values(first)["203.0.113.99"], values(target)["203.0.113.99"]) == (1, 3)
    unmerge(caller, second)
    assert second.alerts.get(fingerprint=first.fingerprint).count == 3
    assert (values(first)["203.0.113.99"], values(second)["203.0.113.99"], values(target)["203.0.113.99"]) == (1, 2, 1)
    shown = {each.pk: caller.get(f"incidents/{each.pk}").json()["alert_count"] for each in three}
    assert shown == {each.pk: sum(each.alerts.values_list("count", flat=True)) for each in three}


def test_an_incident_knows_so_many_techniques_also_of_others(caller: Caller) -> None:
    one, two = (
        Incident.objects.get(pk=caller.post("incidents", declared).json()["id"])
        for declared in (
            {"title": "x", "severity": "low", "metadata": {"techniques": [f"T{n}{number:03}" for number in range(30)]}}
            for n in (1, 2)
        )
    )
    merge(caller, one, two)
    two.refresh_from_db()
    assert (len(two.techniques), two.techniques[29:31]) == (50, ["T2029", "T1000"])
    unmerge(caller, one)
    two.refresh_from_db()
    assert len(two.techniques) == 30


# --- Chats beside the room --------------------------------------------------------------------------------------------
def test_a_chat_about_a_merged_incident_says_where_it_goes_on(
    casey: User, caller: Caller, two: tuple[Incident, Incident]
) -> None:
    source, target = two
    opening = {"incident_id": str(source.pk), "activate": True}
    chat = caller.post("sessions", opening).json()["id"]
    asked = {"session_id": chat, "body": MessageSend(content="And?"), "by": actors.person(casey)}
    merge(caller, source, target)
    refused = caller.post("sessions", opening)
    assert (refused.status_code, refused.json()["error_code"]) == (410, "SESSION_ENDED")
    assert refused.json()["details"] == {"merged_into": str(target.pk), "session_id": str(target.room_id)}
    with pytest.raises(Refused) as said:
        messages.post(**asked)
    assert said.value.details == refused.json()["details"]
    unmerge(caller, source)
    assert messages.post(**asked).message.content == "And?"
    assert caller.post("sessions", opening).status_code == 201


def test_merging_twice_is_merging_once(caller: Caller, two: tuple[Incident, Incident]) -> None:
    assert merge(caller, *two).status_code == merge(caller, *two).status_code == 200
    assert (Merge.objects.count(), len(told(two[1], "incident.merged"))) == (1, 1)


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_only_open_incidents_are_merged(caller: Caller, two: tuple[Incident, Incident], status: str) -> None:
    source, target = two
    Incident.objects.filter(pk=target.pk).update(status=status)
    for answer in (merge(caller, source, target), merge(caller, target, source)):
        assert (answer.status_code, answer.json()["details"]["status"]) == (409, status)
    assert caller.post(f"incidents/{source.pk}/merge", {"into": str(source.pk)}).status_code == 400


def test_an_incident_whose_alerts_another_collects_by_now_stays_merged(
    caller: Caller, two: tuple[Incident, Incident]
) -> None:
    source, target = two
    merge(caller, source, target)
    caller.patch(f"incidents/{target.pk}", {"status": "resolved"})
    new = caller.post("ingest", alert("Odd sign-ins", "203.0.113.7")).json()["incident_id"]
    assert new not in (str(source.pk), str(target.pk))
    assert unmerge(caller, source).status_code == 409
    assert caller.get(f"incidents/{source.pk}").json()["merged_into"]["id"] == str(target.pk)


def test_who_may_merge(two: tuple[Incident, Incident]) -> None:
    source, target = two
    other = organization("other")
    both = user(role="commander", org=other)
    both.memberships.create(organization=organization(), role="commander")
    theirs = incident(other)
    gone = user(role="commander")
    gone.memberships.update(active=False)
    for somebody, status in (
        (person(user(role="observer")), 403), (person(user(role="responder")), 403), (person(user(role="admin")), 403),
        (program(organization(), "read", "write"), 403), (person(user(role="commander", org=other)), 404),
        (person(gone), 404), (person(user(role="approver")), 200),
    ):  # fmt: skip
        assert merge(somebody, source, target).status_code == status
        assert unmerge(somebody, source).status_code == status
    assert merge(person(user(role="commander")), source, theirs).status_code == 404
    assert merge(person(both), source, theirs).status_code == 400, "two organisations stay apart"


def test_what_is_taken_apart_is_still_known_for_what_it_is(caller: Caller, two: tuple[Incident, Incident]) -> None:
    source, target = two
    caller.post(f"incidents/{source.pk}/indicators", {"value": "8.8.8.8"})
    merge(caller, source, target)
    evidence.attach_text(incident=target, filename="dns.log", text="query to 8.8.8.8", by=actors.SYSTEM)
    assert unmerge(caller, source).status_code == 200
    for each in two:
        assert each.indicators.get(value="8.8.8.8").known == "resolver"


def test_what_the_organisation_said_meanwhile_holds_for_what_is_taken_out(
    caller: Caller, two: tuple[Incident, Incident]
) -> None:
    source, target = two
    merge(caller, source, target)
    home = organization()
    home.own_networks = ["203.0.113.96/28"]
    home.save(update_fields=["own_networks"])
    indicators.judge_again(organization=home, by=actors.SYSTEM)
    unmerge(caller, source)
    for each in two:
        assert each.indicators.get(value="203.0.113.99").private is True


def test_what_was_merged_in_is_no_other_incident_and_not_related(
    caller: Caller, two: tuple[Incident, Incident]
) -> None:
    source, target = two
    assert [each.id for each in related.of(target)] == [source.pk]
    merge(caller, source, target)
    assert related.of(target) == []
    assert indicators.describe(target, "203.0.113.99").other_incidents == []
    unmerge(caller, source)
    assert [each.id for each in indicators.describe(target, "203.0.113.99").other_incidents] == [source.pk]
