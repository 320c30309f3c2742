"""Incidents through the API: declared, seen, changed, settled."""

import pytest

from sessions_app import extensions
from sessions_app.models import ChatSession, Event, Incident, Message
from tests.callers import Caller, person, program
from tests.factories import incident, organization, room, user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_plugged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """What agents do when something is said, opened or closed has its own tests."""
    for name in ("on_post", "on_open", "on_close"):
        monkeypatch.setattr(extensions, name, [])


def declare(caller: Caller, **fields: object) -> dict[str, object]:
    answer = caller.post("incidents", {"title": "SSH brute force", "severity": "high", **fields})
    assert answer.status_code == 201, answer.content
    return answer.json()


def events(session_id: object) -> list[str]:
    return list(Event.objects.filter(session=session_id).order_by("seq").values_list("type", flat=True))


def test_declaring_an_incident_opens_its_war_room() -> None:
    casey = user("casey", name="Casey")
    made = declare(person(casey), description="From the bastion", source="phone", metadata={"ticket": 7})
    assert (made["title"], made["severity"], made["status"], made["alert_count"]) == (
        "SSH brute force", "high", "open", 0,
    )  # fmt: skip
    assert Incident.objects.get().metadata == {"ticket": 7}
    war_room = ChatSession.objects.get(pk=made["session_id"])
    assert (war_room.status, war_room.title, war_room.owner) == ("active", "SSH brute force", casey)
    assert events(war_room.pk) == ["session.created", "session.activated", "participant.joined", "incident.opened"]
    assert war_room.head == 4


def test_what_opens_with_an_incident_opens_in_its_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    monkeypatch.setattr(extensions, "on_open", [lambda incident, by: opened.append((incident.title, by.name))])
    declare(person(user("casey", name="Casey")))
    assert opened == [("SSH brute force", "Casey")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""}, {"title": " "}, {"title": "x" * 201}, {"title": None}, {"severity": "urgent"},
        {"status": "open"}, {"metadata": []}, {"title": "a\x00b"}, {"organization_id": "demo"}, {"title": "\ud800"},
    ],
)  # fmt: skip
def test_a_declaration_of_the_wrong_shape_is_refused_and_nothing_stored(wrong: dict[str, object]) -> None:
    answer = person(user()).post("incidents", {"title": "SSH", "severity": "high", **wrong})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_REQUEST")
    assert not Incident.objects.exists()


@pytest.mark.parametrize("role", ["observer", "admin", "auditor"])
def test_who_only_looks_declares_nothing(role: str) -> None:
    answer = person(user(role=role)).post("incidents", {"title": "SSH", "severity": "high"})
    assert (answer.status_code, answer.json()["error_code"]) == (403, "PERMISSION_DENIED")


def test_with_several_memberships_a_declaration_names_the_organisation() -> None:
    casey, other = user("casey"), organization("other")
    casey.memberships.create(organization=other, role="responder")
    caller = person(casey)
    answer = caller.post("incidents", {"title": "SSH", "severity": "high"})
    assert (answer.status_code, answer.json()["details"]) == (400, {"field": "organization_id"})
    made = declare(caller, organization_id=str(other.pk))
    assert Incident.objects.get(pk=made["id"]).organization == other


def test_an_incident_can_not_be_declared_in_an_organisation_of_others() -> None:
    elsewhere = organization("other")
    answer = person(user()).post(
        "incidents", {"title": "SSH", "severity": "high", "organization_id": str(elsewhere.pk)}
    )
    assert answer.status_code == 404


def test_the_list_is_newest_first_filtered_and_paged() -> None:
    made = [incident(title=f"No {n}", severity="high" if n % 2 else "low") for n in range(5)]
    incident(organization("other"), title="Theirs")
    caller = person(user())
    first = caller.get("incidents", limit=2).json()
    second = caller.get("incidents", limit=2, cursor=first["next"]).json()
    third = caller.get("incidents", limit=2, cursor=second["next"]).json()
    titles = [one["title"] for page in (first, second, third) for one in page["data"]]
    assert titles == ["No 4", "No 3", "No 2", "No 1", "No 0"]
    assert third["next"] is None
    assert [one["title"] for one in caller.get("incidents", severity="low").json()["data"]] == ["No 4", "No 2", "No 0"]
    made[0].status = "closed"
    made[0].save()
    assert [one["title"] for one in caller.get("incidents", status="closed").json()["data"]] == ["No 0"]


