"""Chat sessions through the API: opened, changed, ended, and closed to those they are not for."""

import pytest

from sessions_app import extensions
from sessions_app.models import ChatSession, Event
from tests.callers import person
from tests.factories import agent, incident, organization, room, user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_plugged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """What agents do when something is said, opened or closed has its own tests."""
    for name in ("on_post", "on_open", "on_close"):
        monkeypatch.setattr(extensions, name, [])


def events(session_id: object) -> list[str]:
    return list(Event.objects.filter(session=session_id).order_by("seq").values_list("type", flat=True))


def test_a_session_is_created_and_activated() -> None:
    helper, caller = agent(), person(user())
    made = caller.post("sessions", {"agent_name": helper.name, "title": "Look", "config": {"temperature": 0.2}})
    assert made.status_code == 201
    session = made.json()
    assert (session["status"], session["agent_id"], session["agent_name"]) == ("created", str(helper.pk), helper.name)
    assert (session["id"], session["category"], session["config"]) == (
        session["session_id"],
        "agent",
        {"temperature": 0.2},
    )
    assert caller.post(f"sessions/{session['id']}/activate").json()["status"] == "active"
    assert caller.post(f"sessions/{session['id']}/activate").json()["head"] == 2
    assert events(session["id"]) == ["session.created", "session.activated"]


def test_a_session_can_be_activated_at_once_and_finds_an_assistant_by_itself() -> None:
    helper = agent()
    session = person(user()).post("sessions", {"activate": True}).json()
    assert (session["status"], session["agent_id"]) == ("active", str(helper.pk))


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"agent_name": "Nobody"}, 404, "AGENT_NOT_FOUND"),
        ({"agent_id": "018f3b1e-0000-7000-8000-000000000000"}, 404, "AGENT_NOT_FOUND"),
        ({"incident_id": "018f3b1e-0000-7000-8000-000000000000"}, 404, "NOT_FOUND"),
        ({"category": "party"}, 400, "INVALID_REQUEST"),
        ({"colour": "red"}, 400, "INVALID_REQUEST"),
        ({"config": {"temperature": 9}}, 422, "INVALID_CONFIG"),
        ({"config": {"temperature": "warm"}}, 422, "INVALID_CONFIG"),
        ({"config": {"colour": "red"}}, 422, "INVALID_CONFIG"),
        ({"config": {"max_tokens": True}}, 422, "INVALID_CONFIG"),
        ({"metadata": {"top_p": 2}}, 422, "INVALID_CONFIG"),
    ],
)
def test_a_session_asked_for_wrongly_is_refused_and_not_stored(
    wrong: dict[str, object], status: int, code: str
) -> None:
    answer = person(user()).post("sessions", wrong)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert not ChatSession.objects.exists()


def test_a_switched_off_agent_is_not_available() -> None:
    off = agent(enabled=False)
    answer = person(user()).post("sessions", {"agent_id": str(off.pk)})
    assert (answer.status_code, answer.json()["error_code"]) == (503, "AGENT_NOT_AVAILABLE")


def test_another_organisations_agent_and_incident_are_not_there() -> None:
    other = organization("other")
    caller = person(user())
    assert caller.post("sessions", {"agent_id": str(agent(other).pk)}).json()["error_code"] == "AGENT_NOT_FOUND"
    assert caller.post("sessions", {"incident_id": str(incident(other).pk)}).status_code == 404


def test_config_takes_camel_case_and_prefers_snake_case_and_itself_over_metadata() -> None:
    answer = person(user()).post(
        "sessions",
        {
            "config": {"maxTokens": 5, "max_tokens": 7, "modelType": "local", "topP": None},
            "metadata": {"temperature": 1, "maxTokens": 9, "ticket": {"any": ["thing"]}},
        },
    )
    assert answer.json()["config"] == {"max_tokens": 7, "model_type": "local", "temperature": 1.0}
    assert answer.json()["metadata"] == {"ticket": {"any": ["thing"]}}


def test_a_session_of_an_incident_belongs_where_the_incident_does() -> None:
    casey, other = user("casey"), organization("other")
    casey.memberships.create(organization=other, role="responder")
    made = person(casey).post("sessions", {"incident_id": str(incident(other).pk)}).json()
    assert made["organization_id"] == str(other.pk)


def test_a_change_of_config_is_told() -> None:
    session, caller = room(), person(user())
    answer = caller.patch(f"sessions/{session.pk}", {"title": "New", "config": {"model": "offline-demo"}})
    assert (answer.json()["title"], answer.json()["config"]) == ("New", {"model": "offline-demo"})
    told = Event.objects.get(session=session)
    assert told.type == "session.config_changed"
    assert (told.data["title"], told.data["config"]) == ("New", {"model": "offline-demo"})
    caller.patch(f"sessions/{session.pk}", {"title": "New"})
    assert events(session.pk) == ["session.config_changed"]


