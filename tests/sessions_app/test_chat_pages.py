"""Chats as pages without JavaScript: who finds which, how one is started, said into, set up and ended."""

import re

import pytest

from agents_app.models import Provider
from sessions_app.models import ChatSession, Membership, Message
from tests import factories
from tests.sessions_app.test_pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat() -> ChatSession:
    return factories.room(owner=factories.user("casey"))


def test_a_chat_is_started_with_an_agent_of_ones_choice_and_its_first_words() -> None:
    factories.agent(name="Aria")
    nova = factories.agent(name="Nova", role="expert")
    factories.agent(name="Relay", role="executor")
    client = signed_in(factories.user())
    offered = client.get("/chats/").text
    assert re.search(r"<option[^>]*>Aria.*<option[^>]*>Nova", offered, re.DOTALL)
    assert "Relay" not in offered, "who runs calls has no words of its own"
    opened = client.post(
        "/chats/new/", {"agent": nova.pk, "title": "Look", "content": "Who are <b>you</b>?"}, follow=True
    )
    made = ChatSession.objects.get()
    assert (made.title, made.status, made.agent, made.incident) == ("Look", "active", nova, None)
    assert opened.redirect_chain == [(f"/chats/{made.pk}/", 302)]
    assert "<h1" in opened.text
    assert "Who are <b>" not in opened.text
    assert Message.objects.get().content == "Who are <b>you</b>?"


def test_a_chat_with_nobody_or_with_another_organisations_agent_is_not_started() -> None:
    factories.agent()
    client, theirs = signed_in(factories.user()), factories.agent(factories.organization("other"), name="Theirs")
    assert client.post("/chats/new/", {"agent": "nobody"}).status_code == 400
    assert client.post("/chats/new/", {"agent": theirs.pk}).status_code == 404
    assert not ChatSession.objects.exists()


def test_the_list_shows_what_stands_outside_incidents_with_its_kind_and_filters_by_its_address(
    chat: ChatSession,
) -> None:
    casey = chat.owner
    factories.incident()
    private = factories.room(category="engineer_chat", owner=casey)
    ended = factories.room(status="ended")
    assert casey
    mine, other = signed_in(casey), signed_in(factories.user(role="observer"))

    def listed(client: object, query: str = "") -> list[object]:
        return [one.pk for one in client.get(f"/chats/{query}").context["chats"]]  # type: ignore[attr-defined]

    assert listed(mine) == [ended.pk, private.pk, chat.pk]
    assert listed(other) == [ended.pk, chat.pk]
    assert listed(mine, "?whose=mine&status=active") == [private.pk, chat.pk]
    assert listed(mine, "?status=ended") == [ended.pk]
    assert listed(mine, "?q=nothing%20like%20it&before=x") == []
    page = mine.get("/chats/").text
    assert ">Private<" in page
    assert ">Agent<" in page
    assert "New chat" not in other.get("/chats/").text


def test_the_list_is_cut_in_pages() -> None:
    for _ in range(31):
        factories.room()
    client = signed_in(factories.user(role="observer"))
    first = client.get("/chats/?q=room")
    second = client.get(f"/chats/?{first.context['next_page']}")
    assert [len(page.context["chats"]) for page in (first, second)] == [30, 1]


def test_others_find_no_chat_and_no_form(chat: ChatSession) -> None:
    outsider = factories.user(org=factories.organization("other"), role="commander")
    former = factories.user()
    Membership.objects.filter(user=former).update(active=False)
    for client in (signed_in(outsider), signed_in(former)):
        assert client.get(f"/chats/{chat.pk}/").status_code == 404
        for form in ("messages", "config", "end"):
            assert client.post(f"/chats/{chat.pk}/{form}/", {"content": "x"}).status_code == 404
    assert not Message.objects.exists()


def test_the_room_of_an_incidents_session_is_the_war_room() -> None:
    incident = factories.incident()
    answer = signed_in(factories.user()).get(f"/chats/{incident.room_id}/")
    assert answer.headers["Location"] == f"/incidents/{incident.pk}/"


def test_model_and_settings_are_shown_and_set_by_a_plain_form(chat: ChatSession) -> None:
    Provider.objects.update(offered=[{"name": "offline-demo"}, {"name": "other-demo", "max_tokens": 100}])
    client, room = signed_in(factories.user()), f"/chats/{chat.pk}/"
    assert 'data-field="in-use">offline-demo<' in client.get(room).text
    form = {"choice": "offline-demo\tother-demo", "temperature": "0.5", "max_tokens": "50", "top_p": ""}
    back = {"referer": f"http://testserver{room}"}
    shown = client.post(f"{room}config/", form, headers=back, follow=True).text
    chat.refresh_from_db()
    assert chat.config == {"provider": "offline-demo", "model": "other-demo", "temperature": 0.5, "max_tokens": 50}
    assert "other-demo of offline-demo · temperature 0.5 · max tokens 50" in shown
    for wrong, words in (
        ({**form, "max_tokens": "500"}, "the limit of other-demo"),
        ({"temperature": "warm"}, "temperature must be a number"),
        ({"temperature": "nan"}, "temperature must be a number from 0 to 2"),
    ):
        assert words in client.post(f"{room}config/", wrong, headers=back, follow=True).text
    client.post(f"{room}config/", {"choice": ""}, headers=back)
    chat.refresh_from_db()
    assert chat.config == {}


def test_an_ended_chat_says_so_and_takes_no_words(chat: ChatSession) -> None:
    client, room = signed_in(factories.user()), f"/chats/{chat.pk}/"
    client.post(f"{room}messages/", {"content": "Hello"})
    shown = client.post(f"{room}end/", follow=True).text
    assert "This room is ended; it can still be read." in shown
    assert "message-composer" not in shown
    refused = client.post(
        f"{room}messages/", {"content": "More"}, headers={"referer": f"http://testserver{room}"}, follow=True
    )
    assert "The session has ended." in refused.text
    assert Message.objects.count() == 1
