"""Tasks, roles and pins: what people arrange among themselves, told to the whole room."""

from typing import Any

import pytest

from sessions_app.models import Event, Incident, User
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
        "id": task["id"], "title": "Rotate the key", "assignee_id": str(casey.pk), "due": "2027-01-02T03:04:05Z",
        "status": "open",
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
    assert [data["changes"] for _, data in told(found)] == [
        {"roles": [{}, first]},
        {"roles": [first, {"scribe": str(other.pk)}]},
    ]


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
    assert told(found)[1:] == [
        ("timeline.pinned", {"seq": 1, "by": "Casey", "note": "It began here"}),
        ("timeline.unpinned", {"seq": 1, "by": "Casey", "note": None}),
    ]
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
