"""Search and rooms opened at a message, as a browser without JavaScript sees them."""

import re

import pytest
from django.test import Client

from sessions_app import actors
from sessions_app.models import ChatSession, Incident, Message, User
from sessions_app.search_index import TooSlow
from sessions_app.services import messages, search
from sessions_app.vocabulary import MessageSend
from tests import factories
from tests.sessions_app.test_pages import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_agents")]


@pytest.fixture
def casey() -> User:
    return factories.user("casey", name="Casey")


@pytest.fixture
def incident() -> Incident:
    return factories.incident(title="<b>Beacon</b> on web-1")


def say(session: ChatSession | None, content: str, by: User) -> Message:
    assert session
    return messages.post(session_id=session.pk, body=MessageSend(content=content), by=actors.person(by)).message


def shown(page: str) -> list[str]:
    return re.findall(r'id="message-([0-9a-f-]{36})"', page)


def test_the_page_groups_what_was_found_and_marks_it(incident: Incident, casey: User) -> None:
    said = say(incident.room, "The <i>beacon</i> is back", casey)
    client = signed_in(casey)
    page = client.get("/search", {"q": "beacon"}).text
    assert re.findall(r'<section class="found-group" aria-label="(\w+)"', page) == ["Incidents", "Messages"]
    assert "&lt;b&gt;<mark>Beacon</mark>&lt;/b&gt; on web-1" in page
    assert "The &lt;i&gt;<mark>beacon</mark>&lt;/i&gt; is back" in page
    assert f'href="/incidents/{incident.pk}/?message={said.pk}#message-{said.pk}"' in page
    assert client.get("/search", {"q": "beacon", "kind": "message"}).text.count('class="found-group"') == 1


def test_it_says_so_when_there_is_nothing_to_show(casey: User) -> None:
    client = signed_in(casey)
    assert "What are you looking for?" in client.get("/search").text
    nothing = client.get("/search", {"q": '"><script>\x00alert(1)', "kind": "whatever"})
    assert (nothing.status_code, "Nothing found" in nothing.text) == (200, True)
    assert "<script>alert" not in nothing.text
    assert client.get("/search", {"q": "x" * 5000}).status_code == 200
    assert Client().get("/search", {"q": "x"}).headers["Location"].startswith("/sign-in/")


def test_a_search_that_is_given_up_says_what_to_do(casey: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> list[object]:
        raise TooSlow

    monkeypatch.setattr(search, "newest", slow)
    answer = signed_in(casey).get("/search", {"q": "anything"})
    assert (answer.status_code, "took too long" in answer.text) == (503, True)


def test_a_room_opens_at_a_message_however_old(incident: Incident, casey: User) -> None:
    """With the words around it for who has no script, and the log around it for who has."""
    first = say(incident.room, "The first of many", casey)
    assert incident.room
    for number in range(2, 301):
        incident.room.head = number
        Message.objects.create(session=incident.room, seq=number, sender_type="user", sender_name="C", content="more")
    ChatSession.objects.filter(pk=incident.room.pk).update(head=300)
    client, room = signed_in(casey), f"/incidents/{incident.pk}/"
    newest = client.get(room)
    assert str(first.pk) not in shown(newest.text)
    at_first = client.get(room, {"message": first.pk})
    assert shown(at_first.text)[0] == str(first.pk)
    assert "Newest messages" in at_first.text
    assert "Newest messages" not in newest.text
    assert at_first.context["page"]["target"] == str(first.pk)
    assert at_first.context["page"]["events"][0]["data"]["id"] == str(first.pk)
    elsewhere = say(factories.room(), "Not of this room", casey)
    for unknown in (elsewhere.pk, "nonsense", ""):
        assert client.get(room, {"message": unknown}).context["page"]["target"] is None


def test_a_session_of_an_incident_that_is_not_its_war_room_is_a_chat_of_its_own(
    incident: Incident, casey: User
) -> None:
    beside = factories.room(incident=incident)
    said = say(beside, "Said beside the war room", casey)
    client = signed_in(casey)
    found = re.search(r'class="found-title" href="([^"]+)"', client.get("/search", {"q": "said beside"}).text)
    assert found
    assert str(said.pk) in shown(client.get(found[1]).text)
    to_room = client.get(f"/chats/{incident.room_id}/?message={said.pk}")
    assert to_room.headers["Location"] == f"/incidents/{incident.pk}/?message={said.pk}"


def test_every_room_offers_its_export(incident: Incident, casey: User) -> None:
    chat = factories.room()
    for page, session in ((f"/incidents/{incident.pk}/", incident.room_id), (f"/chats/{chat.pk}/", chat.pk)):
        text = signed_in(casey).get(page).text
        for form in ("md", "json"):
            assert f'href="/api/v1/sessions/{session}/export?format={form}" download' in text
