"""Idle engineer chats expire and stay readable; after the retention period their texts go, and the counts stay."""

import json
from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.serializers import serialize
from django.utils import timezone

from agents_app.dispatch import periodic
from agents_app.models import Run, ToolCall
from agents_app.services import engineer_chat_upkeep
from sessions_app.models import AuditEntry, ChatSession, Event, Feedback, Incident, Message, Upload, User
from sessions_app.services import sessions
from tests import factories
from tests.callers import Caller, person

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "pelican-laptop"
IDLE = timedelta(hours=settings.WARROOM_SESSION_IDLE_HOURS, minutes=1)


@pytest.fixture
def casey() -> Caller:
    return person(factories.user("casey"))


@pytest.fixture
def incident(transactional_db: None) -> Incident:
    made: Incident = factories.incident()
    return made


def asked(casey: Caller, incident: Incident, status: str = "succeeded") -> ChatSession:
    """A chat of its own with one question whose run came to this."""
    body = {"incident_id": str(incident.pk)}
    chat = casey.post("engineer-chat/sessions", body).json()["id"]
    told = casey.post("engineer-chat/send", {**body, "session_id": chat, "message": WORDS}).json()
    Run.objects.filter(pk=told["run_id"]).update(status=status, checkpoint={"messages": [WORDS]})
    return ChatSession.objects.get(pk=chat)


def later(by: timedelta) -> None:
    """What the periodic job does then."""
    now = timezone.now() + by
    for chat in sessions.idle(now=now, category=ChatSession.Category.ENGINEER_CHAT):
        sessions.expire(chat, now=now)
    for chat in engineer_chat_upkeep.due(now=now):
        engineer_chat_upkeep.purge(chat, now=now)


def kept() -> str:
    """Every word the database has of these chats."""
    rows = [*Message.objects.all(), *Event.objects.all(), *Run.objects.all(), *Feedback.objects.all()]
    return serialize("json", [*rows, *ToolCall.objects.all(), *AuditEntry.objects.all(), *ChatSession.objects.all()])


def test_an_idle_chat_expires_and_can_still_be_read(casey: Caller, incident: Incident) -> None:
    chat = asked(casey, incident)
    later(timedelta(hours=1))
    assert casey.get(f"sessions/{chat.pk}").json()["status"] == "active"
    assert sessions.idle(now=timezone.now() + IDLE) == [], "these have a clock of their own"
    later(IDLE)
    assert casey.get(f"sessions/{chat.pk}").json()["status"] == "expired"
    assert casey.get("engineer-chat/history", session_id=chat.pk).json()["data"][0]["content"] == WORDS
    body = {"incident_id": str(incident.pk), "message": "x"}
    late = casey.post("engineer-chat/send", {**body, "session_id": str(chat.pk)})
    assert (late.status_code, late.json()["error_code"]) == (410, "SESSION_EXPIRED")
    assert casey.post("engineer-chat/send", body).json()["round"] == 1, "the next question begins a new one"
    own = [each for each in periodic.ENDINGS if "engineer" in each.name]
    assert [each.every * periodic.TICK_SECONDS for each in own] == [settings.ENGINEER_CHAT_SESSION_CLEANUP_INTERVAL] * 2
    assert periodic.idle_engineer_chats() == periodic.engineer_chats_to_purge() == []


def test_texts_go_after_the_period_that_an_admin_sets_and_counts_stay(casey: Caller, incident: Incident) -> None:
    chat = asked(casey, incident)
    file = SimpleUploadedFile("mine.log", WORDS.encode())
    put = casey.client.post("/api/v1/uploads", {"session_id": str(chat.pk), "file": file}).json()
    kept_file = Upload.objects.get(pk=put["id"]).stored_name
    question = Message.objects.get(session=chat)
    Feedback.objects.create(
        message=question, user=User.objects.get(), rating="down", comment=WORDS, given_at=timezone.now()
    )
    factories.tool_call(Run.objects.get(), args={"query": WORDS}, result={"hits": [WORDS]}, state="succeeded")
    incident.organization.engineer_chat_retention_days = 30
    incident.organization.save()
    later(IDLE)
    before = ChatSession.objects.get(pk=chat.pk)
    later(timedelta(days=29))
    assert kept().count(WORDS) > 5
    assert default_storage.exists(kept_file)
    later(timedelta(days=31))
    assert WORDS not in kept()
    assert not default_storage.exists(kept_file)
    assert casey.get(f"uploads/{put['id']}").status_code == 404
    after = ChatSession.objects.get(pk=chat.pk)
    assert (after.rounds_used, after.head, after.status) == (1, before.head, "expired")
    assert after.purged_at is not None
    assert after.epoch != before.epoch, "whoever still holds the old log must let go of it"
    assert list(Event.objects.filter(session=chat).order_by("seq").values_list("seq", flat=True)) == list(
        range(1, after.head + 1)
    )
    told = casey.get(f"sessions/{chat.pk}").json()
    assert (told["rounds_used"], told["purged_at"] is not None) == (1, True)
    [message] = casey.get("engineer-chat/history", session_id=chat.pk).json()["data"]
    assert (message["content"], message["html"], message["feedback"]) == ("", None, {"rating": "down", "comment": ""})
    assert casey.post(f"messages/{question.pk}/share").json()["error_code"] == "CONFLICT"
    assert engineer_chat_upkeep.outcomes(incident.organization) == {"completed": 1}
    assert AuditEntry.objects.filter(action="engineer_chat.message").count() == 1


def test_without_a_period_of_its_own_an_organisation_keeps_them_half_a_year(casey: Caller, incident: Incident) -> None:
    asked(casey, incident)
    later(timedelta(days=179))
    assert WORDS in kept()
    later(timedelta(days=181))
    assert WORDS not in kept()


def test_completion_and_abandonment_are_counted_and_logged_without_a_word(casey: Caller, incident: Incident) -> None:
    with structlog.testing.capture_logs() as lines:
        for status in ("succeeded", "failed", "running"):
            chat = asked(casey, incident, status)
            assert casey.delete(f"sessions/{chat.pk}").json()["status"] == "ended"
        casey.post("engineer-chat/sessions", {"incident_id": str(incident.pk)})
    assert engineer_chat_upkeep.outcomes(incident.organization) == {"completed": 1, "abandoned": 2}
    said = [line["event"].partition(".")[2] for line in lines if line["event"].startswith("engineer_chat.")]
    assert said == ["begun", "asked", "completed", *("begun", "asked", "abandoned") * 2, "begun"]
    named: list[dict[str, Any]] = [line for line in lines if line["event"] == "engineer_chat.asked"]
    assert all({"session", "incident", "round", "message", "run"} <= set(line) for line in named)
    assert WORDS not in json.dumps(lines, default=str)
