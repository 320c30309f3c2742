"""Finding what was said: words and parts of words, in any language, and only what the asker may see."""

from typing import Any

import pytest
from django.db import connection
from django.db.models.expressions import RawSQL
from django.test.utils import CaptureQueriesContext

from sessions_app import actors, permissions, search_index
from sessions_app.models import ChatSession, Indicator, Membership, Message, User
from sessions_app.search_index import postgresql, sqlite
from sessions_app.search_index.sources import MESSAGES
from sessions_app.services import search
from tests import factories
from tests.callers import Caller, person, program

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_agents")]


def said(content: str, session: ChatSession | None = None, **fields: Any) -> Message:
    place = session or factories.room()
    place.head += 1
    place.save()
    return Message.objects.create(
        session=place, seq=place.head, sender_type="user", sender_name="Casey", content=content, **fields
    )


@pytest.fixture
def casey() -> User:
    return factories.user("casey")


def found(asker: User, q: str, **asked: Any) -> list[str]:
    return [hit["snippet"] for hit in person(asker).get("search", q=q, **asked).json()]


def test_parts_of_words_are_found_in_english_and_chinese(casey: User) -> None:
    english = said("The beacon phoned home to evil.example every 60 seconds, over Port 8443.")
    chinese = said("我们在服务器上发现了恶意软件，正在隔离主机。")
    for part in ("beacon", "BEAC", "one", "phoned home", "vil.exam", "8443", "po", "84", "60 seconds,"):
        assert found(casey, part) == [english.content], part
    for part in ("恶意软件", "现了恶意", "恶意", "机", "主机。", "恶意 隔离", "上"):
        assert found(casey, part) == [chinese.content], part
    for absent in ("beacons", "恶软", "意恶", "zq", "鼠", "home phoned 8444"):
        assert found(casey, absent) == [], absent


def test_what_looks_like_an_order_is_text(casey: User) -> None:
    odd = said("""AND "quoted" NEAR(a b) content:x* 100% of C:\\temp_1 <b>{col}</b> ' -- ^start""")
    said("Nothing odd at all, and 1000 of them: tempX1")
    for part in (
        '"', '"quoted"', "NEAR(a",
        "content:x*", "x*", "*", "100%", "%", "temp_1", "\\temp", "<b>", "{col}", "' --", "^s", "b)",
    ):  # fmt: skip
        assert found(casey, part) == [odd.content], part
    for none in ("**", "%%", "a OR b", 'NOT "quoted"', "c:\\te%", "\ud7ff", "🔥"):
        assert found(casey, none) == [], none


def test_what_can_not_be_looked_for_is_refused_or_finds_nothing(casey: User) -> None:
    caller = person(casey)
    for refused in (
        {},
        {"q": ""},
        {"q": "x" * 201},
        {"q": "a\x00b"},
        {"q": "a", "kind": "user"},
        {"q": "a", "limit": 51},
    ):
        assert caller.get("search", **refused).json()["error_code"] == "INVALID_REQUEST", refused
    assert caller.get("search", q=" \u3000 ").json() == []
    assert caller.get("search", q=" ".join(map(str, range(60)))).json() == []


def test_titles_and_whole_phrases_come_before_single_words_and_the_newest_first(casey: User) -> None:
    old, new = said("The disk is full"), said("A full disk")
    phrase = said("disk full, said the log")
    later = said("Disk full again")
    body = factories.incident(title="Storage", description="web-1 has its disk full since noon")
    title = factories.incident(title="Disk full on web-2")
    chat = factories.room()
    ChatSession.objects.filter(pk=chat.pk).update(title="About the full disk")
    hits = person(casey).get("search", q="disk full").json()
    assert [hit["id"] for hit in hits] == [
        str(row.pk) for row in (title, chat, body, later, phrase, new, old)
    ]  # fmt: skip
    assert [hit["kind"] for hit in hits[:3]] == ["incident", "session", "incident"]
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    assert [hit["id"] for hit in person(casey).get("search", q="disk full", kind="message", limit=2).json()] == [
        str(later.pk), str(phrase.pk)
    ]  # fmt: skip
    assert hits[0]["title_marks"] == [[0, 9]]
    assert hits[2]["snippet"][slice(*hits[2]["marks"][0])] == "disk full"
    assert hits[2]["url"] == f"/incidents/{body.pk}/"
    assert hits[3]["url"] == f"/chats/{later.session_id}/?message={later.pk}#message-{later.pk}"


