"""A run's configuration: the same refusal at every door, nothing stored, and what is in force by its precedence."""

import math
from typing import Any
from uuid import uuid4

import pytest

from agents_app.models import Agent, Provider, ProviderHealth, Run
from agents_app.services import configuring
from sessions_app import actors, commands, runtime_config
from sessions_app.client_frames import Cmd
from sessions_app.errors import Refused
from sessions_app.models import ChatSession, Event, Message, User
from sessions_app.services import messages, sessions
from sessions_app.vocabulary import MessageSend
from tests import factories
from tests.callers import Caller, person

pytestmark = pytest.mark.django_db
# Posting waits for its reply on the loop, so its transactions are another thread's.
THROUGH_THREADS = pytest.mark.django_db(transaction=True)

WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"temperature": 2.1}, "temperature", "must be a number from 0 to 2"),
    ({"temperature": -0.1}, "temperature", "must be a number from 0 to 2"),
    ({"temperature": "warm"}, "temperature", "must be a number from 0 to 2"),
    ({"temperature": True}, "temperature", "must be a number from 0 to 2"),
    ({"temperature": [1]}, "temperature", "must be a number from 0 to 2"),
    ({"top_p": 1.01}, "top_p", "must be a number from 0 to 1"),
    ({"topP": -1}, "top_p", "must be a number from 0 to 1"),
    ({"top_p": False}, "top_p", "must be a number from 0 to 1"),
    ({"max_tokens": 0}, "max_tokens", "must be a whole number from 1 to 1000000"),
    ({"maxTokens": -5}, "max_tokens", "must be a whole number from 1 to 1000000"),
    ({"max_tokens": True}, "max_tokens", "must be a whole number from 1 to 1000000"),
    ({"max_tokens": 10.5}, "max_tokens", "must be a whole number from 1 to 1000000"),
    ({"max_tokens": "10"}, "max_tokens", "must be a whole number from 1 to 1000000"),
    ({"max_tokens": 1000001}, "max_tokens", "must be a whole number from 1 to 1000000"),
    ({"max_tokens": 5000, "model": "small"}, "max_tokens", "the limit of small"),
    ({"model_type": "edge"}, "model_type", "must be local or cloud"),
    ({"modelType": 7}, "model_type", "must be local or cloud"),
    ({"model_type": "cloud", "provider": "house"}, "model_type", "is not what the provider house is"),
    ({"provider": ""}, "provider", "must be text of 1 to 60 characters"),
    ({"provider": 3}, "provider", "must be text of 1 to 60 characters"),
    ({"provider": "nobody"}, "provider", "is not known; there are"),
    ({"provider": "theirs"}, "provider", "is not known; there are"),
    ({"provider": "closed"}, "provider", "closed is switched off"),
    ({"model": "x" * 121}, "model", "must be text of 1 to 120 characters"),
    ({"model": None, "temperature": 3}, "temperature", "must be a number from 0 to 2"),
    ({"model": "gpt-99", "provider": "house"}, "model", "is not one of house; it has"),
    ({"model": "gpt-99", "model_type": "local"}, "model", "is not known; there are"),
    ({"provider": "claude", "temperature": 1.1}, "temperature", "must be a number from 0 to 1 for claude"),
    ({"provider": "claude", "temperature": 0.5, "top_p": 0.5}, "top_p", "takes one of the two"),
    ({"provider": "claude", "model": "claude-opus-5", "topP": 0.5}, "top_p", "is not taken by claude-opus-5"),
    ({"colour": "red"}, "colour", "is not known; the names are"),
]


@pytest.fixture
def room() -> ChatSession:
    """A room whose agent speaks by the provider `house`, which has two models."""
    home = factories.organization()
    house = Provider.objects.create(
        organization=home, name="house", kind="openai-compatible", model_type="local", base_url="http://127.0.0.1:9/v1",
        default_model="large", offered=[{"name": "large"}, {"name": "small", "max_tokens": 4096}],
    )  # fmt: skip
    Provider.objects.create(
        organization=home, name="claude", kind="anthropic", model_type="local", default_model="claude-sonnet-4-5",
        offered=[{"name": "claude-sonnet-4-5"}, {"name": "claude-opus-5"}],
    )  # fmt: skip
    Provider.objects.create(organization=home, name="closed", kind="demo", enabled=False)
    Provider.objects.create(organization=factories.organization("other"), name="theirs", kind="demo")
    return factories.room(agent=factories.agent(name="Aria", provider=house, model="large"))


@pytest.fixture
def rita() -> User:
    return factories.user("rita")


@pytest.fixture
def caller(rita: User) -> Caller:
    return person(rita)


