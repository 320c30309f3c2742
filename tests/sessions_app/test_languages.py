"""In which language somebody is spoken to; what is code stays code."""

import re
from collections.abc import Iterator

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import translation

from sessions_app.events import executors
from sessions_app.models import User
from tests import factories
from tests.callers import Caller
from tests.sockets import Socket

pytestmark = pytest.mark.django_db(transaction=True)
CHINESE = "zh-CN,zh;q=0.9,en;q=0.5"


@pytest.fixture(autouse=True)
def _nothing_stays_behind() -> Iterator[None]:
    yield
    assert translation.get_language() == "en"


def language_of(page: HttpResponse) -> str:
    found = re.search(r'<html lang="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def choose(client: Client, language: str) -> HttpResponse:
    return client.post("/language/", {"language": language, "next": "/chats/"})


def enter(client: Client) -> None:
    page = client.post("/sign-in/", {"username": "casey", "password": factories.PASSWORD})
    assert page.status_code == 302


def test_a_program_is_refused_in_its_language_with_the_same_code() -> None:
    plain = Caller().post("auth/token", {"username": "nobody", "password": "wrong"})
    chinese = Caller().post("auth/token", {"username": "nobody", "password": "wrong"}, Accept_Language=CHINESE)
    told, said = plain.json(), chinese.json()
    assert (told["title"], said["title"]) == ("Sign in first.", "请先登录。")
    assert said["detail"] == said["message"] == "用户名或密码错误。"
    worded = {"title", "detail", "message", "request_id", "timestamp"}
    assert {name: told[name] for name in told.keys() - worded} == {name: said[name] for name in said.keys() - worded}
    assert chinese["Content-Language"] == "zh-hans"
    assert "Accept-Language" in chinese["Vary"]


def test_what_is_wrong_with_a_body_is_said_in_the_callers_language() -> None:
    told = Caller().post("auth/token", {"username": "", "also": 1}, Accept_Language=CHINESE).json()
    assert told["error_code"] == "INVALID_REQUEST"
    assert told["detail"] == "username: 至少须有 1 个字符; password: 必须填写; also: 此处没有这一项"
    told = Caller().post("auth/token", {"username": "\x00", "password": "x"}, Accept_Language=CHINESE).json()
    assert told["detail"].endswith("文本不能包含 NUL 字符或孤立的代理字符")


def test_a_person_is_spoken_to_as_they_chose_at_every_browser(client: Client) -> None:
    factories.user("casey")
    door = client.get("/sign-in/", headers={"Accept-Language": CHINESE})
    assert (language_of(door), "登录" in door.content.decode()) == ("zh-hans", True)
    assert language_of(client.get("/sign-in/")) == "en"

    enter(client)
    assert choose(client, "zh-hans")["Location"] == "/chats/"
    assert language_of(client.get("/")) == "zh-hans"
    client.post("/sign-out/")
    assert language_of(client.get("/sign-in/")) == "zh-hans"  # this browser remembers

    other = Client(headers={"Accept-Language": "en"})
    assert language_of(other.get("/sign-in/")) == "en"
    enter(other)
    page = other.get("/")
    assert (language_of(page), '<script id="words"' in page.content.decode()) == ("zh-hans", True)

    choose(other, "")
    assert language_of(other.get("/")) == "en"
    assert User.objects.get().language == ""


def test_who_has_not_signed_in_chooses_for_this_browser_only(client: Client) -> None:
    choose(client, "zh-hans")
    assert language_of(client.get("/sign-in/")) == "zh-hans"
    choose(client, "tlh")  # not one of ours
    assert language_of(client.get("/sign-in/")) == "zh-hans"
    strict = Client(enforce_csrf_checks=True)
    assert choose(strict, "zh-hans").status_code == 403


async def test_a_socket_answers_in_its_persons_language() -> None:
    room = await executors.run(factories.room)
    chose = await executors.run(factories.user, "casey", role="observer", language="zh-hans")
    asked = await executors.run(factories.user, "olga", role="observer")
    for person, headers in ((chose, {}), (asked, {"accept-language": CHINESE})):
        socket = await Socket(**headers).open()
        await socket.hello(person)
        ack = await socket.ask("message.send", {"content": "hello"}, room=room.pk)
        assert ack["error"]["error_code"] == "PERMISSION_DENIED"
        assert ack["error"]["detail"] == "你的角色无权执行该操作（post）。"
        await socket.close()