def test_an_incident_is_found_by_what_is_known_of_it(casey: User) -> None:
    incident = factories.incident(title="Odd sign-ins", description="On web-1", summary="Lateral movement ruled out")
    Indicator.objects.create(
        organization=incident.organization, incident=incident, kind="ip", value="203.0.113.77", seen_count=3
    )
    assert incident.room
    message = said("The captain looks into it", incident.room)
    caller = person(casey)
    for part, shown in (("movement ruled", "Lateral movement ruled out"), ("113.77", "203.0.113.77")):
        [hit] = caller.get("search", q=part).json()
        assert (hit["kind"], hit["id"], hit["session_id"]) == ("incident", str(incident.pk), str(incident.room.pk))
        assert shown in hit["snippet"]
    [hit] = caller.get("search", q="captain looks").json()
    assert (hit["kind"], hit["incident_id"], hit["title"]) == ("message", str(incident.pk), "Odd sign-ins")
    assert hit["url"] == f"/incidents/{incident.pk}/?message={message.pk}#message-{message.pk}"


def test_a_long_text_is_shown_around_the_hit_as_plain_text(casey: User) -> None:
    said("padding " * 500 + "and then <b>the 针 needle</b>" + " padding" * 500)
    [hit] = person(casey).get("search", q="NEEDLE").json()
    assert len(hit["snippet"]) < 200
    assert hit["snippet"].startswith("…padding")
    assert "<b>the 针 needle</b>" in hit["snippet"]
    assert [hit["snippet"][slice(*mark)] for mark in hit["marks"]] == ["needle"]


def test_only_what_one_may_see_is_found(casey: User) -> None:
    """Each finds of the same word what is theirs, and nothing says that there is more."""
    elsewhere = factories.organization("other")
    theirs = factories.incident(elsewhere, title="secretword theirs", description="secretword")
    Indicator.objects.create(organization=elsewhere, incident=theirs, kind="host", value="secretword.example")
    said("secretword of the others", theirs.room)
    ours = factories.incident(title="Ours")
    said("secretword of ours", ours.room)
    private = factories.room(category="engineer_chat", owner=casey)
    private.title = "secretword chat"
    said("secretword of Casey alone", private)
    colleague, observer = factories.user(role="commander"), factories.user(role="observer")
    auditor, admin = factories.user(role="auditor"), factories.user(role="admin", is_superuser=True, is_staff=True)
    former = factories.user()
    Membership.objects.filter(user=former).update(active=False)
    outsider = factories.user(org=elsewhere)
    shared = ["secretword of ours"]
    for asker in (colleague, observer, auditor, admin):
        assert found(asker, "secretword") == shared
        assert found(asker, "se") == shared
    assert found(casey, "secretword") == ["", "secretword of Casey alone", *shared]
    assert found(former, "secretword") == []
    assert [hit["kind"] for hit in person(outsider).get("search", q="secretword").json()] == ["incident", "message"]
    key = program(factories.organization(), "read")
    assert [hit["snippet"] for hit in key.get("search", q="secretword").json()] == shared
    assert program(factories.organization(), "ingest").get("search", q="secretword").status_code == 403
    assert person(former).get("search", q="secretword").content == person(former).get("search", q="nothing").content
    factories.user("late")
    assert Caller().get("search", q="secretword").status_code == 401


def test_the_index_follows_every_change_whoever_makes_it(casey: User) -> None:
    kept, gone = said("first wording here"), said("soon removed")
    Message.objects.filter(pk=kept.pk).update(content="second 措辞 now")
    gone.delete()
    assert (found(casey, "first wording"), found(casey, "soon"), found(casey, "so")) == ([], [], [])
    assert found(casey, "second") == found(casey, "措辞") == ["second 措辞 now"]
    kept.session.delete()
    assert found(casey, "second") == []


def test_the_index_is_what_answers(casey: User) -> None:
    """Of a hundred thousand rows no query may read each."""
    by = actors.person(casey)
    said("beacon 恶意软件")
    for words in (["beacon"], ["恶意软件"], ["恶意"], ["be"]):
        plans = "\n".join(plans_of(words, by))
        if connection.vendor == "sqlite":
            assert "search_message_text VIRTUAL TABLE INDEX" in plans or "search_message_terms VIRTUAL" in plans
            assert "SCAN sessions_app_message" not in plans, plans
        else:
            assert "search_message_scoped_" in plans, plans


