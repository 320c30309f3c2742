"""F11: two people of one organisation. No door tells one that the other has an engineer chat, or what is in it."""

import json
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.test import Client

from agents_app.models import Agent, Run
from agents_app.services import calls
from sessions_app import actors
from sessions_app.models import AuditEntry, ChatSession, Feedback, Incident, Message, User
from tests import factories
from tests.agents_app.talking import in_thread
from tests.callers import person, program
from tests.faults.addresses import BODIES, METHODS, addresses, call, filled, told
from tests.sockets import Socket

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "pelican-laptop"
COLLEAGUES = ("observer", "responder", "approver", "commander", "admin", "auditor")
COMMANDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("message.send", {"content": "x"}),
    ("session.config", {"config": {}}),
    ("run.cancel", {"run_id": "run_id"}),
    ("run.retry", {"run_id": "run_id"}),
    ("feedback.give", {"message_id": "message_id", "rating": "up"}),
    ("typing", {}),
)


@pytest.fixture
def incident(transactional_db: None) -> Incident:
    Agent.objects.filter(pk=factories.agent().pk).update(tools=["calculator"])
    made: Incident = factories.incident()
    return made


@pytest.fixture
def private(incident: Incident) -> dict[str, UUID]:
    """What the owner asked, with a run at work and a call: by the names addresses have for them."""
    owner = person(factories.user("casey"))
    asked = owner.post("engineer-chat/send", {"incident_id": str(incident.pk), "message": WORDS}).json()
    run = Run.objects.get(pk=asked["run_id"])
    Run.objects.filter(pk=run.pk).update(status="running")
    made = factories.tool_call(run, tool="calculator", args={"expression": WORDS}, state="succeeded")
    with transaction.atomic():
        calls.note(made, "tool.denied", by=actors.agent("Assistant"), rule="as any other tool's call would be noted")
    message = Message.objects.get(pk=asked["message_id"])
    Feedback.objects.create(
        message=message, user=message.sender, rating="up", comment=WORDS, given_at=message.created_at
    )
    return {"session_id": message.session_id, "message_id": message.pk, "run_id": run.pk, "tool_call_id": made.pk}


def colleague(role: str) -> User:
    """Somebody of the same organisation, with a chat of their own on the same incident where their role has one."""
    made: User = factories.user(f"colleague-{role}", role=role)
    incident = str(Incident.objects.values_list("pk", flat=True).get())
    person(made).post("engineer-chat/send", {"incident_id": incident, "message": "Mine"})
    return made


@pytest.mark.once
def test_every_address_with_an_id_answers_as_if_it_were_not_there(private: dict[str, UUID]) -> None:
    nothing, seen, unfit = {name: uuid4() for name in private}, 0, set[tuple[str, str, str]]()
    ours = [each for each in addresses() if each[1] and set(each[1]) <= set(private)]
    for role in ("commander", "admin", "auditor"):
        caller = person(colleague(role))
        for (address, converters), method in product(ours, METHODS):
            for body in BODIES if method in ("post", "put", "patch") else BODIES[:1]:
                if (method, address, str(body)) in unfit:
                    continue  # what the address does not take is refused before anybody looks who asks
                asked = [filled(address, converters, which) for which in (private, nothing)]
                there, missing = (told(call(caller, method, path, body)) for path in asked)
                assert there == missing, (role, method, address, body)
                if there[0] in (400, 405):
                    unfit.add((method, address, str(body)))
                seen += 1
    assert seen > 150
    assert person(User.objects.get(username="casey")).get(f"sessions/{private['session_id']}").status_code == 200