@pytest.mark.parametrize(
    "wrong", [{"limit": "0"}, {"limit": "201"}, {"limit": "x"}, {"limit": "²"}, {"cursor": "x"}, {"cursor": "%00"},
              {"severity": "urgent"}, {"offset": "-1"}, {"organization_id": "1"}]
)  # fmt: skip
def test_a_list_asked_for_in_a_wrong_way_is_refused(wrong: dict[str, str]) -> None:
    answer = person(user()).get("incidents", **wrong)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_REQUEST")


def test_the_list_costs_the_same_number_of_queries_however_long_it_is(
    django_assert_num_queries: object,
) -> None:
    commander = user()
    caller = person(commander)
    for _ in range(2):
        for _ in range(5):
            found = incident(commander=commander)
            found.indicators.create(organization=found.organization, kind="ip", value="203.0.113.7")
        with django_assert_num_queries(5):  # type: ignore[operator]  # person, incidents, indicators, roles, merged
            assert len(caller.get("incidents").json()["data"][0]["indicators"]) == 1


def test_a_change_is_told_with_what_was_before() -> None:
    found, casey = incident(), user("casey", name="Casey")
    answer = person(casey).patch(
        f"incidents/{found.pk}", {"severity": "critical", "title": "Break-in", "commander_id": str(casey.pk)}
    )
    assert answer.status_code == 200
    assert answer.json()["commander"] == {"id": str(casey.pk), "name": "Casey"}
    event = Event.objects.get(session=found.room)
    assert (event.type, event.actor_name) == ("incident.changed", "Casey")
    assert event.data["changes"]["severity"] == ["high", "critical"]
    assert event.data["changes"]["title"] == ["SSH brute force", "Break-in"]
    assert event.data["changes"]["commander"] == [None, {"id": str(casey.pk), "name": "Casey"}]


def test_a_change_that_changes_nothing_tells_nothing() -> None:
    found = incident()
    assert person(user()).patch(f"incidents/{found.pk}", {"severity": "high"}).status_code == 200
    assert events(found.room_id) == []


@pytest.mark.parametrize("wrong", [{"title": None}, {"status": "asleep"}, {"closed_at": None}, {"commander_id": "me"}])
def test_a_change_of_the_wrong_shape_is_refused(wrong: dict[str, object]) -> None:
    found = incident()
    assert person(user()).patch(f"incidents/{found.pk}", wrong).status_code == 400
    assert events(found.room_id) == []


def test_a_commander_can_be_unset() -> None:
    commander = user()
    found = incident(commander=commander)
    assert person(commander).patch(f"incidents/{found.pk}", {"commander_id": None}).json()["commander"] is None


def test_a_commander_must_be_a_responder_of_the_organisation() -> None:
    found, caller = incident(), person(user())
    for somebody in (user(role="observer"), user(org=organization("other"), role="commander"), user(is_active=False)):
        answer = caller.patch(f"incidents/{found.pk}", {"commander_id": str(somebody.pk)})
        assert (answer.status_code, answer.json()["details"]) == (400, {"field": "commander_id"})


def test_settling_an_incident_ends_what_is_at_work_and_is_for_approvers(monkeypatch: pytest.MonkeyPatch) -> None:
    found = incident()
    side_session = room(incident=found)
    closed: list[ChatSession] = []
    monkeypatch.setattr(extensions, "on_close", [lambda session, by: closed.append(session)])
    assert person(user(role="responder")).patch(f"incidents/{found.pk}", {"status": "closed"}).status_code == 403
    assert closed == []
    answer = person(user(role="approver")).patch(f"incidents/{found.pk}", {"status": "resolved"})
    assert answer.json()["closed_at"]
    assert closed == [found.room, side_session]
    assert events(found.room_id) == ["incident.changed", "incident.closed"]
    reopened = person(user(role="commander")).patch(f"incidents/{found.pk}", {"status": "open"}).json()
    assert (reopened["status"], reopened["closed_at"]) == ("open", None)