def test_what_others_say_is_not_even_passed_over(casey: User) -> None:
    """However often they say it: no row of theirs is held against the asker's rights, nor named by the index."""
    elsewhere = factories.room(factories.organization("other"))
    colleagues = factories.room(category="engineer_chat", owner=factories.user())
    for place in (elsewhere, colleagues):
        for number in range(20):
            said(f"theirs-only 只有他们 qz {number}", place)
    ours = said("theirs-only 只有他们 qz, once with us")
    everything = Message.objects.all()  # no rights asked: what comes is what the index names
    for words in (["theirs-only"], ["只有他们"], ["他们"], ["qz"]):
        asked = {"scopes": scopes_of(actors.person(casey)), "limit": 50}
        assert search_index.newest(MESSAGES, words, everything, **asked) == [ours.pk], words


def scopes_of(by: actors.Actor) -> search_index.Scopes:
    return search.Query.parse("anything", by).scopes


def plans_of(words: list[str], by: actors.Actor) -> list[str]:
    """What the database does with each statement over messages that a search makes."""
    mine = Message.objects.filter(session__in=permissions.visible_sessions(by))
    with CaptureQueriesContext(connection) as asked:
        search_index.newest(MESSAGES, words, mine, scopes=scopes_of(by), limit=50)
    statements = [each["sql"] for each in asked if "FROM" in each["sql"] and "sessions_app_message" in each["sql"]]
    return [_plan(statement) for statement in statements if not statement.startswith("SELECT count(*) FROM sqlite_m")]


def _plan(statement: str) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SET LOCAL enable_seqscan = off"
            )  # a table of no rows is read whole whatever its indexes are
        how = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
        cursor.execute(how + statement)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def test_a_search_that_takes_too_long_is_ended(casey: User, monkeypatch: pytest.MonkeyPatch) -> None:
    said("anything")
    monkeypatch.setattr(search, "bounded", lambda: search_index.bounded(0.0))
    monkeypatch.setattr(sqlite, "STEPS_BETWEEN_LOOKS", 1)
    if connection.vendor == "postgresql":
        slow = RawSQL("SELECT pg_sleep(5)", [])
        monkeypatch.setattr(search, "bounded", lambda: search_index.bounded(0.05))
        monkeypatch.setattr(
            search, "newest", lambda *_, **__: list(User.objects.annotate(slow=slow).values_list("slow"))
        )
    answer = person(casey).get("search", q="anything")
    assert (answer.status_code, answer.json()["error_code"]) == (503, "SERVICE_UNAVAILABLE")
    assert "took too long" in answer.json()["detail"]
    monkeypatch.undo()
    assert connection.in_atomic_block
    assert User.objects.count() == 1


@pytest.mark.once
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its indexes without triggers")
def test_triggers_of_an_earlier_index_are_taken_away_with_it(casey: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER search_message_entered")
        cursor.execute(
            "CREATE TRIGGER search_message_added AFTER INSERT ON sessions_app_message "
            "BEGIN INSERT INTO search_message(source) VALUES (new.id); END"
        )
    search_index.install()
    said("written after it")
    assert found(casey, "written") == ["written after it"]


def test_a_database_without_its_index_is_told_of_and_still_searched(
    casey: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    said("written before")
    assert search_index.weakness() == ""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER search_message_entered")
            monkeypatch.setattr(sqlite, "_knows_trigrams", lambda: False)
        else:
            cursor.execute("DROP EXTENSION pg_trgm CASCADE")
            monkeypatch.setattr(postgresql, "EXTENSION", "CREATE EXTENSION there_is_none_like_it")
    said("written meanwhile 其间")
    search_index.install()
    assert "reads every message" in search_index.weakness()
    assert found(casey, "written") == ["written meanwhile 其间", "written before"]
    assert found(casey, "其间") == ["written meanwhile 其间"]
    monkeypatch.undo()
    connection.check_constraints()  # PostgreSQL indexes no table with checks to come
    search_index.install()
    assert search_index.weakness() == ""
    assert found(casey, "written") == ["written meanwhile 其间", "written before"]
