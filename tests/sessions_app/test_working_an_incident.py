"""Tasks, roles and pins: what people arrange among themselves, told to the whole room."""

from typing import Any

import pytest

from sessions_app.models import AuditEntry, Event, Incident, User
from tests.callers import Caller, person, program
from tests.factories import incident, organization, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def found() -> Incident:
    return incident()


@pytest.fixture
def casey() -> User:
    return user("casey", name="Casey")


def put(caller: Caller, path: str, body: Any) -> Any:
    return caller.client.put(f"/api/v1/{path}", body, "application/json")


def told(found: Incident) -> list[tuple[str, dict[str, Any]]]:
    return list(Event.objects.filter(session=found.room_id).order_by("seq").values_list("type", "data"))


def test_a_task_is_given_changed_and_listed(found: Incident, casey: User) -> None:
    caller, path = person(casey), f"incidents/{found.pk}/tasks"
    made = caller.post(path, {"title": "Rotate the key", "assignee_id": str(casey.pk), "due": "2027-01-02T03:04:05Z"})
    assert made.status_code == 201
    task = made.json()
    assert task == {
        "id": task["id"], "title": "Rotate the key", "assignee_id": str(casey.pk), "assignee": "Casey",
        "due": "2027-01-02T03:04:05Z", "status": "open",
    }  # fmt: skip
    done = caller.patch(f"{path}/{task['id']}", {"status": "done", "assignee_id": None}).json()
    assert (done["status"], done["assignee_id"], done["due"]) == ("done", None, "2027-01-02T03:04:05Z")
    caller.patch(f"{path}/{task['id']}", {"status": "done"})
    assert caller.get(path).json() == {"data": [done], "next": None}
    assert told(found) == [("task.created", task), ("task.updated", done)]


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"due": "tomorrow"}, {"due": "2027-01-02T03:04:05"}, {"status": "done"}]
)
def test_a_task_of_the_wrong_shape_is_refused(wrong: dict[str, Any], found: Incident, casey: User) -> None:
    answer = person(casey).post(f"incidents/{found.pk}/tasks", {"title": "x", **wrong})
    assert (answer.status_code, told(found)) == (400, [])


def test_a_task_is_for_the_organisations_responders(found: Incident, casey: User) -> None:
    for somebody in (user(role="observer"), user(org=organization("other"))):
        answer = person(casey).post(f"incidents/{found.pk}/tasks", {"title": "x", "assignee_id": str(somebody.pk)})
        assert (answer.status_code, answer.json()["details"]) == (400, {"field": "assignee_id"})


def test_a_task_is_found_in_its_own_incident_only(found: Incident, casey: User) -> None:
    task = person(casey).post(f"incidents/{found.pk}/tasks", {"title": "x"}).json()
    assert person(casey).patch(f"incidents/{incident().pk}/tasks/{task['id']}", {"title": "y"}).status_code == 404


def test_roles_are_set_as_a_whole(found: Incident, casey: User) -> None:
    caller, path, other = person(casey), f"incidents/{found.pk}/roles", user()
    first = {"scribe": str(casey.pk), "liaison": str(other.pk)}
    assert put(caller, path, first).json() == first
    assert put(caller, path, {"scribe": str(other.pk)}).json() == {"scribe": str(other.pk)}
    assert caller.get(path).json() == {"scribe": str(other.pk)}
    put(caller, path, {"scribe": str(other.pk)})
    liaison, scribe = {"id": str(other.pk), "name": other.display_name}, {"id": str(casey.pk), "name": "Casey"}
    one = {"liaison": liaison, "scribe": scribe}
    assert [data["changes"] for _, data in told(found)] == [
        {"roles": [{}, one]},
        {"roles": [one, {"scribe": liaison}]},
    ]


def test_one_role_is_given_and_taken_and_the_commander_is_one_of_them(found: Incident, casey: User) -> None:
    caller, path, other = person(casey), f"incidents/{found.pk}/roles", user()
    assert put(caller, f"{path}/commander", {"user_id": str(casey.pk)}).json() == {"commander": str(casey.pk)}
    both = {"commander": str(casey.pk), "scribe": str(other.pk)}
    assert put(caller, f"{path}/scribe", {"user_id": str(other.pk)}).json() == both
    shown = caller.get(f"incidents/{found.pk}").json()
    assert (shown["commander"]["name"], shown["roles"]["scribe"]["id"]) == ("Casey", str(other.pk))
    assert caller.delete(f"{path}/scribe").json() == {"commander": str(casey.pk)}
    assert put(caller, path, {"commander": str(other.pk)}).json() == {"commander": str(other.pk)}
    assert put(caller, f"{path}/Scribe!", {"user_id": str(other.pk)}).status_code == 400
    assert put(caller, path, {}).json() == caller.get(path).json() == {}
    changed = [next(iter(data["changes"])) for kind, data in told(found) if kind == "incident.changed"]
    assert changed == ["commander", "roles", "roles", "commander", "commander"]


