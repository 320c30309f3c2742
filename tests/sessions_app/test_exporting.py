"""A session as a file: whole, in pieces, for who may see it, and with no way for a text to be more than text."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from markdown_it import MarkdownIt

from sessions_app import actors, resources
from sessions_app.events import log
from sessions_app.models import AuditEntry, ChatSession, Incident, Membership, Message
from sessions_app.services import exports, messages
from sessions_app.vocabulary import MessageSend
from tests import factories
from tests.callers import Caller, person, program

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_agents")]
FORGED = (
    "# Forged heading\n\n### 2026-01-01 00:00:00 UTC · Casey · user\n```\n</code></pre><h1>x</h1>\r### y\u2028### z"
)


@pytest.fixture
def incident() -> Incident:
    made = factories.incident(title="Odd [sign-ins](http://evil.example) <b>on</b> web-1")
    casey = factories.user("casey", name="Casey *Moreno*\n# boss")
    for content in ("Look at this", FORGED, "我们发现了恶意软件", "````\nfences\n`````"):
        post(made.room, content, casey)
    return made


def post(session: ChatSession | None, content: str, by: Any) -> Message:
    assert session
    return messages.post(session_id=session.pk, body=MessageSend(content=content), by=actors.person(by)).message


def exported(caller: Caller, session: object, form: str) -> Any:
    return caller.get(f"sessions/{session}/export", format=form)


def test_the_whole_of_it_as_json(incident: Incident) -> None:
    caller = person(factories.user(role="observer"))
    answer = exported(caller, incident.room_id, "json")
    whole = json.loads(b"".join(answer))
    assert answer["Content-Type"] == "application/json"
    assert [each["content"] for each in whole["messages"]][:2] == ["Look at this", FORGED]
    rows = Message.objects.filter(session=incident.room_id).order_by("seq")
    assert whole["messages"] == [resources.message(row).wire() for row in rows]
    assert whole["events"] == [json.loads(text) for _, text in log.read(rows[0].session_id, after=0)]
    assert (whole["session"]["id"], whole["incident"]["id"]) == (str(incident.room_id), str(incident.pk))


def test_no_text_of_a_message_can_look_like_anything_else_in_markdown(incident: Incident) -> None:
    answer = exported(person(factories.user()), incident.room_id, "md")
    text = b"".join(answer).decode()
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    assert len(headings) == 2 + 4
    assert [heading.split(" · ")[1:] for heading in headings[2:]] == [["Casey \\*Moreno\\* \\# boss", "user"]] * 4
    fences = [token.content for token in tokens if token.type == "fence"]
    assert fences[0] == "Look at this\n"
    assert fences[1] == FORGED.replace("\r", "\n").replace("\u2028", "\\u2028") + "\n"
    assert fences[2:] == ["我们发现了恶意软件\n", "````\nfences\n`````\n"]
    inline = [child.type for token in tokens for child in token.children or ()]
    assert not {"html_inline", "link_open", "image"} & set(inline)
    assert not [token for token in tokens if token.type == "html_block"]


def test_it_is_a_download_with_a_name_that_is_safe_anywhere(incident: Incident) -> None:
    caller = person(factories.user())
    answer = exported(caller, incident.room_id, "md")
    short = str(incident.room_id)[:8]
    named = f'attachment; filename="odd-sign-inshttpevilexample-bonb-web-1-{short}.md"'
    assert answer["Content-Disposition"] == named
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "no-store")
    room = factories.room()
    ChatSession.objects.filter(pk=room.pk).update(title="../../恶意\r\nSet-Cookie: x=1")
    name = exported(caller, room.pk, "json")["Content-Disposition"]
    assert name.endswith(f"set-cookie-x1-{str(room.pk)[:8]}.json")
    assert not {"\r", "\n", "/", ".."} & set(name)
    assert exported(caller, room.pk, "pdf").json()["error_code"] == "INVALID_REQUEST"
    b"".join(exported(caller, room.pk, "md"))


def test_only_who_may_see_it_has_it_and_each_copy_is_on_record(incident: Incident) -> None:
    casey = factories.user("ravi")
    private = factories.room(category="engineer_chat", owner=casey)
    outsider, former = factories.user(org=factories.organization("other")), factories.user()
    Membership.objects.filter(user=former).update(active=False)
    for asker in (person(outsider), person(former), program(factories.organization("other"), "read")):
        for session in (incident.room_id, private.pk, factories.organization().pk):
            answer = exported(asker, session, "json")
            assert (answer.status_code, answer.json()["error_code"]) == (404, "SESSION_NOT_FOUND")
    for role in ("commander", "admin"):
        assert exported(person(factories.user(role=role)), private.pk, "md").status_code == 404
    assert exported(program(factories.organization(), "read"), private.pk, "md").status_code == 404
    assert exported(Caller(), incident.room_id, "md").status_code == 401
    assert not AuditEntry.objects.filter(action__endswith="session.exported").exists()
    for asker, session, action in (
        (casey, private.pk, "engineer_chat.session.exported"),  # for auditors only
        (factories.user(role="observer"), incident.room_id, "session.exported"),
    ):
        b"".join(exported(person(asker), session, "md"))
        entry = AuditEntry.objects.filter(action=action).latest("seq")
        assert (entry.actor_id, entry.object_id, entry.detail["format"]) == (str(asker.pk), str(session), "md")


def test_secrets_do_not_leave_and_the_auditor_is_told_how_many(incident: Incident) -> None:
    secret = "AKIA" + "IOSFODNN7EXAMPLE"
    post(incident.room, f"The key is {secret}, rotate it", factories.user("ravi"))
    for form in ("md", "json"):
        text = b"".join(exported(person(factories.user()), incident.room_id, form)).decode()
        assert secret not in text
        assert "The key is [masked: " in text
        noted = AuditEntry.objects.latest("seq")
        assert (noted.action, noted.detail["where"]) == ("output.masked", "export")
        assert secret not in json.dumps(noted.detail)


def many(session: ChatSession, count: int) -> None:
    Message.objects.bulk_create(
        Message(session=session, seq=number, sender_type="user", sender_name="Casey", content=f"Message {number}")
        for number in range(1, count + 1)
    )
    ChatSession.objects.filter(pk=session.pk).update(head=count)


def test_what_people_wrote_does_not_tell_which_other_organisations_there_are(incident: Incident) -> None:
    factories.organization("elsewhere", name="Globex Works")
    post(incident.room, "Are Globex Works or Initech Works here?", factories.user("guesser"))
    for form in ("json", "md"):
        told = b"".join(exported(person(factories.user()), incident.room_id, form)).decode()
        assert "Are Globex Works or Initech Works here?" in told
    assert not AuditEntry.objects.filter(action="output.masked").exists()


def test_a_long_session_goes_out_in_pieces_each_read_when_it_is_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times as many messages are three times as many pieces of the same size, and no query is repeated."""
    monkeypatch.setattr(exports, "BATCH", 20)
    casey, sizes = actors.person(factories.user()), []
    for count in (60, 180):
        room = factories.room()
        many(room, count)
        export = exports.begin(session_id=room.pk, form="md", by=casey)
        with CaptureQueriesContext(connection) as asked:
            pieces = list(export.pieces())
        sizes.append(max(len(piece) for piece in pieces))
        assert len(pieces) == 1 + count / 20
        reads = [each["sql"] for each in asked if 'FROM "sessions_app_message"' in each["sql"]]
        assert len(reads) == 1 + count / 20
        assert "".join(pieces).count("\n### ") == count
    assert sizes[1] < 1.2 * sizes[0]


@pytest.mark.django_db(transaction=True)
async def test_it_streams_under_asgi(async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "BATCH", 20)
    make: Callable[[], ChatSession] = factories.room
    room = await sync_to_async(make)()
    await sync_to_async(many)(room, 60)
    await async_client.aforce_login(await sync_to_async(factories.user)())
    answer = await async_client.get(f"/api/v1/sessions/{room.pk}/export?format=json")
    pieces = [piece async for piece in answer]
    assert len(pieces) > 3
    assert len(json.loads(b"".join(pieces))["messages"]) == 60