def test_deleting_a_session_ends_it_and_it_stays_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    session, caller, closed = room(), person(user()), []
    monkeypatch.setattr(extensions, "on_close", [lambda session, by: closed.append(session)])
    assert caller.delete(f"sessions/{session.pk}").json() == {"status": "ended", "session_id": str(session.pk)}
    assert caller.post(f"sessions/{session.pk}/end").json()["status"] == "ended"
    assert closed == [session]
    assert events(session.pk) == ["session.ended"]
    assert caller.get(f"sessions/{session.pk}").json()["status"] == "ended"
    for answer in (
        caller.post(f"sessions/{session.pk}/activate"),
        caller.patch(f"sessions/{session.pk}", {"title": "x"}),
    ):
        assert (answer.status_code, answer.json()["error_code"]) == (410, "SESSION_ENDED")


def test_the_war_room_of_an_open_incident_stays_open() -> None:
    found, caller = incident(), person(user(role="commander"))
    assert caller.delete(f"sessions/{found.room_id}").json()["error_code"] == "CONFLICT"
    caller.patch(f"incidents/{found.pk}", {"status": "resolved"})
    assert caller.delete(f"sessions/{found.room_id}").status_code == 200


def test_sessions_are_listed_newest_first_with_filters() -> None:
    found = incident()
    ended, active = room(status="ended"), room()
    room(organization("other"))
    caller = person(user())

    def listed(**filters: str) -> list[str]:
        return [one["id"] for one in caller.get("sessions", **filters).json()["data"]]

    assert listed() == [str(active.pk), str(ended.pk), str(found.room_id)]
    assert listed(status="ended") == [str(ended.pk)]
    assert listed(incident_id=str(found.pk)) == [str(found.room_id)]
    assert listed(category="engineer_chat") == []
    assert caller.get("sessions", status="asleep").status_code == 400
    assert caller.get("sessions", owner_id="somebody").status_code == 400
    assert caller.get("sessions", created_after="yesterday").status_code == 400


def test_sessions_are_found_by_owner_agent_place_and_time() -> None:
    casey = user("casey")
    caller, found = person(casey), incident()
    mine = caller.post("sessions", {"agent_name": agent(name="Nova").name}).json()["id"]
    other = room(owner=user("olu"), metadata={"n": 1})
    ChatSession.objects.filter(pk=other.pk).update(created_at="2020-01-01T00:00:00Z", updated_at="2021-01-01T00:00:00Z")

    def listed(**filters: str) -> list[str]:
        return [one["id"] for one in caller.get("sessions", **filters).json()["data"]]

    assert listed(owner_id="me") == listed(owner_id=str(casey.pk)) == listed(agent_name="Nova") == [mine]
    assert listed(outside_incidents="true") == [str(other.pk), mine]
    assert listed(outside_incidents="false") == [str(found.room_id)]
    assert listed(created_before="2020-01-02T00:00:00Z") == [str(other.pk)]
    assert str(other.pk) not in listed(created_after="2020-01-02T00:00:00+08:00")
    assert listed(updated_after="2021-01-01T00:00:00Z", updated_before="2021-01-01T00:00:01Z") == [str(other.pk)]


def test_the_list_costs_the_same_number_of_queries_however_long_it_is(django_assert_num_queries: object) -> None:
    caller = person(user())
    for number in range(2):
        for _ in range(5):
            room(agent=agent(name=f"Agent {number}"))
        with django_assert_num_queries(2):  # type: ignore[operator]  # person, sessions
            caller.get("sessions")


def test_an_engineer_chat_is_seen_by_its_owner_only() -> None:
    casey = user("casey")
    private = person(casey).post("sessions", {"category": "engineer_chat", "activate": True}).json()["id"]
    assert person(casey).get(f"sessions/{private}").status_code == 200
    for role in ("responder", "commander", "admin"):
        other = person(user(role=role))
        assert other.get(f"sessions/{private}").json()["error_code"] == "SESSION_NOT_FOUND"
        assert other.get("sessions").json()["data"] == []
        assert other.delete(f"sessions/{private}").status_code == 404


def test_what_a_door_does_for_a_member_it_does_not_for_an_outsider_an_observer_or_an_ex_member() -> None:
    session, gone = room(), user("gone")
    gone.memberships.update(active=False)
    outsider = user(org=organization("other"), role="commander")
    for somebody, seeing, changing in (
        (user(), 200, 200),
        (user(role="observer"), 200, 403),
        (outsider, 404, 404),
        (gone, 404, 404),
    ):
        caller, path = person(somebody), f"sessions/{session.pk}"
        assert caller.get(path).status_code == seeing
        assert caller.patch(path, {"title": str(somebody.pk)}).status_code == changing
        assert caller.post(f"{path}/activate").status_code == changing
    for somebody, code in ((outsider, "SESSION_NOT_FOUND"), (gone, "SESSION_NOT_FOUND")):
        assert person(somebody).post(f"sessions/{session.pk}/end").json()["error_code"] == code
