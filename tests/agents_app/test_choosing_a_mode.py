"""What a message becomes: by its prefix, by what is asked for, or by its words."""

import pytest

from agents_app.models import Run
from sessions_app.models import ChatSession, Message
from tests import callers, factories
from tests.agents_app.talking import post

pytestmark = pytest.mark.django_db

SMALL = [
    "hi", "Hello, Assistant!", "Good morning, everyone \U0001f44b", "Thank you for your help.",
    "how are you doing today?", "\u4f60\u597d", "\u8c22\u8c22\u5927\u5bb6\uff01",
]  # fmt: skip
WORK = [
    "ok",
    "yes",
    "Hi, block 203.0.113.7",
    "thanks, and the mail server?",
    "Assistant",
    "hibernate the host",
    "history",
]


@pytest.fixture
def room(transactional_db: None) -> ChatSession:
    return factories.room(agent=factories.agent(name="Assistant"))


def chosen(run: Run) -> tuple[str, str, str]:
    return run.mode, run.path, run.path_reason


@pytest.mark.parametrize("words", SMALL)
def test_small_talk_is_answered_directly_and_the_run_says_so(room: ChatSession, words: str) -> None:
    assert chosen(post(room, words)) == ("direct", "direct_llm", "small talk")
    assert chosen(post(room, words, execution_mode="react")) == ("react", "runtime_orchestrator", "asked for")


@pytest.mark.parametrize("words", WORK)
def test_what_may_need_a_tool_is_never_small_talk(room: ChatSession, words: str) -> None:
    assert chosen(post(room, words)) == ("react", "runtime_orchestrator", "default")
    assert chosen(post(room, words, execution_mode="direct")) == ("direct", "direct_llm", "asked for")


@pytest.mark.parametrize(
    "sent",
    [
        {"content": "@team find out who did it"}, {"content": " @Board: rounds=3 shall we pay?"}, {"content": "@skill"},
        {"content": "@skill:phishing look"}, {"content": "Look.", "execution_mode": "plan_exec"},
    ],
)  # fmt: skip
def test_a_way_that_is_not_here_is_refused_with_what_there_is(room: ChatSession, sent: dict[str, str]) -> None:
    refused = callers.person(factories.user()).post(f"sessions/{room.pk}/messages", sent)
    assert (refused.status_code, refused.json()["error_code"]) == (503, "SERVICE_UNAVAILABLE")
    assert refused.json()["details"]["modes"] == ["direct", "react"]
    assert "such as: @AI" in refused.json()["detail"]
    assert not Message.objects.exists()
    assert not Run.objects.exists()


def test_names_of_people_are_no_prefix(room: ChatSession) -> None:
    for words in ("@ada please look", "@teamwork wins", "the @team is here"):
        assert post(room, words).mode == "react"
        Run.objects.all().delete()