def test_no_list_page_or_count_tells_of_it(incident: Incident, private: dict[str, UUID]) -> None:
    casey = User.objects.get(username="casey")
    named = {"incident_id": incident.pk, "owner_id": casey.pk, "session_id": private["session_id"]}
    lists = ("incidents", "sessions", "approvals", "agents", "audit", "tools", "engineer-chat/sessions", "quotas",
             "grants", f"incidents/{incident.pk}", f"incidents/{incident.pk}/timeline")  # fmt: skip
    pages = ("/", "/incidents/rows/", "/chats/", f"/incidents/{incident.pk}/", f"/api/v1/search?q={WORDS}")
    for role in COLLEAGUES:
        user = colleague(role)
        browser = Client()
        browser.force_login(user)
        answers = [person(user).get(path, **parameters) for path in lists for parameters in ({}, named)]
        for answer in [*answers, *map(browser.get, pages)]:
            path, text = answer.wsgi_request.get_full_path(), answer.content.decode()
            found = [each for each in (WORDS, *map(str, private.values())) if each in text and each not in path]
            # The auditor reads in the trail that a message was written, by its hash.
            assert not found or (role == "auditor" and "/audit" in path and WORDS not in found), (role, path, found)
        rows = browser.get("/incidents/rows/").content.decode()
        assert "at work" not in rows, "an agent that answers in private is at work for nobody else"
        assert browser.get(f"/chats/{private['session_id']}/").status_code == 404


def test_no_key_opens_it(incident: Incident, private: dict[str, UUID]) -> None:
    key = program(incident.organization, "read", "write", "ingest")
    for path in ("engineer-chat/sessions", "engineer-chat/history"):
        answer = key.get(path, incident_id=incident.pk)
        assert (answer.status_code, answer.json()["error_code"]) == (403, "PERMISSION_DENIED")
    assert key.post("engineer-chat/send", {"incident_id": str(incident.pk), "message": "x"}).status_code == 403
    assert key.get(f"sessions/{private['session_id']}").status_code == 404


@pytest.mark.parametrize("role", ["commander", "auditor"])
async def test_the_socket_knows_nothing_of_it(private: dict[str, UUID], role: str) -> None:
    socket = await Socket().open()
    await socket.hello(await in_thread(colleague, role))
    answers = []
    for named in (private, {name: uuid4() for name in private}):
        heard: list[Any] = []
        socket.send({"t": "sub", "room": str(named["session_id"])})
        heard.append((await socket.until("unsub"))["error"]["error_code"])
        for kind, data in COMMANDS:
            filled_in = {name: str(named.get(value, value)) if value else value for name, value in data.items()}
            for room in (named["session_id"], None):
                ack = await socket.ask(kind, filled_in, room=room)
                heard.append((kind, room is None, ack["ok"], ack["error"]["error_code"], ack["error"]["detail"]))
        answers.append(heard)
    assert answers[0] == answers[1]
    await socket.close()


def test_an_auditor_reads_and_each_look_is_written_down(incident: Incident, private: dict[str, UUID]) -> None:
    auditor = person(colleague("auditor"))
    chat = private["session_id"]
    read = auditor.get("engineer-chat/history", session_id=chat)
    assert [each["content"] for each in read.json()["data"]] == [WORDS]
    assert [each["feedback"] for each in read.json()["data"]] == [None], "what the owner thought of it is theirs"
    assert [
        each["content"] for each in auditor.get("engineer-chat/history", incident_id=incident.pk).json()["data"]
    ] == [WORDS]
    looks = AuditEntry.objects.filter(action="engineer_chat.read").order_by("seq")
    assert [(each.actor_name, each.object_id) for each in looks] == [("colleague-auditor", str(chat))] * 2
    # Whoever else reads the trail is not told; the auditor is.
    for role, shown in (("admin", False), ("auditor", True)):
        reader = auditor if role == "auditor" else person(colleague(role))
        actions = {each["action"] for each in reader.get("audit").json()["data"]}
        assert ({"engineer_chat.read", "engineer_chat.message"} <= actions) is shown
        assert WORDS not in json.dumps(reader.get("audit").json())
    # Looking is all an auditor may do.
    for path, body in (
        (f"messages/{private['message_id']}/share", {}),
        (f"sessions/{chat}/messages", {"content": "x"}),
    ):
        assert auditor.post(path, body).status_code == 404


def test_who_has_left_the_organisation_has_left_their_chat(private: dict[str, UUID]) -> None:
    casey = User.objects.get(username="casey")
    owner = person(casey)
    casey.memberships.update(active=False)
    assert owner.get("engineer-chat/history", session_id=private["session_id"]).status_code == 404
    assert owner.post(f"messages/{private['message_id']}/share").status_code == 404
    assert ChatSession.objects.filter(pk=private["session_id"]).exists()