def test_what_a_person_changes_stands_in_the_audit_trail(found: Incident, casey: User) -> None:
    caller, path = person(casey), f"incidents/{found.pk}"
    caller.patch(path, {"severity": "low", "status": "contained"})
    put(caller, f"{path}/roles/scribe", {"user_id": str(casey.pk)})
    task = caller.post(f"{path}/tasks", {"title": "Rotate the key"}).json()
    caller.patch(f"{path}/tasks/{task['id']}", {"status": "done"})
    put(caller, f"{path}/timeline/1/pin", {"note": "It began here"})
    caller.delete(f"{path}/timeline/1/pin")
    entries = AuditEntry.objects.filter(object_id=str(found.pk), actor_name="Casey").order_by("seq")
    assert list(entries.values_list("action", flat=True)) == [
        "incident.changed", "incident.roles_changed", "task.created", "task.updated", "timeline.pinned",
        "timeline.unpinned",
    ]  # fmt: skip
    assert entries[0].detail == {"changes": {"severity": ["high", "low"], "status": ["open", "contained"]}}


def test_roles_that_are_set_at_once_are_one_entry_of_the_trail(found: Incident, casey: User) -> None:
    other = user("olli", name="Olli")
    put(person(casey), f"incidents/{found.pk}/roles", {"commander": str(casey.pk), "scribe": str(other.pk)})
    (entry,) = AuditEntry.objects.filter(object_id=str(found.pk))
    commander, scribe = {"id": str(casey.pk), "name": "Casey"}, {"id": str(other.pk), "name": "Olli"}
    assert entry.action == "incident.roles_changed"
    assert entry.detail == {"commander": [None, commander], "roles": [{}, {"scribe": scribe}]}
    assert [list(data["changes"]) for _, data in told(found)] == [["commander"], ["roles"]]


@pytest.mark.parametrize("wrong", [{"Scribe!": None}, {"scribe": "me"}, {"scribe": None}, [], {"x" * 30: None}])
def test_roles_of_the_wrong_shape_are_refused(wrong: Any, found: Incident, casey: User) -> None:
    assert put(person(casey), f"incidents/{found.pk}/roles", wrong).status_code == 400


def test_an_entry_is_pinned_with_a_note_and_taken_off_again(found: Incident, casey: User) -> None:
    caller = person(casey)
    caller.patch(f"incidents/{found.pk}", {"severity": "low"})
    path = f"incidents/{found.pk}/timeline/1/pin"
    for _ in range(2):
        assert put(caller, path, {"note": "It began here"}).json() == {
            "seq": 1,
            "pinned": True,
            "note": "It began here",
        }
    for _ in range(2):
        assert caller.delete(path).status_code == 204
    (_, _data), (pinned, pin), (taken, unpin) = told(found)
    assert (pinned, taken) == ("timeline.pinned", "timeline.unpinned")
    assert (pin["seq"], pin["by"], pin["note"]) == (1, "Casey", "It began here")
    assert pin["text"] == "Casey changed severity from high to low"
    assert (unpin["seq"], unpin["by"], unpin["note"]) == (1, "Casey", None)
    assert put(caller, f"incidents/{found.pk}/timeline/99/pin", {}).status_code == 404


def test_arranging_is_for_responders_and_what_is_anothers_is_not_there(found: Incident, casey: User) -> None:
    person(casey).patch(f"incidents/{found.pk}", {"severity": "low"})
    gone = user()
    gone.memberships.update(active=False)
    outsider = user(org=organization("other"), role="commander")
    for caller, status in (
        (person(user(role="observer")), 403), (person(outsider), 404), (person(gone), 404),
        (program(organization(), "read", "write"), 403), (program(organization("other"), "write"), 404),
    ):  # fmt: skip
        path = f"incidents/{found.pk}"
        assert caller.post(f"{path}/tasks", {"title": "x"}).status_code == status
        assert put(caller, f"{path}/roles", {}).status_code == status
        assert put(caller, f"{path}/timeline/1/pin", {}).status_code == status
    for path in ("tasks", "roles"):
        assert person(outsider).get(f"incidents/{found.pk}/{path}").status_code == 404
    assert len(told(found)) == 1