def by_rest(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 422, answer.content
    told = answer.json()
    return {"code": told["error_code"], "words": told["detail"], "details": told["details"]}


def by_socket(room: ChatSession, rita: User, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    cmd = Cmd(t="cmd", cid=uuid4(), room=room.pk, type=kind, data=data)
    with pytest.raises(Refused) as refused:
        commands.carry_out(cmd, by=actors.person(rita))
    return {"code": refused.value.code, "words": refused.value.detail, "details": refused.value.details}


@THROUGH_THREADS
@pytest.mark.parametrize(("wrong", "field", "bound"), WRONG)
def test_a_wrong_config_is_refused_in_the_same_words_by_every_door_and_nothing_is_stored(
    room: ChatSession, rita: User, caller: Caller, wrong: dict[str, Any], field: str, bound: str
) -> None:
    opening = {"agent_name": "Aria"}
    answers = [
        by_rest(caller.post("sessions", {**opening, "config": wrong})),
        by_rest(caller.patch(f"sessions/{room.pk}", {"config": wrong})),
        by_rest(caller.post(f"sessions/{room.pk}/messages", {"content": "Hello", "config": wrong})),
        by_socket(room, rita, "message.send", {"content": "Hello", "config": wrong}),
        by_socket(room, rita, "session.config", {"config": wrong}),
    ]
    if set(wrong) <= runtime_config.NAMES:
        answers += [
            by_rest(caller.post("sessions", {**opening, "metadata": wrong})),
            by_rest(caller.patch(f"sessions/{room.pk}", {"metadata": wrong})),
            by_rest(caller.post(f"sessions/{room.pk}/messages", {"content": "Hello", "metadata": wrong})),
            by_socket(room, rita, "message.send", {"content": "Hello", "metadata": wrong}),
        ]
    first = answers[0]
    assert all(answer == first for answer in answers)
    assert first["code"] == "INVALID_CONFIG"
    assert first["details"]["field"] == field
    assert bound in first["details"]["fields"][field]
    assert ChatSession.objects.get() == room
    assert [kind.objects.count() for kind in (Message, Run, Event)] == [0, 0, 0]
    room.refresh_from_db()
    assert (room.config, room.metadata) == ({}, {})


@THROUGH_THREADS
@pytest.mark.parametrize("config", ["warm", [1], 5, True])
def test_a_config_that_is_no_object_is_an_invalid_config_too(
    room: ChatSession, rita: User, caller: Caller, config: object
) -> None:
    answers = [
        by_rest(caller.post("sessions", {"config": config})),
        by_rest(caller.patch(f"sessions/{room.pk}", {"config": config})),
        by_rest(caller.post(f"sessions/{room.pk}/messages", {"content": "Hello", "config": config})),
        by_socket(room, rita, "message.send", {"content": "Hello", "config": config}),
        by_socket(room, rita, "session.config", {"config": config}),
    ]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["details"]["field"] == "config"
    assert not Message.objects.exists()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_none(number: float) -> None:
    for name in ("temperature", "top_p", "max_tokens"):
        with pytest.raises(Refused) as refused:
            runtime_config.read({name: number})
        assert (refused.value.code, refused.value.details["field"]) == ("INVALID_CONFIG", name)


def test_json_knows_no_nan(room: ChatSession, caller: Caller) -> None:
    answer = caller.client.patch(f"/api/v1/sessions/{room.pk}", '{"config": {"top_p": NaN}}', "application/json")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_REQUEST")


def test_every_wrong_field_is_named() -> None:
    with pytest.raises(Refused) as refused:
        runtime_config.read({"temperature": 9, "topP": 9})
    assert set(refused.value.details["fields"]) == {"temperature", "top_p"}


@pytest.mark.parametrize(
    ("config", "metadata", "read"),
    [
        ({"maxTokens": 5, "max_tokens": 7}, {}, {"max_tokens": 7}),
        ({"maxTokens": "no", "max_tokens": 7}, {}, {"max_tokens": 7}),
        ({"modelType": "local", "topP": 1}, {}, {"model_type": "local", "top_p": 1.0}),
        ({"temperature": None, "topP": None}, {"topP": 0.5}, {}),
        ({}, {"temperature": 1, "maxTokens": 9}, {"temperature": 1.0, "max_tokens": 9}),
        ({"temperature": 0}, {"temperature": 9}, {"temperature": 0.0}),
        ({"max_tokens": 3}, {"maxTokens": 9}, {"max_tokens": 3}),
    ],
)
def test_names_are_read_in_both_spellings_and_config_wins_over_metadata(
    config: dict[str, Any], metadata: dict[str, Any], read: dict[str, Any]
) -> None:
    assert runtime_config.split(config, {**metadata, "ticket": 7}) == (read, {"ticket": 7})


# --- Precedence -------------------------------------------------------------------------------------------------------
def posted(room: ChatSession, **config: Any) -> Run:
    by = actors.person(User.objects.get(username="rita"))
    body = MessageSend(content="Hello", config=config)
    run_id = messages.post(session_id=room.pk, body=body, by=by).extra["run_id"]
    return Run.objects.select_related("provider").get(pk=run_id)


def test_message_wins_over_session_over_agent_over_provider(room: ChatSession, rita: User) -> None:
    Provider.objects.filter(name="house").update(
        config={"temperature": 0.1, "top_p": 0.1, "max_tokens": 10, "unknown": 1}
    )
    Agent.objects.update(config={"temperature": 0.2, "top_p": 0.2})
    assert posted(room).config == {"temperature": 0.2, "top_p": 0.2, "max_tokens": 10}
    ChatSession.objects.update(config={"temperature": 0.3})
    assert posted(room).config == {"temperature": 0.3, "top_p": 0.2, "max_tokens": 10}
    run = posted(room, temperature=0.4, model="small")
    assert run.config == {"temperature": 0.4, "top_p": 0.2, "max_tokens": 10, "model": "small"}
    assert (run.provider and run.provider.name, run.model) == ("house", "small")


def test_a_null_in_a_message_leaves_the_session_its_say(room: ChatSession, rita: User) -> None:
    ChatSession.objects.update(config={"temperature": 0.3})
    assert posted(room, temperature=None).config == {"temperature": 0.3}


@pytest.mark.parametrize(
    ("session", "message", "provider", "model"),
    [
        ({}, {}, "house", "large"),
        ({"model": "small"}, {}, "house", "small"),
        ({"model": "small"}, {"model": "large"}, "house", "large"),
        # A stronger level's provider does not inherit a model that was named with another.
        ({"model": "small"}, {"provider": "offline-demo"}, "offline-demo", "offline-demo"),
        ({"provider": "offline-demo"}, {"model": "small"}, "house", "small"),
        ({"provider": "offline-demo"}, {"model_type": "cloud"}, "far", "far-1"),
        ({"model": "small"}, {"model_type": "local"}, "house", "small"),
        ({}, {"model_type": "cloud", "model": "far-2"}, "far", "far-2"),
        ({}, {"model": "far-2"}, "far", "far-2"),
        ({}, {"model": "tagged"}, "far", "tagged"),
    ],
)
def test_a_model_is_found_where_it_is(
    room: ChatSession, rita: User, session: dict[str, Any], message: dict[str, Any], provider: str, model: str
) -> None:
    far = Provider.objects.create(name="far", kind="openai", model_type="cloud", default_model="far-1")
    ProviderHealth.objects.create(
        provider=far, available=True, listed=["far-1", "far-2", "tagged:latest"], checked_at=room.created_at
    )
    Provider.objects.filter(name="offline-demo").update(model_type="local")
    ChatSession.objects.update(config=session)
    run = posted(room, **message)
    assert (run.provider and run.provider.name, run.model) == (provider, model)


def test_a_server_that_lists_nothing_may_have_any_model(room: ChatSession, rita: User) -> None:
    Provider.objects.filter(name="house").update(offered=[{"name": "large"}])
    assert posted(room, model="anything").model == "anything"


def test_a_kind_of_model_that_nobody_offers_says_so(room: ChatSession, rita: User) -> None:
    with pytest.raises(Refused) as refused:
        posted(room, model_type="cloud", model="x")
    Provider.objects.update(model_type="local")
    with pytest.raises(Refused) as none:
        posted(room, model_type="cloud")
    assert (refused.value.code, none.value.details["field"]) == ("INVALID_CONFIG", "model_type")


def test_a_provider_that_does_not_answer_says_so_while_that_is_news(
    room: ChatSession, rita: User, caller: Caller
) -> None:
    away = ProviderHealth.objects.create(
        provider=Provider.objects.get(name="house"), available=False, reached=False, detail="It can't be reached.",
        checked_at=configuring.clock.now(),
    )  # fmt: skip
    answer = caller.patch(f"sessions/{room.pk}", {"config": {"provider": "house"}})
    assert (answer.status_code, answer.json()["error_code"]) == (503, "SERVICE_UNAVAILABLE")
    assert answer.json()["details"] == {"field": "provider", "provider": "house"}
    assert posted(room).model == "large", "who names none is not kept from trying"
    away.checked_at -= configuring.LOOK_BELIEVED
    away.save()
    assert caller.patch(f"sessions/{room.pk}", {"config": {"provider": "house"}}).status_code == 200


def test_an_agent_set_up_wrongly_says_whose_fault_it_is(room: ChatSession, rita: User) -> None:
    Agent.objects.update(config={"temperature": "hot"})
    with pytest.raises(Refused) as refused:
        posted(room)
    assert (refused.value.code, Message.objects.count()) == ("AGENT_CONFIG_ERROR", 0)
    assert "Aria" in refused.value.detail


def test_a_session_that_no_agent_answers_takes_any_known_config(room: ChatSession, rita: User) -> None:
    ChatSession.objects.update(agent=None)
    changed = sessions.change(session_id=room.pk, changes={"config": {"model": "any"}}, by=actors.person(rita))
    assert changed.config == {"model": "any"}