def test_an_incident_can_not_be_reopened_beside_one_that_took_its_alerts() -> None:
    found = incident(fingerprint="abc", status="resolved")
    incident(fingerprint="abc")
    answer = person(user(role="commander")).patch(f"incidents/{found.pk}", {"status": "open"})
    assert (answer.status_code, answer.json()["error_code"]) == (409, "CONFLICT")


def test_the_timeline_is_all_that_happened_newest_first() -> None:
    caller = person(user())
    made = declare(caller)
    caller.patch(f"incidents/{made['id']}", {"severity": "low"})
    first = caller.get(f"incidents/{made['id']}/timeline", limit=2).json()
    assert [one["type"] for one in first["data"]] == ["incident.changed", "incident.opened"]
    rest = caller.get(f"incidents/{made['id']}/timeline", cursor=first["next"]).json()
    assert [one["seq"] for one in rest["data"]] == [3, 2, 1]
    assert {"room", "seq", "id", "ts", "type", "actor", "data"} <= set(first["data"][0])


def test_another_organisations_incident_is_not_there() -> None:
    found = incident()
    missing = f"incidents/{found.room_id}"  # an id of something else
    for caller in (person(user(org=organization("other"), role="commander")), program(organization("other"), "read")):
        for path in (f"incidents/{found.pk}", f"incidents/{found.pk}/timeline"):
            answer = caller.get(path)
            assert answer.status_code == 404
            assert answer.json()["error_code"] == "NOT_FOUND"
        assert caller.get(f"incidents/{found.pk}").json()["detail"] == caller.get(missing).json()["detail"]
        assert caller.get("incidents").json() == {"data": [], "next": None}
    outsider = person(user(org=organization("other"), role="commander"))
    assert outsider.patch(f"incidents/{found.pk}", {"severity": "low"}).status_code == 404
    found.refresh_from_db()
    assert found.severity == "high"


def test_an_ended_membership_ends_the_sight_of_its_incidents() -> None:
    found, casey = incident(), user("casey")
    caller = person(casey)
    assert caller.get(f"incidents/{found.pk}").status_code == 200
    casey.memberships.update(active=False)
    assert caller.get(f"incidents/{found.pk}").status_code == 404
    assert caller.patch(f"incidents/{found.pk}", {"severity": "low"}).status_code == 404
    assert caller.get("incidents").json()["data"] == []


def test_nobody_sees_anything_without_signing_in() -> None:
    found = incident()
    for path in ("incidents", f"incidents/{found.pk}", "sessions", f"sessions/{found.room_id}", "me"):
        assert Caller().get(path).status_code == 401


def test_an_incident_that_fails_to_open_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(incident: Incident, by: object) -> None:
        raise RuntimeError("a crew that could not start")

    monkeypatch.setattr(extensions, "on_open", [fail])
    answer = person(user()).post("incidents", {"title": "SSH", "severity": "high"})
    assert (answer.status_code, answer.json()["error_code"]) == (500, "INTERNAL_ERROR")
    assert not Incident.objects.exists()
    assert not ChatSession.objects.exists()
    assert not Message.objects.exists()


def test_a_list_that_has_not_changed_is_not_sent_again() -> None:
    found, caller = incident(), person(user())
    first = caller.get("incidents")
    assert first["Cache-Control"] == "private, no-cache"
    again = caller.client.get("/api/v1/incidents", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    caller.patch(f"incidents/{found.pk}", {"severity": "low"})
    changed = caller.client.get("/api/v1/incidents", headers={"If-None-Match": first["ETag"]})
    assert (changed.status_code, changed.json()["data"][0]["severity"]) == (200, "low")
