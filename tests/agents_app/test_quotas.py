"""Quotas: a request past one is refused and leaves nothing but words; what is asked of models is counted once."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from agents_app import clock
from agents_app.dispatch.embedded import Runner
from agents_app.engine.watch import Cancelled, Watch
from agents_app.models import Provider, Quota, QuotaCount, Run, UsageRecord
from agents_app.services import quota_standing, quotas, runs, working
from sessions_app import actors
from sessions_app.errors import Refused
from sessions_app.models import ChatSession, Message, User
from tests import callers, factories
from tests.agents_app.calling import Person
from tests.agents_app.crew_alerts import BRUTE_FORCE
from tests.agents_app.crew_room import CrewRoom
from tests.agents_app.talking import crash, events, in_thread, person, post, told, until, work_on
from tests.fakes.openai_server import MODEL, FakeOpenAI


def quota(limit: int, quota_type: str = "requests", period: str = "day", **fields: Any) -> Quota:
    fields.setdefault("whose", "user" if "user" in fields else "organization")
    org = fields.pop("org", None) or factories.organization()
    return Quota.objects.create(organization=org, quota_type=quota_type, period=period, limit=limit, **fields)


def counts() -> list[tuple[int, int]]:
    """(used, reserved) of each count, in the order in which they were begun."""
    return list(QuotaCount.objects.order_by("id").values_list("used", "reserved"))


def refusal(room: ChatSession, content: str = "What is going on?", **how: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        post(room, content, **how)
    assert refused.value.code == "QUOTA_EXCEEDED", refused.value
    return refused.value


# --- At the doors -----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
async def test_what_is_past_a_quota_is_refused_and_only_that_is_told(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person, stranger: Person
) -> None:
    made = await in_thread(quota, 2)
    path = f"sessions/{room.pk}/messages"
    for text in ("One.", "Two."):
        models.says(text)
        assert (await rita.post(path, {"content": "Say it."})).status_code == 200
    before = len(await in_thread(events, room))

    # Alone, under a key, and by the door that has a transaction of its own around the post.
    answers = [
        await rita.post(path, {"content": "Once more."}),
        await rita.post(path, {"content": "Once more."}, Idempotency_Key="k1"),
        await rita.post(f"sessions/{room.pk}/chat", {"content": "Once more."}),
        await rita.post(f"sessions/{room.pk}/chat", {"content": "Once more."}, Idempotency_Key="k2"),
    ]
    for answer in answers:
        assert answer.status_code == 429, answer.content
        problem = answer.json()
        assert (problem["error_code"], problem["recoverable"]) == ("QUOTA_EXCEEDED", True)
        resets_at = problem["details"].pop("resets_at")
        assert problem["details"] == {
            "organization_id": str(room.organization_id), "quota_type": "requests", "period": "day", "limit": 2,
            "current": 2,
        }  # fmt: skip
        assert resets_at.endswith("T00:00:00Z")
        assert problem["detail"].startswith(
            "The organisation's quota of 2 requests a day is used up. It begins anew on"
        )
        assert 0 < int(answer["Retry-After"]) <= 86_400

    new = (await in_thread(events, room))[before:]
    assert [each.type for each in new] == ["quota.exceeded"] * 4
    assert new[0].data["limit"] == new[0].data["current"] == 2
    assert new[0].actor_name == "rita"
    assert await in_thread(Message.objects.filter(sender_type="user").count) == 2
    assert len(models.requests) == 2
    [mine] = (await rita.get("quotas")).json()["data"]
    assert mine["id"] == str(made.pk)
    assert (mine["used"], mine["reserved"], mine["level"], mine["user_id"]) == (2, 0, "used_up", None)
    begin = {"agentId": str(room.agent_id), "message": "Hello?"}
    for headers in ({}, {"Idempotency_Key": "k3"}):
        answer = await rita.post("chat/start", begin, **headers)
        assert (answer.status_code, answer.json()["error_code"]) == (429, "QUOTA_EXCEEDED")
    assert await in_thread(ChatSession.objects.count) == 1
    assert (await stranger.get("quotas")).json() == {"data": [], "next": None}
    assert (await stranger.get(f"quotas?organization_id={room.organization_id}")).json()["data"] == []


@pytest.mark.django_db
def test_everybody_has_the_same_quota_but_who_has_one_of_their_own() -> None:
    room = factories.room()
    admin, boss, rita = (factories.user(role=role) for role in ("commander", "approver", "responder"))
    quota(1, whose="each")
    quota(2, user=boss)
    post(room, user=rita)
    assert refusal(room, user=rita).detail.startswith("Your quota of 1 requests a day is used up.")
    post(room, user=admin)
    assert refusal(room, user=admin).details["limit"] == 1
    post(room, user=boss)
    post(room, user=boss)
    assert refusal(room, user=boss).details["limit"] == 2
    elsewhere = factories.room(factories.organization("other"))
    post(elsewhere, user=factories.user(org=elsewhere.organization))

    shown = callers.person(rita).get("quotas").json()["data"]
    assert [(each["user_id"], each["limit"], each["reserved"]) for each in shown] == [(str(rita.pk), 1, 1)]
    assert callers.program(factories.organization(), "read").get("quotas").json()["data"] == []


@pytest.mark.django_db
def test_a_quota_that_cant_be_read_lets_nothing_pass(client: Any) -> None:
    room = factories.room()
    client.force_login(person())

    def broken(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if "agents_app_quota" in sql:
            raise OperationalError("the disk is gone")
        return execute(sql, *rest)

    with connection.execute_wrapper(broken):
        client.raise_request_exception = False
        answer = client.post(f"/chats/{room.pk}/messages/", {"content": "Hello?"})
    assert answer.status_code == 503
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_where_nothing_is_limited_a_message_costs_one_look() -> None:
    room = factories.room()
    quota(1, org=factories.organization("other"))
    user = person()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        run = post(room, user=user)
    looks = [each["sql"] for each in asked if "quota" in each["sql"]]
    assert [each.split()[0] for each in looks] == ["SELECT"], looks
    assert run.reserved == []


@pytest.mark.django_db
def test_a_private_question_counts_like_any_other() -> None:
    quota(1)
    rita = callers.person(person())
    incident = factories.incident()
    asked = {"incident_id": str(incident.pk), "message": "What do we know?"}
    first = rita.post("engineer-chat/send", asked)
    assert first.status_code == 202, first.content
    second = rita.post("engineer-chat/send", asked)
    assert (second.status_code, second.json()["error_code"]) == (429, "QUOTA_EXCEEDED")
    chat = ChatSession.objects.get(pk=first.json()["session_id"])
    assert (chat.rounds_used, Message.objects.filter(session=chat).count()) == (1, 1)
    assert told(chat, like="quota") == ["quota.exceeded"]
    assert told(incident.room, like="quota") == []


# --- Periods ----------------------------------------------------------------------------------------------------------
@contextmanager
def at(monkeypatch: pytest.MonkeyPatch, *when: int) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: datetime(*when, tzinfo=UTC))  # type: ignore[misc]
        yield


@pytest.mark.django_db
def test_days_and_months_are_the_calendars_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    user, room = person(), factories.room()
    Quota.objects.filter(pk__in=[quota(1).pk, quota(2, period="month").pk]).update(
        created_at=datetime(2027, 1, 1, tzinfo=UTC)
    )
    with at(monkeypatch, 2028, 2, 28, 23, 59, 59):
        late = post(room, user=user)
        refused = refusal(room)
        assert (refused.details["period"], refused.details["resets_at"]) == ("day", "2028-02-29T00:00:00Z")
    with at(monkeypatch, 2028, 2, 29):
        post(room, user=user)
        # Of two that are used up the one is told that lasts longer.
        refused = refusal(room)
        assert (refused.details["period"], refused.details["resets_at"]) == ("month", "2028-03-01T00:00:00Z")
        assert "on March 1 at 00:00 UTC" in refused.detail
        assert refused.retry_after_s == 86_400
    with at(monkeypatch, 2028, 3, 1):
        post(room, user=user)
        # What was reserved in a period that is over is given back there.
        runs.cancel(run_id=late.pk, by=actors.person(user))
        assert list(QuotaCount.objects.filter(period="month").order_by("starts_on").values_list("reserved")) == [
            (1,), (1,)
        ]  # fmt: skip
        assert quotas.forget(before=date(2028, 3, 1)) == 1
        assert QuotaCount.objects.filter(reserved=0).count() == 0


# --- What becomes of a reservation ------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
async def test_a_request_is_settled_once_whatever_becomes_of_its_run(room: ChatSession, models: FakeOpenAI) -> None:
    await in_thread(quota, 10)
    await in_thread(quota, 100_000, "tokens")

    # The server dies in the middle of it, twice; who takes it up finds the reservation.
    run = await in_thread(post, room)
    [requests, tokens] = await in_thread(counts)
    assert requests == (0, 1)
    assert tokens[0] == 0
    assert tokens[1] > 500
    for owner in ("first:1", "second:1"):
        await in_thread(working.acquire, run_id=run.pk, owner=owner)
        await in_thread(crash, run)
    models.says("Here I am.")
    assert (await work_on(run)).status == "succeeded"
    assert await in_thread(counts) == [(1, 0), (17, 0)]

    # A provider that fails, a run cancelled before it begins, one cancelled while it speaks, one that always crashes.
    for _ in range(3):
        models.fails(400)
        assert (await work_on(await in_thread(post, room))).status == "failed"
    run = await in_thread(post, room)
    await in_thread(runs.cancel, run_id=run.pk, by=actors.SYSTEM)
    assert await in_thread(counts) == [(1, 0), (17, 0)]
    watch = Watch()
    models.hangs(after="Word")
    run = await in_thread(post, room)
    at_work = asyncio.create_task(work_on(run, watch=watch))
    await until(lambda: "message.start" in told(room)[-1:])
    watch.stop(Cancelled())
    assert (await at_work).status == "cancelled"
    # What the cut answer had read and written is an estimate.
    [requests, (used, reserved)] = await in_thread(counts)
    assert (requests, reserved) == ((2, 0), 0)
    assert 17 < used < 200
    run = await in_thread(post, room)
    for owner in ("a:1", "b:1", "c:1", "d:1", "e:1"):
        await in_thread(working.acquire, run_id=run.pk, owner=owner)
        await in_thread(crash, run)
    assert (await in_thread(Run.objects.get, pk=run.pk)).error_code == "RUN_CRASHED"
    assert await in_thread(counts) == [(2, 0), (used, 0)]


@pytest.mark.django_db(transaction=True)
async def test_a_try_that_was_cut_is_paid_for_and_the_next_needs_a_share_of_its_own(
    room: ChatSession, models: FakeOpenAI
) -> None:
    await in_thread(quota, 1)
    models.breaks_off(after="Three addresses")
    run = await work_on(await in_thread(post, room))
    assert (run.status, run.error_code, len(models.requests)) == ("failed", "QUOTA_EXCEEDED", 1)
    assert await in_thread(counts) == [(1, 0)]
    [record] = await in_thread(lambda: list(UsageRecord.objects.all()))
    assert (record.requests, record.estimated, record.input_tokens > 0) == (1, True, True)
    assert (await in_thread(told, room, like="message."))[-2:] == ["message.reset", "message.error"]


@pytest.mark.django_db(transaction=True)
async def test_each_request_of_a_run_is_paid_for_and_the_next_may_be_refused(
    room: ChatSession, models: FakeOpenAI, rita: Person
) -> None:
    await in_thread(quota, 2)
    for n in ("1", "2"):
        models.calls("calculator", call_id=n, expression="6*7")
    run = await work_on(await in_thread(post, room))
    assert (run.status, run.error_code) == ("failed", "QUOTA_EXCEEDED")
    assert "quota of 2 requests a day is used up" in run.error
    assert len(models.requests) == 2
    assert await in_thread(counts) == [(2, 0)]
    assert await in_thread(told, room, like="quota") == ["quota.exceeded"]
    again = await rita.post(f"runs/{run.pk}/retry")
    assert (again.status_code, again.json()["error_code"]) == (429, "QUOTA_EXCEEDED")
    assert await in_thread(Run.objects.count) == 1
    assert await in_thread(told, room, like="quota") == ["quota.exceeded"] * 2


@pytest.mark.django_db(transaction=True)
async def test_tokens_are_counted_as_they_really_were(room: ChatSession, models: FakeOpenAI, assistant: Any) -> None:
    prices = [{"name": MODEL, "input_price": 2.5, "output_price": 10}]
    await in_thread(Provider.objects.filter(name="fake").update, offered=prices)
    await in_thread(quota, 1_200, "tokens", "month")
    models.says("Nothing so far.")
    run = await work_on(await in_thread(post, room))
    [record] = await in_thread(lambda: list(UsageRecord.objects.select_related("user")))
    assert (record.run_id, record.step, record.agent_name, record.model) == (run.pk, 0, "Assistant", MODEL)
    assert (record.input_tokens, record.output_tokens, record.estimated) == (12, 5, False)
    assert float(record.cost) == run.usage["cost"] == 0.00008
    assert record.user.username == "rita"
    # What was said is told to the model again, so a long talk needs more room than a short one.
    refused = await in_thread(refusal, room, "x" * 3_000)
    assert "has 1,183 left, and this would take about 1,267." in refused.detail
    assert refused.details["current"] == 17
    # A quota that is set later knows what was used before it was.
    await in_thread(quota, 1)
    assert (await in_thread(refusal, room)).details["current"] == 1


@pytest.mark.django_db(transaction=True)
def test_a_crew_without_a_quota_ends_with_words() -> None:
    quota(2)
    room = CrewRoom.open(BRUTE_FORCE.alert, source=BRUTE_FORCE.source, log=BRUTE_FORCE.log)
    run = room.work()
    assert run.status == "succeeded"
    assert "could not ask its model: The organisation's quota of 2 requests a day is used up." in room.report
    assert len(room.events("quota.exceeded")) == 1
    assert counts() == [(2, 0)]
    # An incident opens all the same, and its crew says why it is silent.
    later = CrewRoom.open({"title": "Something else", "severity": "high"})
    assert later.work().status == "succeeded"
    assert "is used up" in later.report


# --- Who sets them ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_an_admin_sets_them_for_their_own_people_and_sees_what_is_used(client: Any) -> None:
    home, other = factories.organization(), factories.organization("other")
    rita, foreign = person(), factories.user("foreign", org=other)
    quota(7, org=other)
    client.force_login(factories.user(role="admin", is_staff=True))
    form = {"organization": str(home.pk), "whose": "user", "quota_type": "requests", "period": "day", "limit": "3"}
    page = "/admin/agents_app/quota/"
    assert "no other" in client.post(f"{page}add/", form).content.decode()
    assert not Quota.objects.filter(organization=home).exists()
    assert client.post(f"{page}add/", form | {"user": str(foreign.pk)}).status_code == 200
    assert client.post(f"{page}add/", form | {"user": str(rita.pk)}).status_code == 302
    assert client.post(f"{page}add/", form | {"whose": "each", "limit": "9"}).status_code == 302
    for again, words in ((form | {"user": str(rita.pk)}, "This person has"), (form | {"whose": "each"}, "There is")):
        answer = client.post(f"{page}add/", again)
        assert (answer.status_code, words in answer.content.decode()) == (200, True)
    post(factories.room(), user=rita)
    shown = client.get(page).content.decode()
    assert "rita: 3 requests a day" in shown
    assert "0 and 1 under way" in shown
    assert "7 requests" not in shown
    [mine] = quota_standing.standing(home.pk, rita.pk)
    assert (mine.limit.quota.limit, mine.reserved) == (3, 1)
    client.force_login(User.objects.get(username="rita"))
    assert client.get(page).status_code == 302
